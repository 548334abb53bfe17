import Domain
import Linux
import Ports
import Simulation
import Testing

@testable import Kit

extension UseCaseTests {
  /// Serialized: a bundle becomes the working directory, and a process has one.
  @Suite(.serialized) struct EventsTests {
    /// A bench with a container `a` that uses something.
    private static func running() throws -> Bench {
      let bench = try Bench()
      #expect(bench.run("create --bundle \(bench.directory) a") == nil)
      var statistics = ResourceStatistics()
      statistics.pids.current = 3
      bench.board.statistics["/c/a"] = statistics
      return bench
    }

    @Test func statisticsOnce() throws {
      #expect(try Self.running().run("events --stats a") == nil)
    }

    @Test(arguments: [
      ("events --stats b", "container does not exist"),
      ("events --interval 0 a", "duration interval must be greater than 0"),
      ("events --interval -5s a", "duration interval must be greater than 0"),
      ("events --interval soon a", "invalid value \"soon\" for flag -interval: parse error"),
      (
        "events --pressure much a",
        "invalid value \"much\" for --pressure: want low, medium, critical, some:STALL:WINDOW or"
          + " full:STALL:WINDOW in microseconds"
      ),
      ("events", "martlet: \"events\" requires exactly 1 argument(s)"),
      ("top --sort size", "invalid value \"size\" for --sort: want cpu, memory, pids, io or id"),
      ("top --format xml", "invalid format option \"xml\""),
      ("top --interval 0s --once", "duration interval must be greater than 0"),
    ])
    func refusals(_ line: String, _ message: String) throws {
      #expect(try Self.running().run(line) == message)
    }

    @Test func whatHasEndedHasNoEvents() throws {
      let bench = try Self.running()
      for process in bench.processes.living { bench.processes.end(process) }
      for line in ["events a", "events --stats a"] {
        #expect(bench.run(line) == "container with id a is not running")
      }
    }

    /// The model's processes are none of the kernel's: the stream ends as if the container had ended.
    @Test func theStreamEndsWithTheContainer() throws {
      #expect(try Self.running().run("events --interval 1h a") == nil)
    }

    @Test func aCgroupThatIsGoneIsAnError() throws {
      let bench = try Self.running()
      bench.board.statistics = [:]
      #expect(bench.run("events --stats a")?.contains("no such file or directory") == true)
    }

    @Test(arguments: [
      "top --once --interval 1ms", "top -n 2 --interval 1ms --format json",
      "top --once --sort id --interval 1ms",
    ])
    func tables(_ line: String) throws {
      let bench = try Self.running()
      #expect(bench.run(line) == nil)
      #expect(bench.code == 0)
    }

    @Test func theLibraryTellsTheSame() throws {
      let bench = try Self.running()
      let monitor = try ContainerMonitor(
        try ContainerID("a"), root: bench.directory, composition: bench.composition)
      #expect(try monitor.statistics().resources.pids.current == 3)
      let watch = try monitor.notifyOOM()
      #expect(try watch.take()?.isEmpty == true)
      bench.board.events["/c/a", default: MemoryEvents()].oomKill = 2
      #expect(try watch.take()?.oomKill == 2)
      let pressure = try monitor.notifyMemoryPressure(.level(.low))
      bench.board.events["/c/a"]?.pressure = 1
      #expect(try pressure.take()?.pressure == 1)
      bench.board.statistics = [:]
      #expect(try watch.take() == nil)
      #expect(throws: MonitorError.state(.missing(try ContainerID("b")))) {
        try ContainerMonitor(try ContainerID("b"), root: bench.directory, composition: bench.composition)
      }
      for process in bench.processes.living { bench.processes.end(process) }
      #expect(throws: MonitorError.notRunning(try ContainerID("a"))) {
        try ContainerMonitor(try ContainerID("a"), root: bench.directory, composition: bench.composition)
      }
    }

    @Test func theClassOfServiceIsPartOfStatistics() throws {
      let bench = try Bench(rdt: #"{"l3CacheSchema":"L3:0=f"}"#)
      #expect(bench.run("create --bundle \(bench.directory) a") == nil)
      bench.board.statistics["/c/a"] = ResourceStatistics()
      let monitor = try ContainerMonitor(
        try ContainerID("a"), root: bench.directory, composition: bench.composition)
      #expect(
        try monitor.statistics().intelRdt.schemata.contains {
          $0.hasPrefix("L3:") && $0.contains("0=f;") || $0 == "L3:0=f"
        })
      #expect(try monitor.statistics(.cpu).intelRdt == RdtStatistics())
      #expect(monitor.classFailure == nil)
      bench.rdt.groups = [:]
      #expect(try monitor.statistics().intelRdt == RdtStatistics())
      #expect(monitor.classFailure != nil)
    }
  }
}
