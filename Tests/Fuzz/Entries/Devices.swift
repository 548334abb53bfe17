@testable import Domain

/// Rules, four bytes each: what is said, and numbers of few devices.
private func rules(_ input: [UInt8]) -> [DeviceRule] {
  stride(from: 0, to: input.count / 4 * 4, by: 4).prefix(64).map { start in
    let (word, major, minor) = (input[start], input[start + 1], input[start + 2])
    var rule = DeviceRule(allow: word & 1 == 1)
    rule.kind = [.all, .block, .character, .character][Int(word >> 1 & 3)]
    rule.major = major & 0x80 == 0 ? nil : UInt32(major & 7)
    rule.minor = minor & 0x80 == 0 ? nil : UInt32(minor & 7)
    rule.access = DeviceRule.Access(rawValue: input[start + 3] & 7)
    return rule
  }
}

/// Rules of devices: the program of version 2, the list of version 1 and the meaning of the rules agree on any
/// device, and systemd's properties permit no less.
@Sendable func fuzzDeviceRules(_ input: [UInt8]) throws {
  let rules = rules(input)
  let effective = DeviceRule.effective(rules)
  let program = DeviceMachine(DeviceProgram.compile(effective))
  let policy = try accepted(saying: { "\($0.rule.text), \($0.wildcard.text)" }) {
    () throws(DevicePolicy.Inexpressible) in try DevicePolicy(document: rules)
  }
  let allowed = SystemdProperties.allowedDevices(rules)
  for kind: DeviceRule.Kind in [.block, .character] {
    for (major, minor) in [(0, 0), (1, 3), (5, 2), (7, 7), (136, 1)] as [(UInt32, UInt32)] {
      for access: DeviceRule.Access in [.makeNode, .read, .write, .all] {
        let device = DeviceRule(allow: true, kind: kind, major: major, minor: minor, access: access)
        let isAllowed = DeviceRule.permits(
          effective, kind: kind, major: major, minor: minor, access: access)
        try hold(
          program.permits(device) == isAllowed, "the program decides on \(device.text) as the rules do")
        if let policy { try check(policy, device, isAllowed) }
        try hold(
          !isAllowed || allowed.map { permits($0, device) } ?? true, "a unit may use \(device.text)")
      }
    }
  }
}

/// The list of version 1 permits no more than the rules; less only where nodes of all devices may be made.
private func check(_ policy: DevicePolicy, _ device: DeviceRule, _ isAllowed: Bool) throws(Finding) {
  let met = policy.exceptions.filter { $0.covers(device) }
  let accesses = met.reduce(into: DeviceRule.Access()) { $0.formUnion($1.access) }
  let isPermitted =
    policy.allowsByDefault ? accesses.isDisjoint(with: device.access) : accesses.isSuperset(of: device.access)
  try hold(
    isPermitted == isAllowed || (isAllowed && device.access.contains(.makeNode)),
    "the list decides on \(device.text) as the rules do")
}

/// Whether permissions in a list together let a device be used.
private func permits(_ allowed: [DeviceRule], _ device: DeviceRule) -> Bool {
  allowed.filter { $0.covers(device) }.reduce(into: DeviceRule.Access()) { $0.formUnion($1.access) }
    .isSuperset(of: device.access)
}

/// Runs the few instructions that programs for devices are made of.
private struct DeviceMachine {
  private let code: [[UInt8]]

  init(_ bytes: [UInt8]) {
    code = stride(from: 0, to: bytes.count, by: 8).map { Array(bytes[$0..<$0 + 8]) }
  }

  /// What a program says; nil when the kernel would not take it.
  func permits(_ device: DeviceRule) -> Bool? {
    let kind: UInt32 = device.kind == .block ? 1 : 2
    let request = [kind | UInt32(device.access.rawValue) << 16, device.major ?? 0, device.minor ?? 0]
    var registers = [UInt32](repeating: 0, count: 16)
    var next = 0
    while code.indices.contains(next) {
      let now = code[next]
      let (target, source) = (Int(now[1] & 15), Int(now[1] >> 4))
      let offset = Int(UInt16(now[2]) | UInt16(now[3]) << 8)
      let value = now[4...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      next += 1
      switch now[0] {
      case 0x61: registers[target] = request[offset / 4]
      case 0xBC: registers[target] = registers[source]
      case 0xB7: registers[target] = value
      case 0x54: registers[target] &= value
      case 0x74: registers[target] >>= value
      case 0x56: next += registers[target] != value ? offset : 0
      case 0x46: next += registers[target] & value != 0 ? offset : 0
      case 0x05: next += offset
      case 0x95: return registers[0] != 0
      default: return nil
      }
    }
    return nil
  }
}
