public import Domain

/// Keeps the records of containers.
///
/// ## Implementation guidance
/// - `begin` is exclusive: of many that begin one id, one wins, and the others get `exists`.
/// - A reader sees an old record or a new one, never half of one, and never waits for a lock.
/// - `remove` is idempotent.
public protocol StateStore: AnyObject {
  /// Claims an id: the record of the intent is in place, and the container is locked for the caller.
  func begin(_ intent: IntentRecord) throws(StateError) -> any StateLock

  /// Records, atomically, that the cgroup of a container that was begun is its own: it was made for it, or
  /// found unused. It is called once, by who began it, before the first process is let in.
  func claimCgroup(of id: ContainerID) throws(StateError)

  /// Writes the state of a container down without showing it to readers yet.
  func stage(_ record: StateRecord) throws(StateError) -> any StagedState

  /// Reads a container's entry.
  func load(_ id: ContainerID) throws(StateError) -> StateEntry

  /// Reads a container's entry as it was before it had a state: for one whose state cannot be read.
  func loadIntent(_ id: ContainerID) throws(StateError) -> StateEntry

  /// The ids that have an entry, in no order.
  func identifiers() throws(StateError) -> [ContainerID]

  /// Locks a container for a transition; waits for another holder, but not for ever. One whose creator lives and
  /// holds it is `beingCreated` at once: a creation takes as long as its hooks do.
  func lock(_ id: ContainerID) throws(StateError) -> any StateLock

  /// Removes a container's entry.
  func remove(_ id: ContainerID) throws(StateError)

  /// A container's directory for what is no record: exec fifo, notify socket, finished filters.
  func directory(of id: ContainerID) -> String
}

extension StateStore {
  /// Saves the state of a container, atomically.
  public func save(_ record: StateRecord) throws(StateError) {
    try stage(record).publish()
  }
}

/// A state that is written down.
public protocol StagedState: AnyObject {
  /// Makes it the container's state, atomically and at once: what may fail for long has been done.
  func publish() throws(StateError)
}

/// A lock on a container, held until it is released or the object is gone.
public protocol StateLock: AnyObject {
  /// Gives the lock back. Idempotent.
  func release()

  /// Takes a lock that was given back again; waits for another holder, but not for ever. False when the container was removed
  /// since then, even if there is another one of its name.
  func reacquire() throws(StateError) -> Bool
}

/// What the store knows of a container.
public struct StateEntry: Equatable, Sendable {
  /// The intent with which it was begun.
  public var intent: IntentRecord
  /// The state, once it is created.
  public var state: StateRecord?
  /// The creation claimed its cgroup: without this, and without a state, what runs there is somebody
  /// else's.
  public var ownsCgroup: Bool
  /// The exec fifo is there: nobody has called `start`.
  public var awaitsStart: Bool
  /// The user id that owns the entry.
  public var owner: UInt32

  /// Makes an entry.
  public init(
    intent: IntentRecord, state: StateRecord?, ownsCgroup: Bool, awaitsStart: Bool, owner: UInt32
  ) {
    self.intent = intent
    self.state = state
    self.ownsCgroup = ownsCgroup
    self.awaitsStart = awaitsStart
    self.owner = owner
  }
}

/// Why the store failed.
public enum StateError: Error, Equatable, Sendable {
  /// The id is taken.
  case exists(ContainerID)
  /// There is no such container.
  case missing(ContainerID)
  /// It is being created, and its creator lives.
  case beingCreated(ContainerID)
  /// Somebody else held the container's lock for so many milliseconds.
  case busy(ContainerID, milliseconds: Int64)
  /// A record cannot be read: not JSON, not a record, or of a later version.
  case malformed(path: String, reason: String)
  /// A system call failed.
  case system(SystemFailure)
}
