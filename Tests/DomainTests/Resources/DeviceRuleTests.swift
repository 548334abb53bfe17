import Testing

@testable import Domain

private typealias Access = DeviceRule.Access

private struct Device {
  var kind: DeviceRule.Kind
  var major: UInt32
  var minor: UInt32
}

/// Devices that rules of the tests may or may not name.
private let devices: [Device] = [DeviceRule.Kind.block, .character].flatMap { kind in
  [(1, 3), (5, 0), (5, 2), (5, 7), (8, 0), (8, 1), (9, 9), (136, 4)].map {
    Device(kind: kind, major: $0.0, minor: $0.1)
  }
}

private let accesses: [Access] = (1...7).map { Access(rawValue: $0) }

private func generatedRules(_ random: inout Generator) -> [DeviceRule] {
  (0..<(random.next() % 8)).map { index in
    var rule = DeviceRule(allow: random.pick([true, false]))
    if index > 0 || random.pick([true, false]) {
      rule.kind = random.pick([.character, .character, .block, .all])
      rule.major = random.pick([nil, 1, 5, 5, 8])
      rule.minor = random.pick([nil, 0, 0, 2, 3])
      rule.access = Access(rawValue: random.pick([7, 7, 1, 2, 4, 6, 3, 0]))
    }
    return rule
  }
}

/// Whether a document's rules and the defaults let one single access happen, said in another way: the last
/// word of the document counts, but silence, and a wildcard denial alone, leave it to the defaults.
private func isAllowed(_ rules: [DeviceRule], _ device: Device, _ access: Access) -> Bool {
  var verdict = "silent"
  for rule in rules {
    let isEverything = rule.kind == .all && rule.major == nil && rule.minor == nil
    let kindMatches = rule.kind == .all || rule.kind == device.kind
    let numbersMatch =
      (rule.major ?? device.major) == device.major && (rule.minor ?? device.minor) == device.minor
    guard kindMatches, numbersMatch else { continue }
    let isForAll = rule.access.isEmpty && (isEverything || !rule.allow)
    guard isForAll || rule.access.contains(access) else { continue }
    let isParticular = rule.major != nil && rule.minor != nil
    // What is denied by its numbers is not the less denied when everything else is, too.
    verdict = rule.allow ? "yes" : isParticular || verdict == "no" ? "no" : "wildcard no"
  }
  if verdict == "yes" { return true }
  if verdict == "no" { return false }
  let always: [(DeviceRule.Kind, UInt32, UInt32)] = [
    (.character, 1, 3), (.character, 5, 0), (.character, 5, 2), (.character, 136, 4),
  ]
  return access == .makeNode || always.contains { $0 == (device.kind, device.major, device.minor) }
}

@Suite struct DeviceRuleTests {
  @Test func effectiveRulesAgreeWithTheDocument() {
    var random = Generator(seed: 2)
    var answers = [false: 0, true: 0]
    for number in 0..<4_000 {
      let rules = generatedRules(&random)
      let effective = DeviceRule.effective(rules)
      for device in devices {
        for access in [Access.makeNode, .read, .write] {
          let answer = DeviceRule.permits(
            effective, kind: device.kind, major: device.major, minor: device.minor, access: access)
          answers[answer, default: 0] += 1
          if answer != isAllowed(rules, device, access) {
            Issue.record("\(number): \(rules.map(\.text)) \(device) \(access.text)")
          }
        }
      }
    }
    #expect(answers.values.allSatisfy { $0 > 20_000 })
  }

  @Test func programMeansTheRules() {
    var random = Generator(seed: 3)
    for number in 0..<2_000 {
      let rules = DeviceRule.effective(generatedRules(&random))
      let program = DeviceProgramInterpreter(DeviceProgram.compile(rules))
      for device in devices {
        for access in accesses {
          let expected = DeviceRule.permits(
            rules, kind: device.kind, major: device.major, minor: device.minor, access: access)
          let kind: UInt32 = device.kind == .block ? 1 : 2
          let answer = program.run(kind | UInt32(access.rawValue) << 16, device.major, device.minor)
          if answer != (expected ? 1 : 0) { Issue.record("\(number): \(rules.map(\.text))") }
        }
      }
    }
  }

  @Test func numbersOfAllBitsCompare() {
    let rules = [DeviceRule(allow: true, kind: .character, major: .max, minor: 1 << 31)]
    let program = DeviceProgramInterpreter(DeviceProgram.compile(rules))
    #expect(program.run(2 | 7 << 16, .max, 1 << 31) == 1)
    #expect(program.run(2 | 7 << 16, .max, 1) == 0)
  }

  @Test func deniedDeviceStaysDenied() {
    let rules = [
      DeviceRule(allow: false), DeviceRule(allow: false, kind: .character, major: 1, minor: 3),
      DeviceRule(allow: true, kind: .character, major: 5, access: .read),
    ]
    let effective = DeviceRule.effective(rules)
    #expect(!DeviceRule.permits(effective, kind: .character, major: 1, minor: 3, access: .read))
    #expect(DeviceRule.permits(effective, kind: .character, major: 1, minor: 5, access: .all))
    #expect(DeviceRule.permits(effective, kind: .character, major: 5, minor: 9, access: .read))
    #expect(!DeviceRule.permits(effective, kind: .character, major: 5, minor: 9, access: .write))
  }
}
