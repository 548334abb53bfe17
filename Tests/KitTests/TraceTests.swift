import Domain
import Linux
import Ports
import Simulation
import Testing
import YajlDocument

@testable import Kit

/// Serialized: a bundle becomes the working directory, and a process has one.
extension UseCaseTests {
  /// The trace that a command line leaves, and the failure's text.
  private func trace(_ bench: Bench, _ line: String) throws -> (JSON, String?) {
    let path =
      "/tmp/martlet-trace-\(Processes.current)-\(bench.directory.utf8.count)-\(Host.now().nanoseconds)"
    defer { try? Files.remove(path) }
    let failure = bench.run(line + " --trace \(path)")
    let bytes = try Host.read(path, limit: 1 << 20)
    return (try YajlDocument().parse(bytes, limits: DocumentLimits()), failure)
  }

  private func events(_ trace: JSON) throws -> [JSON] {
    guard case .array(let events)? = trace["traceEvents"] else { return [] }
    return events
  }

  private func names(_ trace: JSON) throws -> [String] {
    try events(trace).compactMap { if case .string(let name)? = $0["name"] { name } else { nil } }
  }

  @Test func aTraceTellsThePhasesAndCallsOfAStart() throws {
    let bench = try Bench(hooks: #"{"createRuntime":[{"path":"/a"}]}"#)
    let (trace, failure) = try trace(bench, "create --bundle \(bench.directory) a")
    #expect(failure == nil)
    let names = try names(trace)
    let order = [
      "process_name", "DocumentReader.parse", "decode", "HostProbe.facts", "validate", "CgroupManager.locate",
      "compile", "StateStore.begin", "CgroupManager.createBirthplace", "ProcessSpawner.spawn",
      "CgroupManager.create", "encode", "InitProcess.deliver", "CgroupManager.apply", "StateStore.stage",
      "InitProcess.nextEvent", "HookRunner.run", "StagedState.publish",
    ]
    var seen: [String] = []
    for name in names where order.contains(name) && !seen.contains(name) { seen.append(name) }
    #expect(seen == order)
    #expect(trace["otherData"]?["command"] == .string("martlet create a"))
    #expect(trace["otherData"]?["failure"] == nil)
  }

  @Test func aTraceOfAFailedStartEndsWithItsUndoing() throws {
    let bench = try Bench()
    bench.spawner.script = [.failed(StepFailure(index: 0, errno: .notPermitted, call: .setsid))]
    let (trace, failure) = try trace(bench, "create --bundle \(bench.directory) a")
    #expect(trace["otherData"]?["failure"] == failure.map { .string($0) })
    #expect(failure != nil)
    let names = try names(trace)
    for name in ["InitProcess.kill", "CgroupManager.destroy", "StateStore.remove"] {
      #expect(names.contains(name), "no \(name) in \(names)")
    }
    #expect(bench.store.entries.isEmpty)
  }

  @Test func aFileThatCannotBeMadeIsAnErrorBeforeAnythingIsDone() throws {
    let bench = try Bench()
    let failure = bench.run("create --bundle \(bench.directory) --trace /nonexistent/trace a")
    #expect(failure?.contains("/nonexistent/trace") == true)
    #expect(bench.store.calls.isEmpty)
  }

  @Test func withoutATraceNothingIsNotedAndNoTimelineKept() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    #expect(bench.spawner.requests.allSatisfy { $0.timeline == nil })
  }

  @Test func theStepsOfAProcessAreReadFromItsTimeline() throws {
    let track = TraceTrack(
      Plan(
        birth: Birth(),
        entries: [PlanEntry(.startSession, origin: .root), PlanEntry(.findHome(uid: 0), origin: .root)]))
    let memory = try TimelineMemory(try #require(track.descriptor))
    memory.mark(.born)
    memory.mark(.started)
    memory.mark(step: 0)
    memory.mark(step: 1)
    memory.mark(step: 2)  // beyond the file
    track.end = Timeline.now()
    let parts = track.parts
    #expect(parts.map(\.name) == ["born", "wait for the plan", "startSession", "findHome"])
    #expect(parts.map(\.step) == [nil, nil, 0, 1])
    for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.end == max(part.begin, next.begin)) }
    #expect(parts.allSatisfy { $0.begin <= $0.end })
    memory.end()
  }
}
