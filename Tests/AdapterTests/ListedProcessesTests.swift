import CLinux
import CgroupV2
import Domain
import Ports
import Testing

@testable import Linux

@Suite struct ListedProcessesTests {
  /// A child that waits to be killed.
  private static func sleeper() throws -> Int32 {
    guard let child = try Processes.fork() else {
      while true { pause() }
    }
    close(child.descriptor)
    return child.pid
  }

  /// How a child ended; nil when it has not.
  private static func end(_ pid: Int32, _ flags: Int32) -> Int32? {
    var status: Int32 = 0
    return waitpid(pid, &status, flags) == pid ? status : nil
  }

  @Test func onlyWhatStandsInTheListStillIsSignalled() throws {
    let (listed, stranger) = (try Self.sleeper(), try Self.sleeper())
    defer { for pid in [listed, stranger] { kill(pid, SIGKILL) } }
    #expect(ListedProcesses.signal([listed, stranger, 0], SIGKILL) { [listed] } == nil)
    #expect(Self.end(listed, 0) == SIGKILL)
    #expect(Self.end(stranger, WNOHANG) == nil)
    #expect(ListedProcesses.signal([stranger], SIGKILL) { nil } == nil)
    #expect(Self.end(stranger, WNOHANG) == nil)
    // Nobody has the number any more.
    #expect(ListedProcesses.signal([listed], SIGKILL) { [listed] } == nil)
    kill(stranger, SIGKILL)
    #expect(Self.end(stranger, 0) == SIGKILL)
  }

  static let states: [(line: String, isAlive: Bool)] = [
    ("S", true), ("R", true), ("T", true), ("Z", false), ("X", false),
  ]

  @Test(arguments: states, [1, 2, 100])
  func aProcessLivesInAnyOfItsThreads(_ state: (line: String, isAlive: Bool), _ threads: Int) throws {
    let between = Array(repeating: "0", count: 16).joined(separator: " ")
    let line = "7 (a) Z 1 (b)) \(state.line) \(between) \(threads) 0 4711 0 0\n"
    let found = try #require(Processes.parseStat([UInt8](line.utf8)))
    #expect(found.startTime == 4711)
    #expect(found.isAlive == (state.isAlive || threads > 1))
  }

  /// Processes that the reader cannot see have the number 0: nothing tells of their end, and looking for it must not
  /// take the processor.
  @Test func whatCannotBeSeenIsWaitedForInPauses() throws {
    var template = Array("/tmp/martlet-unseen-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { system("rm -rf '\(path)'") }
    mkdir(path + "/a", 0o755)
    system(
      "cd '\(path)/a'; : > cgroup.kill; : > cgroup.freeze; echo 0 > cgroup.procs; (sleep 0.5; : > cgroup.procs) &"
    )
    let hierarchy = CgroupLayout.Hierarchy(controllers: [], mountPoint: path, isUnified: true)
    let manager = CgroupV2Manager(CgroupTree(hierarchy, kind: .unverified))
    let location = try manager.locate(CgroupRequest(id: try ContainerID("a"), path: "/a"))
    let (wall, processor) = (Waiting.nanoseconds(), Self.processorTime())
    try manager.killAll(in: location)
    let used = Self.processorTime() - processor
    let passed = Waiting.nanoseconds() - wall
    #expect(passed > 300_000_000)
    #expect(used < passed / 2, "\(used) of \(passed) ns")
  }

  private static func processorTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
