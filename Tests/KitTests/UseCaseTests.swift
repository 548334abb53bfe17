import CLinux
import Domain
import Linux
import Ports
import Simulation
import Testing

@testable import Kit

/// Serialized: a bundle becomes the working directory, and a process has one.
@Suite(.serialized) struct UseCaseTests {
  @Test func createSavesTheStateAndThePid() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) --pid-file \(bench.directory)/pid a") == nil)
    let process = try #require(try bench.identity("a"))
    #expect(bench.processes.isAlive(process))
    #expect(bench.store.calls == ["begin", "stage", "publish"])
    #expect(bench.cgroups.calls == ["createBirthplace", "create", "apply"])
    #expect(try Host.read(bench.directory + "/pid", limit: 100) == [UInt8]("\(process.pid)".utf8))
  }

  @Test("a container without a process is created, and not started")
  func noProcess() throws {
    let bench = try Bench(process: nil)
    #expect(
      bench.run("run --bundle \(bench.directory) a")?.contains("process property must not be empty") == true)
    #expect(bench.store.entries.isEmpty)
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    #expect(bench.run("start a")?.contains("process property must not be empty") == true)
    #expect(bench.store.entries.count == 1)
    #expect(bench.run("delete --force a") == nil)
    #expect(bench.store.entries.isEmpty)
  }

  @Test func theCgroupIsClaimedBeforeAProcessIsBornInIt() throws {
    let bench = try Bench()
    bench.cgroups.hasBirthplace = true
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    #expect(bench.store.calls == ["begin", "claim", "stage", "publish"])
    bench.store.failsToClaim = true
    #expect(bench.run("create --bundle \(bench.directory) b")?.contains("renameat2") == true)
    #expect(bench.spawner.requests.count == 1)
    #expect(bench.store.entries.count == 1)
    #expect(bench.cgroups.calls.last == "destroy")
  }

  @Test func theAgentOfAFilterIsToldOrNothingIsLeft() throws {
    let bench = try Bench(annotations: #"{"run.oci.seccomp.receiver":"/run/agent"}"#)
    func script() throws -> [InitEvent] {
      let listener = try Files.open("/dev/null", 0).release()
      return [.reached(.mounted), .reached(.ready), .listener(listener), .executed]
    }
    bench.spawner.script = try script()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    #expect(bench.sender.sent.map(\.path) == ["/run/agent"])
    #expect(bench.sender.sent.first?.text.contains(#""fds":["seccompFd"]"#) == true)
    #expect(bench.sender.sent.first?.text.contains(#""status":"creating""#) == true)
    bench.spawner.script = try script()
    bench.sender.failure = SystemFailure(
      call: "connect", subject: "/run/agent", errno: .noSuchFileOrDirectory)
    #expect(
      bench.run("create --bundle \(bench.directory) b")?.contains("/linux/seccomp/listenerPath") == true)
    #expect(bench.store.entries.count == 1)
    #expect(bench.processes.living.count == 2)
  }

  @Test func aListenerWithoutAnAgentIsAFailure() throws {
    let bench = try Bench()
    bench.spawner.script = [.reached(.ready), .listener(try Files.open("/dev/null", 0).release()), .executed]
    #expect(bench.run("create --bundle \(bench.directory) a")?.contains("without an agent") == true)
    #expect(bench.store.entries.isEmpty)
  }

  /// What a creator left that died after its intent.
  private func begin(_ bench: Bench, claimed: Bool) throws -> ContainerID {
    let id = try ContainerID("a")
    let creator = bench.processes.add()
    bench.processes.end(creator)
    _ = try bench.store.begin(
      IntentRecord(
        id: id, bundle: "/b", creator: creator, created: Timestamp(seconds: 0, nanoseconds: 0),
        cgroup: CgroupLocation(driver: .cgroupfs, paths: [.init(controller: "", directory: "/c/a")])))
    if claimed { try bench.store.claimCgroup(of: id) }
    return id
  }

  static let remnants: [(claimed: Bool, pids: [Int32], calls: [String])] = [
    (false, [], ["destroy"]), (false, [7], []), (true, [7], ["killAll", "destroy"]),
  ]

  @Test(arguments: remnants) func onlyAClaimedCgroupIsEmptied(
    _ claimed: Bool, _ pids: [Int32], _ calls: [String]
  ) throws {
    let bench = try Bench()
    _ = try begin(bench, claimed: claimed)
    bench.cgroups.pids = pids
    #expect(bench.run("delete --force a") == nil)
    #expect(bench.store.entries.isEmpty)
    #expect(bench.cgroups.calls == calls)
  }

  @Test func aContainerThatIsBeingCreatedIsAnsweredForAtOnce() throws {
    let bench = try Bench()
    let lock = try bench.store.begin(
      IntentRecord(
        id: try ContainerID("a"), bundle: "/b", creator: bench.processes.add(),
        created: Timestamp(seconds: 0, nanoseconds: 0), cgroup: CgroupLocation(driver: .cgroupfs)))
    #expect(bench.run("delete a") == "cannot delete container a that is not stopped: creating")
    #expect(bench.run("start a") == "cannot start a container in the creating state")
    #expect(bench.run("update --pids-limit 5 a") == "container not running")
    #expect(bench.run("pause a") == "container not running")
    #expect(bench.run("resume a") == "container not paused")
    #expect(bench.store.entries.count == 1)
    lock.release()
  }

  @Test func deletesAndSignalsAllThatMatch() throws {
    let bench = try Bench()
    for name in ["web-1", "web-2", "db"] {
      #expect(bench.run("create --bundle \(bench.directory) \(name)") == nil)
    }
    #expect(bench.run("kill --regex ^web") == nil)
    #expect(bench.run(["kill", "--regex", ""])?.hasSuffix("it is empty") == true)
    let long = String(repeating: "(", count: 60_000)
    #expect(bench.run(["delete", "--regex", long])?.hasSuffix("it is longer than 1024 bytes") == true)
    #expect(bench.run("kill --regex nobody NOPE") == "unknown signal \"NOPE\"")
    #expect(bench.run("kill --regex [ TERM")?.hasPrefix("invalid regular expression \"[\": ") == true)
    #expect(bench.run("delete --regex ^web") == nil)
    #expect(bench.store.entries.keys.map(\.text) == ["db"])
    #expect(bench.run("delete --regex ^web") == nil)
    #expect(bench.run("delete --force -r d|w") == nil)
    #expect(bench.store.entries.isEmpty)
  }

  @Test func takesTheConfigurationThatIsNamed() throws {
    let bench = try Bench()
    #expect(
      bench.run("create --bundle \(bench.directory) --config /no/such.json a")
        == "JSON specification file /no/such.json not found")
    #expect(bench.run("create --bundle / -f \(bench.directory)/config.json a") == nil)
    #expect(try bench.store.load(try ContainerID("a")).intent.bundle == "/")
  }

  @Test func refusesToCheckpointAndRestore() throws {
    let bench = try Bench()
    #expect(bench.run("checkpoint a") == "container does not exist")
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    #expect(bench.run("checkpoint a") == "Container cannot be checkpointed in created state")
    #expect(bench.run("restore --image-path i b") == "restore is not supported yet")
    #expect(bench.store.entries.count == 1)
  }

  /// The state is damaged, or of a later version: the intent says what there may be.
  @Test(arguments: [(true, ["killAll", "killAll", "destroy"]), (false, ["destroy"])])
  func aContainerWithoutAReadableStateIsDeletedByItsIntent(_ claimed: Bool, _ calls: [String]) throws {
    let bench = try Bench()
    let creator = bench.processes.add()
    let id = try ContainerID("a")
    _ = try bench.store.begin(
      IntentRecord(
        id: id, bundle: "/b", creator: creator, created: Timestamp(seconds: 0, nanoseconds: 0),
        cgroup: CgroupLocation(driver: .cgroupfs, paths: [.init(controller: "", directory: "/c/a")])))
    if claimed { try bench.store.claimCgroup(of: id) }
    bench.store.unreadable = [id]
    #expect(bench.run("delete a")?.contains("state.json: of another version") == true)
    #expect(bench.store.entries.count == 1)
    #expect(bench.run("delete --force a") == nil)
    #expect(bench.store.entries.isEmpty)
    #expect(bench.cgroups.calls == calls)
    // It has created the container, and does something else by now.
    #expect(bench.processes.isAlive(creator))
  }

  /// A pipe whose reader sees whether its writer is closed.
  private static func isClosed(_ reader: Int32) throws -> Bool {
    var looked = [pollfd(fd: reader, events: 0, revents: 0)]
    return try Waiting.poll(&looked, timeout: 0)
  }

  private static func pipe() throws -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    try #require(pipe2(&ends, 0o2_000_000) == 0)
    return (ends[0], ends[1])
  }

  @Test(arguments: ["spawn", "console", "add"]) func theDoorsOfAnEntranceAreClosedWhenNoProcessTakesThem(
    _ failing: String
  ) throws {
    let rdt = failing == "add" ? #"{"schemata":["MB:0=50;1=50"]}"# : "{}"
    let bench = try Bench(rdt: rdt)
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    let (reader, writer) = try Self.pipe()
    defer { Host.close(reader) }
    bench.cgroups.doors = [writer]
    let living = bench.processes.living
    switch failing {
    case "spawn": bench.spawner.failure = .multithreaded(count: 2)
    case "console": bench.failsToBegin = true
    default: bench.rdt.groups.removeAll()
    }
    #expect(bench.run("exec a true") != nil)
    #expect(try Self.isClosed(reader))
    #expect(bench.processes.living == living)
  }

  @Test(arguments: ["run", "exec"]) func aTerminalIsClosedWhenItsProcessFails(_ command: String) throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    let (reader, writer) = try Self.pipe()
    defer { Host.close(reader) }
    bench.spawner.script = [.terminal(writer), .died(waitStatus: 9)]
    let line = command == "run" ? "run --bundle \(bench.directory) --no-subreaper b" : "exec a true"
    #expect(bench.run(line) != nil)
    #expect(try Self.isClosed(reader))
  }

  @Test func secondCreateOfAnIdFailsAndTouchesNothing() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    let before = bench.cgroups.calls
    #expect(bench.run("create --bundle \(bench.directory) a")?.contains("already exists") == true)
    #expect(bench.cgroups.calls == before)
    #expect(bench.store.entries.count == 1)
  }

  static let failures: [(String, [InitEvent], Set<String>)] = [
    ("step", [.failed(StepFailure(index: 0, errno: .notPermitted, call: .setsid))], []),
    ("death", [.died(waitStatus: 9)], []),
    ("after ready", [.reached(.mounted), .reached(.ready), .died(waitStatus: 9)], []),
    ("cgroup", [.executed], ["create"]),
    ("limits", [.executed], ["apply"]),
  ]

  @Test(arguments: failures) func failedCreateLeavesNothing(
    _ name: String, _ script: [InitEvent], _ failing: Set<String>
  ) throws {
    let bench = try Bench()
    bench.spawner.script = script
    bench.cgroups.failing = failing
    #expect(bench.run("create --bundle \(bench.directory) a") != nil)
    #expect(bench.store.entries.isEmpty)
    #expect(bench.processes.living == [bench.processes.own])
    #expect(bench.cgroups.calls.contains("destroy") == !failing.contains("create"))
  }

  @Test func hooksRunInOrderAndAFailureUndoes() throws {
    let hook = { (path: String) in "[{\"path\":\"\(path)\"}]" }
    let hooks =
      "{\"createContainer\":\(hook("/c")),\"createRuntime\":\(hook("/b")),\"prestart\":\(hook("/a"))}"
    let bench = try Bench(hooks: hooks)
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    #expect(bench.hooks.calls.map(\.path) == ["/a", "/b", "/c"])
    #expect(bench.hooks.calls.map(\.isInside) == [false, false, true])
    bench.hooks.failing = ["/b"]
    #expect(bench.run("create --bundle \(bench.directory) b")?.contains("error running hook /b") == true)
    #expect(bench.store.entries.count == 1)
  }

  @Test func deleteKillsACreatedContainerAndRefusesARunningOne() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    bench.store.markStarted(try ContainerID("a"))
    #expect(bench.run("delete a") == "cannot delete container a that is not stopped: running")
    #expect(bench.run("delete --force a") == nil)
    #expect(bench.processes.living == [bench.processes.own])
    #expect(bench.store.entries.isEmpty)
    #expect(bench.run("create --bundle \(bench.directory) b") == nil)
    #expect(bench.run("delete b") == nil)
    #expect(bench.run("delete b") == "container does not exist")
    #expect(bench.run("delete --force b") == nil)
  }

  @Test func whatRemainsIsNamedAndCanBeTriedAgain() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    bench.cgroups.failing = ["destroy"]
    #expect(bench.run("delete --force a")?.contains("could not be removed: cgroup /c/a") == true)
    #expect(bench.store.entries.count == 1)
    bench.cgroups.failing = []
    #expect(bench.run("delete --force a") == nil)
    #expect(bench.store.entries.isEmpty)
  }

  @Test func deleteForceStopsALiveCreator() throws {
    let bench = try Bench()
    let creator = bench.processes.add()
    let id = try ContainerID("a")
    _ = try bench.store.begin(
      IntentRecord(
        id: id, bundle: "/b", creator: creator, created: Timestamp(seconds: 0, nanoseconds: 0),
        cgroup: CgroupLocation(driver: .cgroupfs)))
    #expect(bench.run("delete --force a") == nil)
    #expect(!bench.processes.isAlive(creator))
    #expect(bench.store.entries.isEmpty)
    #expect(!bench.cgroups.calls.contains("killAll"))
  }

  @Test func killSignalsTheInitProcess() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    let process = try #require(try bench.identity("a"))
    #expect(bench.run("kill a") == nil)
    #expect(bench.run("kill a usr1") == nil)
    #expect(bench.run(["kill", "a", ""]) == nil)
    #expect(bench.processes.signals.map(\.signal) == [15, 10, 15])
    #expect(bench.run("kill a NOPE") == "unknown signal \"NOPE\"")
    bench.processes.end(process)
    #expect(bench.run("kill a") == "container not running")
    #expect(bench.run("kill --all a KILL") == nil)
    #expect(bench.run("kill b") == "container does not exist")
  }

  @Test func startNeedsACreatedContainer() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    #expect(bench.run("start a") == nil)
    bench.store.markStarted(try ContainerID("a"))
    #expect(bench.run("start a") == "cannot start an already running container")
    let process = try #require(try bench.identity("a"))
    bench.processes.end(process)
    #expect(bench.run("start a") == "cannot start a container that has stopped")
    #expect(bench.run("start b") == "container does not exist")
  }

  @Test func pauseAndResume() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    #expect(bench.run("resume a") == "container not paused")
    #expect(bench.run("pause a") == nil)
    #expect(bench.run("pause a") == "container not running")
    #expect(bench.run("exec a true")?.hasPrefix("cannot exec in a paused container") == true)
    #expect(bench.run("resume a") == nil)
    #expect(bench.cgroups.calls.suffix(2) == ["freeze", "thaw"])
  }

  @Test func execEntersTheContainerAndPassesTheEndOn() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    #expect(bench.run("exec --user 5:6 --env A=1 a true") == nil)
    #expect(bench.code == 137)
    let request = try #require(bench.spawner.requests.last)
    #expect(request.target == (try bench.identity("a")))
    #expect(request.plan.entries.contains { $0.step == .setUserID(5) })
    #expect(request.plan.entries.contains { $0.step == .setGroupID(6) })
    #expect(bench.run("exec --user 5: a true")?.contains("invalid user") == true)
    #expect(bench.run("exec --console-socket s a true")?.hasPrefix("cannot use console socket") == true)
    #expect(bench.run("exec --tty --detach a true")?.hasPrefix("cannot allocate tty") == true)
    #expect(bench.run("exec --cap CAP_NOPE a true") == nil)
  }

  /// Whatever failed first: the container has ended.
  @Test(arguments: [
    [InitEvent.died(waitStatus: 9)], [.failed(StepFailure(index: 0, errno: .noSuchDevice, call: .write))],
  ])
  func execIntoAContainerThatEndsMeanwhileSaysSo(_ script: [InitEvent]) throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    let process = try #require(try bench.identity("a"))
    bench.spawner.script = script
    #expect(bench.run("exec a true")?.contains("stopped") == false)
    bench.spawner.whenBorn = { bench.processes.end(process) }
    #expect(bench.run("exec a true") == "cannot exec in a stopped container")
    bench.spawner.whenBorn = nil
  }

  @Test func poststopHooksRunAfterAFailureToo() throws {
    let hooks =
      "{\"createRuntime\":[{\"path\":\"/a\"}],\"poststart\":[{\"path\":\"/b\"}],\"poststop\":[{\"path\":\"/c\"}]}"
    let bench = try Bench(hooks: hooks)
    bench.hooks.failing = ["/a"]
    #expect(bench.run("create --bundle \(bench.directory) a")?.contains("error running hook /a") == true)
    #expect(bench.hooks.calls.map(\.path) == ["/a", "/c"])
    bench.hooks.failing = ["/b"]
    #expect(
      bench.run("run --detach --bundle \(bench.directory) a")?.contains("error running hook /b") == true)
    #expect(bench.hooks.calls.map(\.path) == ["/a", "/c", "/a", "/b", "/c"])
    #expect(bench.store.entries.isEmpty)
    // A container that never was has no end.
    #expect(bench.run("create --bundle /nonexistent a") != nil)
    #expect(bench.hooks.calls.count == 5)
  }

  @Test func forcedDeletionKillsBeforeItWaitsForTheLock() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    let process = try #require(try bench.identity("a"))
    var wasAlive: Bool?
    bench.store.whenLocked = { wasAlive = bench.processes.isAlive(process) }
    #expect(bench.run("delete --force a") == nil)
    #expect(wasAlive == false)
    bench.store.whenLocked = nil
  }

  @Test func deleteLeavesAnotherContainerOfTheNameAlone() throws {
    for options in ["", "--force "] {
      let bench = try Bench()
      #expect(bench.run("create --bundle \(bench.directory) a") == nil)
      let (id, first) = (try ContainerID("a"), try #require(try bench.identity("a")))
      bench.processes.end(first)
      bench.store.whenLocked = {
        bench.store.whenLocked = nil
        try? bench.store.remove(id)
        _ = bench.run("create --bundle \(bench.directory) a")
      }
      #expect(bench.run("delete \(options)a") == nil)
      let second = try #require(try bench.identity("a"))
      #expect(second != first)
      #expect(bench.processes.isAlive(second))
    }
  }

  /// A number that is in the list no more may be a stranger's by now.
  @Test func killSignalsWhatIsInTheCgroupStill() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    let (inside, gone) = (bench.processes.add(), bench.processes.add())
    bench.cgroups.listings = [[inside.pid, gone.pid], [inside.pid]]
    #expect(bench.run("kill --all a TERM") == nil)
    #expect(bench.processes.signals.map(\.pid) == [inside.pid])
  }

  static let refusedBirths: [(call: String, errno: Errno, entrances: Int)] = [
    ("clone3", .busy, 2), ("clone3", .again, 1), ("open_tree", .busy, 1),
  ]

  /// The container may make cgroups of its own while `exec` is on its way into what was one without.
  @Test(arguments: refusedBirths) func execLooksForAnotherWayInWhereTheCgroupIsBusy(
    _ call: String, _ errno: Errno, _ entrances: Int
  ) throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    bench.spawner.failure = .system(SystemFailure(call: call, subject: "new process", errno: errno))
    #expect(bench.run("exec a true") != nil)
    #expect(bench.cgroups.calls.filter { $0 == "entrance" }.count == entrances)
  }

  @Test func withoutCgroupsKillReachesTheInitProcess() throws {
    let bench = try Bench()
    bench.cgroups.driver = .disabled
    #expect(bench.run("create --bundle \(bench.directory) a") == nil)
    let process = try #require(try bench.identity("a"))
    #expect(bench.run("kill --all a KILL") == nil)
    #expect(!bench.processes.isAlive(process))
    #expect(!bench.cgroups.calls.contains("killAll"))
  }

  @Test func runDeletesWhenTheProcessEndsUnlessKept() throws {
    let bench = try Bench()
    #expect(bench.run("run --bundle \(bench.directory) --no-subreaper a") == nil)
    #expect(bench.code == 137)
    #expect(bench.store.entries.isEmpty)
    #expect(bench.run("run --bundle \(bench.directory) --no-subreaper --keep b") == nil)
    #expect(bench.store.entries.count == 1)
  }

  @Test func aBundleWithoutConfigurationSaysSo() throws {
    let bench = try Bench()
    #expect(bench.run("create --bundle / a") == "JSON specification file config.json not found")
  }

  @Test func whatADeadProcessLeftOfAPidFileIsNoHindrance() throws {
    let bench = try Bench()
    try Host.create(bench.directory + "/.pid.\(Processes.current)", [], mode: 0o600)
    #expect(bench.run("create --bundle \(bench.directory) --pid-file \(bench.directory)/pid a") == nil)
  }

  @Test func aBadPidFileLeavesNoContainer() throws {
    let bench = try Bench()
    #expect(
      bench.run("create --bundle \(bench.directory) --pid-file /nonexistent/pid a")?.contains(
        "/nonexistent/pid") == true)
    #expect(bench.store.entries.isEmpty)
    #expect(bench.processes.living == [bench.processes.own])
  }
}
