public import Domain

/// Where a container's processes are accounted and limited.
///
/// ## Implementation guidance
/// - `locate` has no effect; the location that it returns is all that any later call, from another
///   process, needs.
/// - `create` refuses a cgroup that already holds processes, and what it makes before it fails it
///   removes again.
/// - `destroy` is idempotent: what is missing is no error. It removes only the location and what is below
///   it, waits with a deadline for dying processes, and never sleeps without an event to wait for.
/// - A location with a holder is the holder's: where another container has taken an empty cgroup over since,
///   `processes`, `killAll` and `destroy` find nothing there. A manager that cannot tell refuses to `create` what is
///   there already.
/// - `isProven` is true only where the kernel, or whoever makes cgroups, says so.
/// - Nothing is remembered between calls.
public protocol CgroupManager: AnyObject {
  /// Computes where a container will be accounted, without touching anything.
  func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation

  /// Makes the cgroup that a process is born in (`CLONE_INTO_CGROUP`), where there is one: a descriptor,
  /// which the caller owns.
  func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32?

  /// Makes the other cgroups, while the process starts up, and opens the way into them: the doors of
  /// `CgroupEntrance`. A location of several hierarchies may come in two parts (`CgroupLocation.stages`), one after
  /// the other.
  ///
  /// Cgroups that cannot be without a process get this one, which waits for its plan and has done nothing
  /// yet; where there are others, it stays where it is.
  func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32]

  /// Opens the way into cgroups that exist, for one more process of their container, whose init process is
  /// this: where the cgroup itself takes none, since it hands controllers down (cgroup v2), into that of the init
  /// process below it.
  func entrance(to location: CgroupLocation, beside process: Int32) throws(CgroupError) -> CgroupEntrance

  /// Moves a process that somebody else started into the cgroups.
  func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError)

  /// Sets limits; what `resources` leaves nil stays as it is. The memory limit is written last.
  func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError)

  /// Works out an update, with what takes it back; limits stay as they are.
  /// - Throws: what shows already now that the update cannot be made.
  func prepare(_ change: ResourceChange, at location: CgroupLocation) throws(CgroupError) -> CgroupUpdate

  /// Makes an update's writes in order, its device rules first. After a failure some may have been made: the
  /// caller calls `restore`.
  func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError)

  /// Sets back what an update, or a part of it, has changed: all that can be, whatever else cannot.
  /// Idempotent; `update` may come from a record, without its writes.
  /// - Throws: `notRestored` with what could not be set back.
  func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError)

  /// All processes of the container, those of sub-cgroups included; none when the cgroup is gone.
  func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32]

  /// Freezes or thaws the container; returns when it is done, or fails after a deadline.
  func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError)

  /// Whether the cgroup itself (not an ancestor) is frozen; false when it is gone.
  func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool

  /// Kills every process in the cgroups, thawing them if need be, forks included.
  func killAll(in location: CgroupLocation) throws(CgroupError)

  /// Whether what is at a location is known to be its holder's, and not just where that would be: then it may be
  /// emptied though no record says that it came to be. False by default.
  func isProven(_ location: CgroupLocation) throws(CgroupError) -> Bool

  /// Removes the cgroups and all below them.
  func destroy(_ location: CgroupLocation) throws(CgroupError)
}

extension CgroupManager {
  public func isProven(_ location: CgroupLocation) throws(CgroupError) -> Bool { false }
}

/// The way into a container's cgroups for a process that is about to be born: descriptors, which the
/// receiver owns.
///
/// On cgroup v1 a process enters by its own act: it alone can be moved without waiting until no thread of
/// the system is being forked, which takes milliseconds.
public struct CgroupEntrance: Equatable, Sendable {
  /// A cgroup v2 directory to be born in (`CLONE_INTO_CGROUP`).
  public var birth: Int32?
  /// Files into which the process writes `0`, its own name, as its first act.
  public var doors: [Int32]

  /// Makes an entrance; without arguments one that leads nowhere.
  public init(birth: Int32? = nil, doors: [Int32] = []) {
    self.birth = birth
    self.doors = doors
  }
}

/// What a manager needs to know to place a container.
public struct CgroupRequest: Equatable, Sendable {
  /// The container.
  public var id: ContainerID
  /// `linux.cgroupsPath`, nil when the document leaves it to the runtime.
  public var path: String?
  /// Set when the state directory is not the default one: told apart containers of the same name.
  public var rootDigest: String?
  /// The document's annotations, some of which speak to the service manager of the host.
  public var annotations: [Annotation]
  /// The user of the host that the cgroup of version 2 is given to; nil leaves it to the caller.
  public var owner: UInt32?

  /// Makes a request.
  public init(
    id: ContainerID, path: String?, rootDigest: String? = nil, annotations: [Annotation] = [],
    owner: UInt32? = nil
  ) {
    self.id = id
    self.path = path
    self.rootDigest = rootDigest
    self.annotations = annotations
    self.owner = owner
  }
}

/// Why a cgroup operation failed.
public indirect enum CgroupError: Error, Equatable, Sendable {
  /// The document's path cannot be used by this manager.
  case invalidPath(String)
  /// The document's path is of the form `slice:prefix:name`, which only the systemd driver understands.
  case systemdPath(String)
  /// The document's path is not of that form, which the systemd driver needs.
  case notUnitPath(String)
  /// The host has no hierarchy with this controller.
  case controllerMissing(String)
  /// A value cannot be expressed, such as a swap limit below the memory limit.
  case invalidValue(file: String, reason: String)
  /// A system call failed.
  case system(SystemFailure)
  /// The cgroup already holds processes.
  case notEmpty(directory: String, processes: Int)
  /// The cgroup was already frozen.
  case unexpectedlyFrozen(directory: String)
  /// Freezing, thawing or dying took longer than the deadline; `processes` are those in the way.
  case timedOut(operation: String, directory: String, processes: [Int32])
  /// An update could not be taken back: these files may hold what it wrote; `devices` for the device rules.
  case notRestored(files: [String])
  /// The manager cannot do this at all.
  case unsupported(operation: String)
  /// A unit was made, could not be used because of the cause, and could not be removed again.
  case remains(unit: String, cause: CgroupError)
  /// The service manager of the host, which was asked to do this to the unit, did not.
  case serviceManager(operation: String, unit: String, ServiceManagerProblem)
}

/// Why a service manager did not do what it was asked for.
public enum ServiceManagerProblem: Error, Equatable, Sendable {
  /// No address is known at which it could be reached.
  case noAddress
  /// An address that cannot be understood.
  case malformedAddress(String)
  /// It cannot be reached, or the connection broke.
  case system(SystemFailure)
  /// It does not take this user for who he is.
  case notAuthenticated(String)
  /// It ended the conversation.
  case disconnected
  /// It did not answer before the deadline.
  case timedOut(milliseconds: Int64)
  /// It said something that makes no sense; where in the message.
  case malformedAnswer(String)
  /// It refused, by an error's name and text.
  case refused(name: String, text: String)
  /// The job that it made of the request ended otherwise than well.
  case jobFailed(result: String)
}
