public import Domain

/// Gives a container's processes their share of caches and memory bandwidth, and counts what they use.
///
/// ## Implementation guidance
/// - `locate` has no effect; the location that it returns, and later the one that `claim` returns, is all that
///   any later call, from another process, needs.
/// - `claim` makes what the location calls new, exclusively, and what it makes before it fails it removes again.
/// - `destroy` is idempotent: what is missing is no error. It removes what is provably the container's (see
///   `RdtLocation.identity`), or, where nothing is proven yet, what was to be made for it and nobody uses. It
///   never removes a shared class that a container got, nor the default one.
/// - A refusal tells what the host said, as far as it said anything.
/// - Nothing is remembered between calls.
public protocol IntelRdtManager: AnyObject {
  /// Finds out where a container's processes will belong: refuses names that cannot be, classes that are not
  /// there and have to be or are there and may not be, and schemata that this host cannot express.
  func locate(_ group: RdtGroup) throws(RdtError) -> RdtLocation

  /// Makes the class with its schemata, or makes sure that one that exists has them, and makes the monitoring
  /// group. The result has the identities of what was made.
  func claim(_ location: RdtLocation, _ schemata: RdtSchemata) throws(RdtError) -> RdtLocation

  /// Puts a process into the class, and into the monitoring group; its children follow by birth.
  func add(_ pid: Int32, to location: RdtLocation) throws(RdtError)

  /// Changes the class's schemata: what is not named stays as it is. Returns what it was, of the domains that
  /// are named: to apply that undoes the change.
  func apply(_ schemata: RdtSchemata, to location: RdtLocation) throws(RdtError) -> RdtSchemata

  /// What the container uses and may use.
  func statistics(of location: RdtLocation) throws(RdtError) -> RdtStatistics

  /// Removes what is the container's. Processes in it fall back to the default class, or to the class of the
  /// monitoring group.
  func destroy(_ location: RdtLocation) throws(RdtError) -> RdtRemoval
}

/// What became of a removal.
public enum RdtRemoval: Equatable, Sendable {
  /// Nothing of the container is left.
  case done
  /// A class or a monitoring group stays: nothing shows that it is the container's, and processes are in it.
  case leftAlone(group: String, processes: Int)
}

/// Why a class of service could not be had.
public indirect enum RdtError: Error, Equatable, Sendable {
  /// The host's configuration does not allow containers to have classes.
  case disabled
  /// The default class is the host's: its share is not changed for a container.
  case hostClass
  /// It is not a resctrl file system.
  case notResctrl(path: String)
  /// No class or monitoring group can have this name.
  case invalidName(String)
  /// The document names a class, and nothing to make it of.
  case missing(group: String)
  /// There is a class, or a monitoring group, where one of the container's own was to be made.
  case exists(group: String)
  /// The class has another share than the document wants.
  case mismatch(group: String, wanted: RdtSchemata.Entry, found: String?)
  /// The schemata cannot be expressed on this host.
  case schema(RdtSchemaProblem)
  /// The class holds a locked part of a cache, and no processes.
  case pseudoLocked(group: String)
  /// The hardware has no more classes or counters. `status` is what the kernel says to it.
  case exhausted(group: String, status: String)
  /// This host counts nothing.
  case noMonitoring
  /// The class or monitoring group of the container is gone: it was removed, or made anew by somebody else.
  case gone(group: String)
  /// The kernel refused; `status` is what it says to it, and may be empty.
  case refused(group: String, status: String, SystemFailure)
  /// A class was made, could not be used because of the cause, and could not be removed again.
  case remains(group: String, cause: RdtError)
  /// Another program keeps the lock on the file system for longer than it was waited for.
  case locked(path: String, milliseconds: Int64)
  /// A system call failed.
  case system(SystemFailure)
}
