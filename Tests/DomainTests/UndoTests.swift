import Domain
import Testing

@Suite struct UndoTests {
  private let creator = ProcessIdentity(pid: 10, startTime: 1)
  private let initProcess = ProcessIdentity(pid: 11, startTime: 2)
  private let cgroup = CgroupLocation(driver: .cgroupfs, paths: [.init(controller: "", directory: "/c/a")])

  private func intent() throws -> IntentRecord {
    IntentRecord(
      id: try ContainerID("a"), bundle: "/b", creator: creator,
      created: Timestamp(seconds: 0, nanoseconds: 0), cgroup: cgroup)
  }

  private func state() throws -> StateRecord {
    StateRecord(
      id: try ContainerID("a"), initProcess: initProcess, created: Timestamp(seconds: 0, nanoseconds: 0),
      rootless: false, cgroup: cgroup, namespacePaths: [], externalDescriptors: [], bundle: "/b",
      rootfs: "/b/r",
      namespaces: [], document: Document())
  }

  @Test func anIntentAloneKillsNothingInTheCgroup() throws {
    let steps = Undo.compile(try intent(), state: nil, ownsCgroup: false, creator: creator)
    #expect(
      steps == [
        .stopCreator(creator), .removeUnusedCgroup(try intent().cgroup), .removeEntry(try ContainerID("a")),
      ])
  }

  static let claims: [(all: [String], claimed: [String], unclaimed: [String])] = [
    ([""], [""], []), (["pids", "cpu"], ["pids", "cpu"], []), (["pids", "cpu", ""], [""], ["pids", "cpu"]),
    (["devices", "pids"], ["pids"], ["devices"]), (["devices"], ["devices"], []),
  ]

  /// A process of the container is in the v2 tree from birth on: what it left there is killed, and then
  /// whoever is in a hierarchy of v1 is somebody else.
  @Test(arguments: claims) func aClaimedCgroupIsEmptied(
    _ all: [String], _ claimed: [String], _ unclaimed: [String]
  ) throws {
    func location(_ controllers: [String]) -> CgroupLocation {
      CgroupLocation(
        driver: .cgroupfs, paths: controllers.map { .init(controller: $0, directory: "/c/" + $0) })
    }
    var intent = try intent()
    intent.cgroup = location(all)
    let steps = Undo.compile(intent, state: nil, ownsCgroup: true, creator: nil)
    #expect(
      steps == [
        .emptyCgroup(location(claimed)), .removeCgroup(location(claimed)),
        .removeUnusedCgroup(location(unclaimed)), .removeEntry(intent.id),
      ])
    #expect(location(all).parts == all.map { location([$0]) })
  }

  @Test func aStateStopsWhatRunsBeforeItRemovesAnything() throws {
    let steps = Undo.compile(try intent(), state: try state(), ownsCgroup: true, creator: creator)
    #expect(
      steps == [
        .emptyCgroup(try state().cgroup), .stopInit(initProcess), .removeCgroup(try state().cgroup),
        .removeEntry(try ContainerID("a")),
      ])
  }

  @Test func aForeignCgroupStays() throws {
    let steps = Undo.compile(failed: try intent(), state: nil, cgroup: nil)
    #expect(steps == [.removeEntry(try ContainerID("a"))])
  }

  @Test(arguments: [false, true], [false, true])
  func theEntryLeavesLast(_ hasState: Bool, _ ownsCgroup: Bool) throws {
    var intent = try intent()
    let rdt = RdtLocation(mount: RdtMount(path: "/m"), group: "g", isNew: true, isShared: false)
    var claimed = rdt
    claimed.identity = 7
    intent.rdt = rdt
    var state: StateRecord?
    if hasState { state = try self.state() }
    state?.rdt = claimed
    let steps = Undo.compile(intent, state: state, ownsCgroup: ownsCgroup, creator: creator)
    #expect(steps.last == .removeEntry(intent.id))
    #expect(steps.dropLast().last == .removeRdtGroup(hasState ? claimed : rdt))
  }

  /// The creator knows what it made. A shared class that it made for a container that there is not is removed
  /// where nobody is in it, so by its use and not by its identity.
  @Test(arguments: [false, true]) func aFailedCreationRemovesWhatItMade(_ isShared: Bool) throws {
    var intent = try intent()
    let rdt = RdtLocation(
      mount: RdtMount(path: "/m"), group: "g", isNew: true, isShared: isShared, monitoring: "a", identity: 7,
      monitoringIdentity: 8)
    intent.rdt = rdt.unproven
    #expect(Undo.compile(failed: intent, state: nil, cgroup: nil) == [.removeEntry(intent.id)])
    #expect(
      Undo.compile(failed: intent, state: nil, cgroup: nil, rdt: rdt)
        == [.removeRdtGroup(isShared ? rdt.unproven : rdt), .removeEntry(intent.id)])
  }
}

@Suite struct SignalTests {
  @Test(
    arguments: [
      ("9", 9), ("KILL", 9), ("sigkill", 9), ("SIGTERM", 15), ("0", 0), ("RTMIN", 34), ("SIGRTMIN+3", 37),
      ("rtmax-1", 63), ("RTMAX", 64), ("64", 64),
    ] as [(String, Int32)])
  func reads(_ text: String, _ number: Int32) {
    #expect(Signal(text)?.rawValue == number)
  }

  @Test(arguments: [
    "", "SIG", "65", "-1", "+9", "NOPE", "RTMIN+31", "RTMIN+", "RTMAX-x", "99999999999", "9 ",
  ])
  func refuses(_ text: String) {
    #expect(Signal(text) == nil)
  }
}
