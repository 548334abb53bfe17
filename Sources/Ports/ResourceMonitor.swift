public import Domain

/// Looks at what a container uses, and at what its limits lead to. It changes nothing.
///
/// ## Implementation guidance
/// - A location is all that is needed; nothing is remembered between calls.
/// - A location that is gone, or never was, is an error of both calls; what the kernel does not account for reads
///   as 0.
/// - Whatever the files hold, reading them never traps.
public protocol ResourceMonitor: AnyObject {
  /// Reads statistics, at one moment as far as the kernel allows.
  func statistics(
    of location: CgroupLocation, _ selection: StatisticsSelection
  ) throws(CgroupError) -> ResourceStatistics

  /// Begins to watch: what happens from here on is told.
  func memoryEvents(
    of location: CgroupLocation, _ subject: MemorySubject
  ) throws(CgroupError) -> any MemoryWatch
}

/// What a watch on memory tells of.
public enum MemorySubject: Equatable, Sendable {
  /// What the limits led to: `low`, `high`, `max`, `oom`, `oomKill`, `oomGroupKill`; of those cgroup v1 counts `oom`
  /// and `oomKill`.
  case limits
  /// Want of memory: `pressure`.
  case pressure(MemoryPressure)
}

/// A watch on memory: a descriptor to wait for, and what happened.
///
/// ## Implementation guidance
/// - Every event is told once, and none is lost: the differences of all calls add up to what the kernel counts from
///   the begin of the watch.
/// - `take` does not wait.
public protocol MemoryWatch: AnyObject {
  /// Readable when there is something to take, or to look at. Borrowed: valid while this object lives.
  var descriptor: Int32 { get }

  /// What has happened since the last call; nil once the cgroup is gone and nothing will happen any more.
  ///
  /// It may be called at any time on a watch on limits; one on pressure is called when its descriptor is ready, and
  /// counts each call as a notification.
  func take() throws(CgroupError) -> MemoryEvents?
}
