import CLinux
import Domain
import Linux
import Ports
import Testing

@testable import Systemd

@Suite struct ServiceManagerTests {
  private static let properties = [UnitProperty("PIDs", .array(.uint32, [.uint32(12)]))]

  @Test func aUnitIsStartedAndWaitedFor() throws {
    let service = FakeService(FakeService.done)
    try service.manager().start("a.scope", ServiceManagerTests.properties)
    let (lines, calls) = service.sent()
    #expect(lines == "\0AUTH EXTERNAL 30\r\n")
    let auxiliary = PropertyValue.array(.structure([.string, .array(.structure([.string, .variant]))]), [])
    let list = PropertyValue.array(
      .structure([.string, .variant]),
      [.structure([.string("PIDs"), .variant(.array(.uint32, [.uint32(12)]))])])
    #expect(calls.map(\.member) == ["StartTransientUnit"])
    #expect(calls[0].body == [.string("a.scope"), .string("fail"), list, auxiliary])
    #expect(calls[0].destination == nil)
    #expect(calls[0].path == "/org/freedesktop/systemd1")
  }

  @Test func onABusOneSaysHelloAndListensFirst() throws {
    let service = FakeService([
      .init(isDirect: false, replies: [FakeService.text("257"), FakeService.done, FakeService.done])
    ])
    let manager = service.manager()
    #expect(try manager.version() == SystemdVersion(257))
    try manager.start("a.scope", [])
    try manager.start("b.scope", [])
    #expect(
      service.called == [
        "Hello", "Get Version", "AddMatch", "StartTransientUnit a.scope", "StartTransientUnit b.scope",
      ])
  }

  /// On a bus anybody can send a signal that looks like systemd's.
  @Test func onlyTheManagersOwnSignalsCount() throws {
    let forged = FakeService.ended(FakeService.job, "done", from: ":1.66")
    let other = FakeService.ended("/org/freedesktop/systemd1/job/8", "done", from: ":1.1")
    let real = FakeService.ended(FakeService.job, "failed", from: ":1.1")
    let service = FakeService([.init(isDirect: false, replies: [.endless([forged, other, real])])])
    #expect(throws: ServiceManagerProblem.jobFailed(result: "failed")) {
      try service.manager().start("a.scope", [])
    }
    let silent = FakeService([.init(isDirect: false, replies: [.endless([forged])])])
    #expect(throws: ServiceManagerProblem.timedOut(milliseconds: 100)) {
      try silent.manager(patience: 100).start("a.scope", [])
    }
  }

  @Test(arguments: ["failed", "timeout", "canceled", "dependency"]) func aJobThatFailsIsAnError(
    _ result: String
  ) {
    let service = FakeService(.job(result))
    #expect(throws: ServiceManagerProblem.jobFailed(result: result)) {
      try service.manager().start("a.scope", [])
    }
  }

  @Test func whatIsNotThereNeedsNoRemoval() throws {
    let missing = FakeService(FakeService.noSuchUnit)
    try missing.manager().remove("a.scope")
    #expect(missing.called == ["StopUnit a.scope"])
    let gone = FakeService(FakeService.done, FakeService.noSuchUnit)
    try gone.manager().remove("a.scope")
    #expect(gone.called == ["StopUnit a.scope", "ResetFailedUnit a.scope"])
    let refused = FakeService(.refusal("org.freedesktop.DBus.Error.AccessDenied", "no"))
    #expect(
      throws: ServiceManagerProblem.refused(name: "org.freedesktop.DBus.Error.AccessDenied", text: "no")
    ) { try refused.manager().remove("a.scope") }
  }

  /// A property that this systemd does not have is left out, and one that nobody asked for is an error.
  @Test func unknownPropertiesAreLeftOut() throws {
    let readOnly = "org.freedesktop.DBus.Error.PropertyReadOnly"
    let service = FakeService(
      .refusal(readOnly, "Cannot set property CPUWeight, or unknown property."), .values([]), .values([]))
    let all = [UnitProperty("CPUWeight", .uint64(1)), UnitProperty("TasksMax", .uint64(2))]
    try service.manager().set(all, of: "a.scope")
    let calls = service.sent().calls
    #expect(calls.map(\.member) == ["SetUnitProperties", "SetUnitProperties", "Ping"])
    let pair = PropertyType.structure([.string, .variant])
    #expect(
      calls[1].body == [
        .string("a.scope"), .boolean(true),
        .array(pair, [.structure([.string("TasksMax"), .variant(.uint64(2))])]),
      ])
    let refusal = ServiceManagerProblem.refused(
      name: readOnly, text: "Cannot set property Other, or unknown property.")
    #expect(throws: refusal) {
      try FakeService(.refusal(readOnly, "Cannot set property Other, or unknown property.")).manager().set(
        all, of: "a.scope")
    }
    #expect(throws: Never.self) { try FakeService().manager().set([], of: "a.scope") }
  }

  /// systemd closes its connections when it executes itself anew: what was asked is asked again, once.
  @Test func aLostConnectionIsMadeAnew() throws {
    let service = FakeService([
      .init(replies: [FakeService.text("250"), .end]), .init(replies: [FakeService.done]),
    ])
    let manager = service.manager()
    #expect(try manager.version() == SystemdVersion(250))
    try manager.start("a.scope", [])
    #expect(service.called == ["Get Version", "StartTransientUnit a.scope", "StartTransientUnit a.scope"])
    let gone = FakeService([
      .init(replies: [.end]), .init(replies: [.end]), .init(replies: [FakeService.done]),
    ])
    #expect(throws: ServiceManagerProblem.disconnected) { try gone.manager().start("a.scope", []) }
  }

  @Test func nobodyIsWaitedForForEver() throws {
    let service = FakeService([.init(replies: [])])
    let start = Waiting.now()
    #expect(throws: ServiceManagerProblem.timedOut(milliseconds: 80)) {
      _ = try service.manager(patience: 80).version()
    }
    #expect(Waiting.now() - start >= 75)
    let job = FakeService(.endless([]))
    #expect(throws: ServiceManagerProblem.timedOut(milliseconds: 80)) {
      try job.manager(patience: 80).start("a.scope", [])
    }
  }

  /// A peer that reads nothing fills the socket.
  @Test func aPeerThatDoesNotReadIsNotWaitedForForEver() throws {
    let service = FakeService([.init(replies: [])])
    let much = UnitProperty("Description", .string(String(repeating: "x", count: 4 << 20)))
    #expect(throws: ServiceManagerProblem.timedOut(milliseconds: 80)) {
      try service.manager(patience: 80).start("a.scope", [much])
    }
  }

  @Test(arguments: ["REJECTED EXTERNAL\r\n", "ERROR\r\n", "OKAY\r\n", "DATA\r\n"])
  func whoIsNotTakenForHimselfIsTold(_ line: String) throws {
    var ends: [Int32] = [-1, -1]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    defer { close(ends[1]) }
    try Files.write(Array(line.utf8), to: ends[1])
    let problem = ServiceManagerProblem.notAuthenticated(String(line.dropLast()))
    let client = ends[0]
    #expect(throws: problem) {
      _ = try BusConnection(Descriptor(owning: client), isDirect: true, until: BusDeadline(milliseconds: 500))
    }
  }

  /// The whole of a conversation, ended at each of its bytes: an error that says so, at no place a wait or a trap.
  @Test(arguments: [true, false]) func conversationsMayEndAnywhere(_ isDirect: Bool) throws {
    let replies: [FakeService.Reply] = [FakeService.text("257"), FakeService.done]
    let script = FakeService.Script(isDirect: isDirect, replies: replies)
    let whole = FakeService.bytes(script).count
    var ended = 0
    for cut in 0...whole {
      var shorter = script
      shorter.cut = cut
      let manager = FakeService([shorter, shorter, shorter]).manager()
      do throws(ServiceManagerProblem) {
        _ = try manager.version()
        try manager.start("a.scope", [])
        #expect(cut == whole)
      } catch {
        // The second connection begins with the answer to another call.
        #expect(error == .disconnected || error == .malformedAnswer("no job"))
        ended += 1
      }
    }
    #expect(ended == whole)
  }

  /// Each byte of it changed in several ways: an answer or an error.
  @Test(arguments: [true, false]) func conversationsMayBeDamagedAnywhere(_ isDirect: Bool) throws {
    let script = FakeService.Script(isDirect: isDirect, replies: [FakeService.text("257"), FakeService.done])
    let bytes = FakeService.bytes(script)
    var (failed, passed) = (0, 0)
    for place in bytes.indices {
      for value in [0, 1, 0x7f, 0xff, bytes[place] ^ 1, bytes[place] &+ 1] where value != bytes[place] {
        var worse = script
        worse.damage = (place, value)
        let manager = FakeService([worse, worse, worse]).manager(patience: 500)
        do throws(ServiceManagerProblem) {
          _ = try manager.version()
          try manager.start("a.scope", [])
          passed += 1
        } catch {
          failed += 1
        }
      }
    }
    #expect(failed > bytes.count)
    #expect(passed > 100)
  }
}
