public import Domain
public import Ports

/// Nobody accounts for containers without cgroups: all is `unsupported`.
public final class DisabledMonitor: ResourceMonitor {
  /// Makes the monitor.
  public init() {}

  public func statistics(
    of location: CgroupLocation, _ selection: StatisticsSelection
  ) throws(CgroupError) -> ResourceStatistics {
    throw .unsupported(operation: "read statistics")
  }

  public func memoryEvents(
    of location: CgroupLocation, _ subject: MemorySubject
  ) throws(CgroupError) -> any MemoryWatch {
    throw .unsupported(operation: "watch memory")
  }
}
