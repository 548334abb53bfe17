import Domain
import Testing

@Suite struct DefaultDevicesTests {
  static func document(_ value: String?) -> Document {
    var document = GoldenPlanTests.smallDocument()
    document.linux?.maskedPaths = []
    if let value {
      document.annotations = [Annotation(name: KnownAnnotation.defaultDevices.rawValue, value: value)]
    }
    return document
  }

  static func nodes(_ document: Document) throws -> [String] {
    let request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    let plan = try PlanCompiler.compile(document, facts: Facts(), request: request)
    return plan.entries.compactMap { entry in
      guard case .makeDevice(let node) = entry.step else { return nil }
      return node.path
    }
  }

  @Test(
    "the annotation keeps the devices that it names",
    arguments: [
      (nil, 6, true, true), ("", 0, false, false), ("null", 1, true, false), ("null,tun,tty", 2, true, true),
    ] as [(String?, Int, Bool, Bool)])
  func kept(value: String?, nodes: Int, null: Bool, tun: Bool) throws {
    let document = DefaultDevicesTests.document(value)
    #expect(try DefaultDevicesTests.nodes(document).count == nodes)
    let rules = DeviceRule.effective(document.deviceRules)
    func permits(_ major: UInt32, _ minor: UInt32, _ access: DeviceRule.Access) -> Bool {
      DeviceRule.permits(rules, kind: .character, major: major, minor: minor, access: access)
    }
    #expect(permits(1, 3, .read) == null)
    #expect(permits(10, 200, .write) == tun)
    #expect(permits(1, 3, .makeNode) && permits(136, 7, [.read, .write]))
    #expect(ValidationRule.violations(of: document, on: Facts()) == [])
  }

  @Test("a device of the document is made whatever the annotation says")
  func listed() throws {
    var document = DefaultDevicesTests.document("")
    document.linux?.devices = [Device(.character, path: "/dev/null", major: 1, minor: 3)]
    #expect(try DefaultDevicesTests.nodes(document) == ["/dev/null"])
  }

  @Test("a device of the document at a default one's path brings its own rule")
  func overridden() {
    let rule = DeviceRule(allow: true, kind: .character, major: 1, minor: 5, access: [.read])
    let deny = DeviceRule(allow: false)
    for (rules, read, write) in [
      ([], false, false), ([deny], false, false), ([rule], true, false), ([deny, rule], true, false),
      ([DeviceRule(allow: true)], true, true),
    ] {
      var document = DefaultDevicesTests.document(nil)
      document.linux?.devices = [Device(.character, path: "/dev/zero", major: 1, minor: 5)]
      document.linux?.resources.devices = rules
      let effective = DeviceRule.effective(document.deviceRules)
      func permits(_ minor: UInt32, _ access: DeviceRule.Access) -> Bool {
        DeviceRule.permits(effective, kind: .character, major: 1, minor: minor, access: access)
      }
      #expect(permits(5, .read) == read && permits(5, .write) == write)
      #expect(permits(3, [.read, .write]) && permits(5, .makeNode))
      #expect(document.snapshot.deviceRules == document.deviceRules)
    }
  }

  @Test("a denial of one device holds against the defaults, one of all leaves them")
  func denials() {
    let one = DeviceRule(allow: false, kind: .character, major: 1, minor: 5)
    for rules in [[DeviceRule(allow: false), one], [one, DeviceRule(allow: false)]] {
      let effective = DeviceRule.effective(rules)
      #expect(!DeviceRule.permits(effective, kind: .character, major: 1, minor: 5, access: .read))
      #expect(DeviceRule.permits(effective, kind: .character, major: 1, minor: 3, access: .read))
    }
  }
}
