/// The state of a devices cgroup of version 1: what holds for most devices, and the exceptions.
///
/// The kernel's list cannot express every list of rules: an exception of an exception is refused here
/// rather than, as the kernel does, accepted and ignored.
public struct DevicePolicy: Equatable, Sendable {
  /// A rule that cannot be kept.
  public struct Inexpressible: Error, Equatable, Sendable {
    /// The rule.
    public var rule: DeviceRule
    /// The wildcard entry that it would have to take a part from.
    public var wildcard: DeviceRule

    /// Makes the error.
    public init(rule: DeviceRule, wildcard: DeviceRule) {
      self.rule = rule
      self.wildcard = wildcard
    }
  }

  /// What holds for a device that no exception names.
  public var allowsByDefault: Bool
  /// Exceptions, each the opposite of the default.
  public var exceptions: [DeviceRule]

  /// Makes a policy of its parts.
  public init(allowsByDefault: Bool, exceptions: [DeviceRule] = []) {
    self.allowsByDefault = allowsByDefault
    self.exceptions = exceptions
  }

  /// The policy that a document's rules and the default devices come to.
  ///
  /// When the document denies a device by its numbers, this version of cgroups cannot at the same time
  /// let a process make nodes of every device of that kind, as the defaults do: the denial wins, and node
  /// making of that kind is limited to the devices that are allowed otherwise.
  public init(document rules: [DeviceRule]) throws(Inexpressible) {
    let effective = DeviceRule.effective(rules)
    let denied = effective.filter { !$0.allow && $0.isParticular && $0.access.contains(.makeNode) }
    self.init(allowsByDefault: false)
    for rule in effective {
      let isNodeMaking = rule.allow && rule.access == .makeNode && rule.major == nil && rule.minor == nil
      if isNodeMaking, denied.contains(where: { $0.kind == rule.kind }), !allowsByDefault { continue }
      try apply(rule)
    }
  }

  /// Applies one rule after those before it.
  mutating func apply(_ rule: DeviceRule) throws(Inexpressible) {
    if rule.isTotal {
      self = DevicePolicy(allowsByDefault: rule.allow)
    } else if rule.allow == allowsByDefault {
      try remove(rule)
    } else {
      add(rule)
    }
  }

  private mutating func add(_ rule: DeviceRule) {
    if exceptions.contains(where: { $0.covers(rule) && $0.access.isSuperset(of: rule.access) }) { return }
    var rule = rule
    if let same = exceptions.first(where: { $0.isSameDevice(as: rule) }) {
      rule = rule.with(rule.access.union(same.access))
    }
    exceptions.removeAll { rule.covers($0) && rule.access.isSuperset(of: $0.access) }
    exceptions.append(rule)
  }

  private mutating func remove(_ rule: DeviceRule) throws(Inexpressible) {
    for exception in exceptions where exception.meets(rule) && !rule.covers(exception) {
      guard exception.access.isDisjoint(with: rule.access) else {
        throw Inexpressible(rule: rule, wildcard: exception)
      }
    }
    exceptions = exceptions.compactMap { exception in
      guard rule.covers(exception) else { return exception }
      let left = exception.access.subtracting(rule.access)
      return left.isEmpty ? nil : exception.with(left)
    }
  }
}

extension DeviceRule {
  /// Both name the same devices.
  func isSameDevice(as other: DeviceRule) -> Bool {
    kind == other.kind && major == other.major && minor == other.minor
  }
}
