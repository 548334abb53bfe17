extension DeviceRule {
  /// What every container may use, unless a rule of its document forbids a device by its numbers: making
  /// any node, and the devices that programs take for granted.
  public static let defaults: [DeviceRule] = [
    DeviceRule(allow: true, kind: .character, access: .makeNode),
    DeviceRule(allow: true, kind: .block, access: .makeNode),
    DeviceRule(allow: true, kind: .character, major: 1, minor: 3),  // null
    DeviceRule(allow: true, kind: .character, major: 1, minor: 8),  // random
    DeviceRule(allow: true, kind: .character, major: 1, minor: 7),  // full
    DeviceRule(allow: true, kind: .character, major: 5, minor: 0),  // tty
    DeviceRule(allow: true, kind: .character, major: 1, minor: 5),  // zero
    DeviceRule(allow: true, kind: .character, major: 1, minor: 9),  // urandom
    DeviceRule(allow: true, kind: .character, major: 136),  // pseudo terminals
    DeviceRule(allow: true, kind: .character, major: 5, minor: 2),  // ptmx
    DeviceRule(allow: true, kind: .character, major: 10, minor: 200),  // tun
  ]

  /// The rules of a document with the defaults in their place; the last rule that speaks of an access to a
  /// device decides it, and where none does, it is denied.
  ///
  /// The defaults come after the document's rules, so that the usual "deny everything" first rule leaves
  /// them; but where the document denies a device by both its numbers, and no later rule allows it, that word
  /// is repeated after the defaults and holds.
  public static func effective(_ rules: [DeviceRule]) -> [DeviceRule] {
    let rules = rules.flatMap(\.plain)
    var result = rules
    result.append(contentsOf: defaults)
    result.append(contentsOf: lastingDenials(rules))
    return DeviceRule.withoutOverridden(result)
  }

  /// The denials of single devices, in order, as far as no later rule allows what they deny.
  private static func lastingDenials(_ rules: [DeviceRule]) -> [DeviceRule] {
    guard rules.contains(where: { !$0.allow && $0.isParticular }) else { return [] }
    // From the last rule on, what is allowed by each pattern of numbers: looking through all later rules for
    // each would take as long as there are pairs.
    var allowed: [Pattern: Access] = [:]
    var denials: [DeviceRule] = []
    for rule in rules.reversed() {
      if rule.allow {
        allowed[Pattern(rule.kind, rule.major, rule.minor), default: []].formUnion(rule.access)
      } else if rule.isParticular {
        let left = Pattern.covering(rule).reduce(rule.access) { $0.subtracting(allowed[$1] ?? []) }
        if !left.isEmpty { denials.append(rule.with(left)) }
      }
    }
    return denials.reversed()
  }

  /// Which devices a rule speaks of.
  private struct Pattern: Hashable {
    let kind: Kind
    let major: UInt32?
    let minor: UInt32?

    init(_ kind: Kind, _ major: UInt32?, _ minor: UInt32?) {
      (self.kind, self.major, self.minor) = (kind, major, minor)
    }

    /// The patterns that cover a single device.
    static func covering(_ rule: DeviceRule) -> [Pattern] {
      [rule.kind, .all].flatMap { kind in
        [rule.major, nil].flatMap { major in [rule.minor, nil].map { Pattern(kind, major, $0) } }
      }
    }
  }

  /// It names one device.
  var isParticular: Bool { kind != .all && major != nil && minor != nil }

  /// It speaks of every device and every access, so that nothing before it matters.
  var isTotal: Bool { kind == .all && major == nil && minor == nil && access == .all }

  /// It speaks of every device that the other does.
  func covers(_ other: DeviceRule) -> Bool {
    (kind == .all || kind == other.kind) && (major == nil || major == other.major)
      && (minor == nil || minor == other.minor)
  }

  /// There is a device that both speak of.
  func meets(_ other: DeviceRule) -> Bool {
    (kind == .all || other.kind == .all || kind == other.kind)
      && (major == nil || other.major == nil || major == other.major)
      && (minor == nil || other.minor == nil || minor == other.minor)
  }

  /// The same rule for other accesses.
  func with(_ access: Access) -> DeviceRule {
    DeviceRule(allow: allow, kind: kind, major: major, minor: minor, access: access)
  }

  /// The rule without special cases: a denial that names no access denies all, a permission that names
  /// none permits nothing (but for "all devices"), and what speaks of some devices of all kinds is one
  /// rule for each kind.
  private var plain: [DeviceRule] {
    if kind == .all && major == nil && minor == nil && (access.isEmpty || access == .all) {
      return [DeviceRule(allow: allow)]
    }
    let access = access.isEmpty && !allow ? .all : access
    if access.isEmpty { return [] }
    let kinds: [Kind] = kind == .all ? [.block, .character] : [kind]
    return kinds.map {
      DeviceRule(allow: allow, kind: $0, major: major, minor: minor, access: access)
    }
  }

  /// Drops what stands before the last total rule.
  private static func withoutOverridden(_ rules: [DeviceRule]) -> [DeviceRule] {
    guard let last = rules.lastIndex(where: \.isTotal) else { return rules }
    return Array(rules[last...])
  }

  /// Whether rules in order let a process do this to a device: the meaning that every backend keeps.
  public static func permits(
    _ rules: [DeviceRule], kind: Kind, major: UInt32, minor: UInt32, access: Access
  ) -> Bool {
    let device = DeviceRule(allow: true, kind: kind, major: major, minor: minor)
    var left = access
    for rule in rules.reversed() where rule.covers(device) {
      if !rule.allow, !rule.access.isDisjoint(with: left) { return false }
      if rule.allow { left.subtract(rule.access) }
      if left.isEmpty { return true }
    }
    return left.isEmpty
  }
}
