/// One write to `devices.allow` or `devices.deny`.
public struct DeviceWrite: Equatable, Sendable {
  /// It goes to `devices.allow`.
  public var allow: Bool
  /// The text, such as `c 1:3 rwm`, or `a` for all devices.
  public var text: String

  /// Makes a write.
  public init(allow: Bool, text: String) {
    self.allow = allow
    self.text = text
  }

  /// It is about the whole list.
  public var isTotal: Bool { text == DeviceWrite.total }

  /// The text that stands for all devices.
  static let total = "a"
}

extension DevicePolicy {
  /// The writes that lead from a present state to this one, those that take away first.
  ///
  /// A present state that allows by default hides its exceptions, so a policy with exceptions of that kind
  /// starts anew.
  public func transition(from present: DevicePolicy) -> [DeviceWrite] {
    guard present.allowsByDefault == allowsByDefault, !allowsByDefault || exceptions.isEmpty else {
      let all = DeviceWrite(allow: allowsByDefault, text: DeviceWrite.total)
      return [all] + exceptions.map { DeviceWrite(allow: !allowsByDefault, text: $0.text) }
    }
    if allowsByDefault { return [] }
    return DevicePolicy.difference(present.exceptions, exceptions, allow: false)
      + DevicePolicy.difference(exceptions, present.exceptions, allow: true)
  }

  /// What the first list has and the second lacks.
  private static func difference(
    _ first: [DeviceRule], _ second: [DeviceRule], allow: Bool
  ) -> [DeviceWrite] {
    first.compactMap { rule in
      let other = second.first { $0.isSameDevice(as: rule) }?.access ?? []
      let extra = rule.access.subtracting(other)
      return extra.isEmpty ? nil : DeviceWrite(allow: allow, text: rule.with(extra).text)
    }
  }

  /// Both permit the same, whatever the order of their exceptions.
  public func isEquivalent(to other: DevicePolicy) -> Bool {
    allowsByDefault == other.allowsByDefault && exceptions.count == other.exceptions.count
      && exceptions.allSatisfy { other.exceptions.contains($0) }
  }

  /// Reads `devices.list`; nil when it is not understood.
  public init?(list: [UInt8]) {
    self.init(allowsByDefault: false)
    for line in String(decoding: list, as: UTF8.self).fields(at: "\n") {
      guard let rule = DeviceRule(text: line) else { return nil }
      if rule.kind == .all { allowsByDefault = true } else { exceptions.append(rule) }
    }
  }
}

extension DeviceRule {
  /// The kernel's text for it, such as `c 136:* rwm`.
  public var text: String {
    "\(kind.rawValue) \(DeviceRule.text(major)):\(DeviceRule.text(minor)) \(access.text)"
  }

  private static func text(_ number: UInt32?) -> String {
    number.map { Int64($0).decimal } ?? "*"
  }

  /// Reads one line of `devices.list`: an exception that allows.
  init?(text: Substring) {
    let fields = text.fields(at: " ", omittingEmpty: false)
    guard fields.count == 3, let kind = Kind(rawValue: String(fields[0])) else { return nil }
    let numbers = fields[1].fields(at: ":", omittingEmpty: false)
    guard numbers.count == 2, let access = Access(text: fields[2]) else { return nil }
    self.init(allow: true, kind: kind, access: access)
    if numbers[0] != "*" {
      guard let number = UInt32(numbers[0]) else { return nil }
      major = number
    }
    if numbers[1] != "*" {
      guard let number = UInt32(numbers[1]) else { return nil }
      minor = number
    }
  }
}

extension DeviceRule.Access {
  private static let letters: [(Character, DeviceRule.Access)] = [
    ("r", .read), ("w", .write), ("m", .makeNode),
  ]

  /// The letters, in the kernel's order.
  public var text: String {
    String(DeviceRule.Access.letters.filter { contains($0.1) }.map(\.0))
  }

  /// Reads letters; nil when one is unknown.
  init?(text: Substring) {
    self = []
    for letter in text {
      guard let bit = DeviceRule.Access.letters.first(where: { $0.0 == letter }) else { return nil }
      insert(bit.1)
    }
  }
}
