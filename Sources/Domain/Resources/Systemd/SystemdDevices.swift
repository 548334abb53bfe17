/// Device rules as properties of a unit.
extension SystemdProperties {
  /// `DevicePolicy` and `DeviceAllow` for the rules of a document.
  ///
  /// They permit all that the rules permit. Where the rules take a part out of a wildcard, which these
  /// properties cannot say, they permit more: the filter that is attached beside them decides.
  public static func devices(_ rules: [DeviceRule], _ version: SystemdVersion) -> [UnitProperty] {
    let allowed = allowedDevices(rules)
    let entry = PropertyType.structure([.string, .string])
    let none = UnitProperty("DeviceAllow", .array(entry, []))
    // An empty list takes earlier entries away.
    guard let allowed else { return [UnitProperty("DevicePolicy", .string("auto")), none] }
    let entries = allowed.flatMap { rule in
      names(rule, version).map { PropertyValue.structure([.string($0), .string(rule.access.text)]) }
    }
    return [UnitProperty("DevicePolicy", .string("strict")), none]
      + (entries.isEmpty ? [] : [UnitProperty("DeviceAllow", .array(entry, entries))])
  }

  /// What a list of permissions can say of the rules; nil where they permit by default.
  static func allowedDevices(_ rules: [DeviceRule]) -> [DeviceRule]? {
    var allowed: [DeviceRule] = []
    for rule in DeviceRule.effective(rules) {
      if rule.isTotal {
        if rule.allow { return nil }
        allowed = []
      } else if rule.allow {
        add(rule, to: &allowed)
      } else {
        allowed = allowed.compactMap { entry in
          guard rule.covers(entry) else { return entry }
          let left = entry.access.subtracting(rule.access)
          return left.isEmpty ? nil : entry.with(left)
        }
      }
    }
    return allowed
  }

  private static func add(_ rule: DeviceRule, to allowed: inout [DeviceRule]) {
    if allowed.contains(where: { $0.covers(rule) && $0.access.isSuperset(of: rule.access) }) { return }
    if let index = allowed.firstIndex(where: { $0.isSameDevice(as: rule) }) {
      allowed[index] = rule.with(rule.access.union(allowed[index].access))
    } else {
      allowed.append(rule)
    }
  }

  /// What systemd calls the devices of a rule: a node by its numbers, or a class. A minor number of every
  /// major one, and before version 240 a class by its number, cannot be said but by all devices of the kind.
  private static func names(_ rule: DeviceRule, _ version: SystemdVersion) -> [String] {
    let kinds: [DeviceRule.Kind] = rule.kind == .all ? [.block, .character] : [rule.kind]
    return kinds.map { kind in
      let word = kind == .block ? "block" : "char"
      switch (rule.major, rule.minor) {
      case (let major?, let minor?): return "/dev/\(word)/\(major):\(minor)"
      case (let major?, nil) where version.number >= 240: return "\(word)-\(major)"
      default: return word + "-*"
      }
    }
  }
}
