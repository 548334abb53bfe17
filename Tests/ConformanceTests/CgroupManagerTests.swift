import CLinux
import CgroupDisabled
import CgroupV1
import CgroupV2
import Domain
import Linux
import PortConformance
import Ports
import Simulation
import Systemd
import Testing

/// The same checks for every manager: on a model everywhere, on the host's own hierarchies as root.
@Suite(.serialized) struct CgroupManagerTests {
  static func request() throws -> CgroupRequest {
    CgroupRequest(
      id: try ContainerID("conformance-\(getpid())"), path: "/martlet-test/conformance-\(getpid())")
  }

  @Test("the model conforms")
  func model() throws {
    let tree = InMemoryCgroupManager.Tree()
    var next: Int32 = 100
    let conformance = CgroupManagerConformance(
      request: try CgroupManagerTests.request(), make: { InMemoryCgroupManager(tree) },
      startProcess: {
        next += 1
        return next
      }, reap: { _ in })
    #expect(Conformance.failures(of: "Simulation", conformance) == [])
    #expect(tree.groups.isEmpty)
    #expect(CgroupManagerConformance.names.count >= 10)
  }

  /// Checks that pass whatever a manager does would prove nothing.
  @Test("a manager that does nothing does not conform")
  func idle() throws {
    let conformance = CgroupManagerConformance(
      request: try CgroupManagerTests.request(), make: { IdleManager() }, startProcess: { 1 },
      reap: { _ in })
    #expect(conformance.run().count >= 3)
  }

  @Test("no cgroups at all conform, as far as that goes")
  func disabled() throws {
    for (capabilities, isRight) in [(CgroupManagerConformance.Capabilities(), true), (.all, false)] {
      let conformance = CgroupManagerConformance(
        capabilities, request: try CgroupManagerTests.request(), make: { CgroupDisabledManager() },
        startProcess: CgroupManagerTests.sleeper, reap: CgroupManagerTests.reap)
      if isRight {
        #expect(Conformance.failures(of: "disabled", conformance) == [])
      } else {
        #expect(conformance.run().count >= 5)
      }
    }
  }

  private static func hostLayout() throws -> CgroupLayout {
    CgroupLayout(mountTable: try Procfs().read("self/mountinfo", limit: 16 << 20))
  }

  @Test(
    "the host's own hierarchies conform",
    .enabled(if: getuid() == 0, "cgroups are made by root"))
  func host() throws {
    try CgroupManagerTests.check(try CgroupManagerTests.hostLayout())
  }

  /// Those of version 1 without the tree of version 2 beside them: the freezer and signals do all.
  @Test(
    "the host's hierarchies of version 1 conform alone",
    .enabled(if: getuid() == 0 && hasVersion1, "root makes cgroups, of version 1 where that is mounted"))
  func version1() throws {
    let layout = try CgroupManagerTests.hostLayout()
    try CgroupManagerTests.check(
      CgroupLayout(mode: .legacy, hierarchies: layout.hierarchies.filter { !$0.isUnified }))
  }

  private static let hasVersion1 = (try? hostLayout())?.hierarchies.contains { !$0.isUnified } == true

  private static func check(_ layout: CgroupLayout) throws {
    try #require(!layout.hierarchies.isEmpty)
    let conformance = CgroupManagerConformance(
      request: try CgroupManagerTests.request(), make: { CgroupManagerTests.manager(layout) },
      startProcess: CgroupManagerTests.sleeper, reap: CgroupManagerTests.reap)
    let kind =
      switch layout.mode {
      case .legacy: "cgroup v1"
      case .hybrid: "cgroup v1 with v2 beside it"
      case .unified: "cgroup v2"
      }
    #expect(Conformance.failures(of: kind, conformance) == [])
    for hierarchy in layout.hierarchies { rmdir(hierarchy.mountPoint + "/martlet-test") }
  }

  /// systemd is asked for its version: whoever has none at hand, root's or his own, has no units either.
  private static let hasSystemd: Bool = {
    let service = ServiceManager(patience: 5_000) { deadline throws(ServiceManagerProblem) in
      try BusLookup().connect(until: deadline)
    }
    return (try? service.version()) != nil
  }()

  @Test(
    "units of the host's systemd conform",
    .enabled(if: hasSystemd, "systemd is neither the first process nor a user's manager"))
  func systemd() throws {
    let procfs = try Procfs()
    let layout = CgroupLayout(mountTable: try procfs.read("self/mountinfo", limit: 16 << 20))
    for path in ["martlet_conformance.slice:a:\(getpid())", nil] {
      let request = CgroupRequest(id: try ContainerID("conformance-\(getpid())"), path: path)
      let conformance = CgroupManagerConformance(
        request: request,
        make: { SystemdCgroupManager(layout, files: CgroupManagerTests.manager(layout)) },
        startProcess: CgroupManagerTests.sleeper, reap: CgroupManagerTests.reap)
      let kind = (getuid() == 0 ? "systemd" : "systemd of a user") + (path == nil ? ", its own names" : "")
      #expect(Conformance.failures(of: kind, conformance) == [])
    }
  }

  static func manager(_ layout: CgroupLayout) -> any CgroupManager {
    let trees = CgroupTree.trees(layout)
    return layout.mode == .unified ? CgroupV2Manager(trees[0]) : CgroupV1Manager(trees)
  }

  /// A child that waits to be killed.
  static func sleeper() -> Int32 {
    guard let child = try? Processes.fork() else {
      while true { pause() }
    }
    close(child.descriptor)
    return child.pid
  }

  static func reap(_ pid: Int32) {
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }
}

/// Runs suites, and says how many checks of them each back end passed: lines that `scripts/test` repeats.
enum Conformance {
  static func failures(of backEnd: String, _ suite: CgroupManagerConformance) -> [ConformanceFailure] {
    tell("CgroupManager", backEnd, suite.run(), of: suite.count)
  }

  static func failures(of backEnd: String, _ suite: IntelRdtManagerConformance) -> [ConformanceFailure] {
    tell("IntelRdtManager", backEnd, suite.run(), of: suite.count)
  }

  /// One write, so that lines of tests that run at once do not mix.
  private static func tell(
    _ port: String, _ backEnd: String, _ failures: [ConformanceFailure], of count: Int
  ) -> [ConformanceFailure] {
    let line = "conformance: \(port), \(backEnd): \(count - failures.count) of \(count) checks pass\n"
    try? Files.writeAll(1, line)
    return failures
  }
}

/// Answers everything and does nothing.
private final class IdleManager: CgroupManager {
  func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    CgroupLocation(driver: .cgroupfs)
  }
  func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32? { nil }
  func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] { [] }
  func entrance(to location: CgroupLocation, beside process: Int32) throws(CgroupError) -> CgroupEntrance {
    CgroupEntrance()
  }
  func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError) {}
  func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError) {}
  func prepare(_ change: ResourceChange, at location: CgroupLocation) throws(CgroupError) -> CgroupUpdate {
    CgroupUpdate(change, writes: [], restoration: [])
  }
  func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {}
  func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {}
  func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] { [] }
  func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {}
  func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool { false }
  func killAll(in location: CgroupLocation) throws(CgroupError) {}
  func destroy(_ location: CgroupLocation) throws(CgroupError) {}
}
