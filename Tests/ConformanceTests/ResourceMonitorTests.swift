import CLinux
import CgroupDisabled
import CgroupMonitor
import Domain
import Linux
import PortConformance
import Ports
import Simulation
import Testing

/// The same checks for every monitor: on a model everywhere, on the host's own hierarchies as root.
@Suite(.serialized) struct ResourceMonitorTests {
  private static let absent = CgroupLocation(
    driver: .cgroupfs, paths: [.init(controller: "", directory: "/nowhere/at/all")])

  private static func isReadable(_ descriptor: Int32, _ milliseconds: Int64) -> Bool {
    (try? Waiting.readable(descriptor, timeout: milliseconds)) == true
  }

  @Test("the model conforms")
  func model() throws {
    let board = InMemoryMonitor.Board()
    var statistics = ResourceStatistics()
    statistics.pids.current = 2
    board.statistics["/c"] = statistics
    var isRead = 0
    let subject = ResourceMonitorConformance.Subject(
      location: CgroupLocation(driver: .cgroupfs, paths: [.init(controller: "", directory: "/c")]),
      absent: Self.absent, processes: 2,
      exhaust: {
        board.events["/c", default: MemoryEvents()].oomKill += 1
        isRead = 0
      },
      wait: { _, _ in
        isRead += 1
        return isRead % 2 == 1
      })
    let failures = ResourceMonitorConformance(subject) { InMemoryMonitor(board) }.run()
    #expect(failures == [])
    #expect(ResourceMonitorConformance.names.count >= 8)
  }

  /// Checks that pass whatever a monitor does would prove nothing.
  @Test("a monitor that does nothing does not conform")
  func idle() {
    let subject = ResourceMonitorConformance.Subject(
      location: Self.absent, absent: Self.absent, processes: 1, exhaust: {}, wait: { _, _ in false })
    #expect(ResourceMonitorConformance(subject) { IdleMonitor() }.run().count >= 5)
  }

  @Test("without cgroups all is refused, with a reason")
  func disabled() {
    let monitor = DisabledMonitor()
    let location = CgroupLocation(driver: .disabled)
    #expect(throws: CgroupError.unsupported(operation: "read statistics")) {
      try monitor.statistics(of: location, .all)
    }
    #expect(throws: CgroupError.unsupported(operation: "watch memory")) {
      try monitor.memoryEvents(of: location, .limits)
    }
  }

  @Test(
    "the host's own hierarchies conform",
    .enabled(if: getuid() == 0, "cgroups are made by root"))
  func host() throws {
    let layout = CgroupLayout(mountTable: try Procfs().read("self/mountinfo", limit: 16 << 20))
    try #require(!layout.hierarchies.isEmpty)
    let manager = CgroupManagerTests.manager(layout)
    let name = "/martlet-test/monitor-\(getpid())"
    let request = CgroupRequest(id: try ContainerID("m"), path: name)
    let location = try manager.locate(request)
    let absent = try manager.locate(CgroupRequest(id: try ContainerID("m"), path: name + "-absent"))
    let pid = try Self.sleeper()
    defer {
      kill(pid, SIGKILL)
      try? manager.destroy(location)
      for hierarchy in layout.hierarchies { rmdir(hierarchy.mountPoint + "/martlet-test") }
    }
    _ = try manager.createBirthplace(location).map { Descriptor(owning: $0) }
    for door in try manager.create(location, for: pid, request) { _ = Descriptor(owning: door) }
    var resources = Resources()
    resources.memory.limit = 32 << 20
    resources.memory.swap = 32 << 20
    try manager.apply(resources, to: location)
    try manager.add(pid, to: location)
    let directories = location.paths.map(\.directory)
    let subject = ResourceMonitorConformance.Subject(
      location: location, absent: absent, processes: 1, exhaust: { Self.exhaust(directories) },
      wait: Self.isReadable)
    let failures = ResourceMonitorConformance(subject) { CgroupMonitor(CgroupTree.trees(layout)) }.run()
    #expect(failures == [])
    try Self.checkPressure(CgroupMonitor(CgroupTree.trees(layout)), location, layout)
  }

  /// A shell enters the cgroups and becomes a program that takes memory until it is killed.
  private static func exhaust(_ directories: [String]) {
    let enter = directories.map { "echo 0 > \($0)/cgroup.procs" }.joined(separator: "; ")
    system("sh -c '\(enter); exec dd if=/dev/zero of=/dev/null bs=256M count=1' > /dev/null 2>&1")
  }

  /// A process that uses less memory than whoever is to be killed; a child of this large one would be chosen first.
  private static func sleeper() throws -> Int32 {
    var template = Array("/tmp/martlet-monitor-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      close(file)
      unlink(path)
    }
    system("sleep 1000 > /dev/null 2>&1 & echo $! > \(path)")
    let text = String(decoding: try Host.read(path, limit: 100).dropLast(), as: UTF8.self)
    return try #require(Int32(text))
  }

  /// Both ways to be told of want of memory can be asked for, and what makes no sense is refused.
  private static func checkPressure(
    _ monitor: CgroupMonitor, _ location: CgroupLocation, _ layout: CgroupLayout
  ) throws {
    for level in MemoryPressure.Level.allCases {
      let watch = try monitor.memoryEvents(of: location, .pressure(.level(level)))
      #expect(!isReadable(watch.descriptor, 0))
    }
    guard layout.hierarchies.contains(where: \.isUnified) else { return }
    let stall = MemoryPressure.Stall(threshold: 100_000)
    let watch = try monitor.memoryEvents(of: location, .pressure(.stall(stall)))
    #expect(!isReadable(watch.descriptor, 0))
    let senseless = MemoryPressure.Stall(threshold: 100_000, window: 1)
    #expect(throws: CgroupError.self) {
      try monitor.memoryEvents(of: location, .pressure(.stall(senseless)))
    }
  }
}

/// Answers everything and does nothing.
private final class IdleMonitor: ResourceMonitor {
  private final class Silence: MemoryWatch {
    var descriptor: Int32 { -1 }
    func take() throws(CgroupError) -> MemoryEvents? { MemoryEvents() }
  }

  func statistics(
    of location: CgroupLocation, _ selection: StatisticsSelection
  ) throws(CgroupError) -> ResourceStatistics { ResourceStatistics() }

  func memoryEvents(
    of location: CgroupLocation, _ subject: MemorySubject
  ) throws(CgroupError) -> any MemoryWatch { Silence() }
}
