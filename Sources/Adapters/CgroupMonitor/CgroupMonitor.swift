public import Domain
public import Linux
public import Ports

/// Reads statistics and watches memory through the control files of mounted hierarchies: of version 1, of version 2,
/// or of both on one host. Who made the cgroups does not matter: systemd's are read like any others.
public final class CgroupMonitor: ResourceMonitor {
  private let forest: CgroupForest

  /// Makes a monitor of the mounted hierarchies; none is opened before it is needed.
  public init(_ trees: [CgroupTree]) {
    forest = CgroupForest(trees)
  }

  public func statistics(
    of location: CgroupLocation, _ selection: StatisticsSelection
  ) throws(CgroupError) -> ResourceStatistics {
    let places = try places(location)
    var statistics = try ResourceStatistics(PlacedControlFiles(places), selection)
    if selection.contains(.pids), statistics.pids.current == 0 {
      // Without the controller processes are counted one by one.
      statistics.pids.current = UInt64(try places.first?.processes().count ?? 0)
    }
    return statistics
  }

  public func memoryEvents(
    of location: CgroupLocation, _ subject: MemorySubject
  ) throws(CgroupError) -> any MemoryWatch {
    let places = try places(location)
    let unified = CgroupForest.place("", in: places)
    let memory = CgroupForest.place("memory", in: places)
    switch subject {
    case .limits:
      if let memory { return try OutOfMemoryWatch(memory) }
      if let unified { return try EventsFileWatch(unified) }
    case .pressure(.level(let level)):
      if let memory { return try PressureLevelWatch(memory, level) }
      if let unified { return try StallWatch(unified, level.stall) }
    case .pressure(.stall(let stall)):
      guard let unified else {
        throw .unsupported(operation: "watch stalls, which cgroup v1 does not measure")
      }
      return try StallWatch(unified, stall)
    }
    throw .controllerMissing("memory")
  }

  /// The places of a location that is there.
  private func places(_ location: CgroupLocation) throws(CgroupError) -> [CgroupPlace] {
    let places = forest.places(location)
    guard let first = places.first else { throw .controllerMissing(location.paths.first?.controller ?? "") }
    do throws(Errno) {
      _ = try first.tree.open(first.name, CgroupTree.pathOnly)
    } catch {
      throw first.failure("openat2", error)
    }
    return places
  }
}
