import Domain
import Testing

@Suite struct SeccompListenerTests {
  @Test("the agent is told what the specification says")
  func told() throws {
    let state = ContainerState(
      id: try ContainerID("box"), status: .creating, pid: 7, bundle: "/b",
      annotations: [Annotation(name: "a", value: "b")])
    func text(_ metadata: String?) -> String {
      String(
        decoding: ContainerProcessState(pid: 9, metadata: metadata, state: state).json.text(), as: UTF8.self)
    }
    let version = Specification.version
    let inner =
      #"{"ociVersion":"\#(version)","id":"box","status":"creating","pid":7,"bundle":"/b","annotations":{"a":"b"}}"#
    #expect(
      text("m")
        == #"{"ociVersion":"\#(version)","fds":["seccompFd"],"pid":9,"metadata":"m","state":\#(inner)}"#)
    #expect(text(nil) == #"{"ociVersion":"\#(version)","fds":["seccompFd"],"pid":9,"state":\#(inner)}"#)
  }

  @Test("a filter with an agent is installed while the parent listens", arguments: [true, false])
  func order(noNewPrivileges: Bool) throws {
    var document = GoldenPlanTests.smallDocument()
    document.process?.noNewPrivileges = noNewPrivileges
    var request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    for flags in [0, CompiledFilter.newListener] {
      request.seccomp = CompiledFilter(program: [UInt8](repeating: 0, count: 8), flags: flags)
      let plan = try PlanCompiler.compile(document, facts: Facts(), request: request)
      let kinds = plan.entries.map(\.step.kind)
      let filter = try #require(kinds.firstIndex(of: .installSeccompFilter))
      let wait = try #require(kinds.firstIndex { $0 == .awaitStart || $0 == .leaveHost })
      #expect((filter < wait) == (!noNewPrivileges || flags != 0))
      #expect(PlanRule.violations(of: plan).map(\.name) == [])
    }
  }
}
