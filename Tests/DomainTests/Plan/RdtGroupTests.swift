import Domain
import Testing

@Suite struct RdtGroupTests {
  struct Case: Sendable {
    var text: String
    var listing: String
  }

  @Test(
    "what a document asks for becomes a group",
    arguments: [
      Case(text: #"{"closID":"gold"}"#, listing: #"resctrl group "gold", which must exist, with []"#),
      Case(text: #"{"closID":"/","schemata":["L3:0=f"]}"#, listing: #"resctrl group "/" with ["L3:0=f"]"#),
      Case(
        text: #"{"l3CacheSchema":"L3:0=f\nMB:0=9\nL3:1=1","memBwSchema":"MB:0=20","schemata":["L2:0=1"]}"#,
        listing: #"resctrl group "box" with ["L3:0=f", "L3:1=1", "MB:0=20", "L2:0=1"]"#),
      Case(
        text: #"{"closID":"gold","enableMonitoring":true}"#,
        listing: #"resctrl group "gold", which must exist, with [], monitored as "box""#),
      Case(
        text: #"{"l3CacheSchema":"L3:0=f\nMB:0=9"}"#,
        listing: #"resctrl group "box" with ["L3:0=f", "MB:0=9"]"#),
    ])
  func groups(_ example: Case) throws {
    let document = try decoded(#"{"linux":{"intelRdt":\#(example.text)}}"#)
    let rdt = try #require(document.linux?.intelRdt)
    let group = RdtGroup(rdt, id: try ContainerID("box"))
    #expect("\(group)" == example.listing)
    #expect(group.isShared == (rdt.closID != nil))
  }

  @Test("the plan tells of the group and of network devices")
  func listing() throws {
    var document = GoldenPlanTests.smallDocument()
    document.linux?.intelRdt = IntelRdt()
    document.linux?.netDevices = [NetDevice("eth1", name: "eth0")]
    let request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    let lines = try PlanCompiler.compile(document, facts: Facts(), request: request).listing.split(
      separator: "\n")
    #expect(lines.contains(#"birth: join resctrl group "box" with []  (/linux/intelRdt)"#))
    #expect(lines.contains("birth: move network device eth1, named eth0  (/linux/netDevices/eth1)"))
  }
}
