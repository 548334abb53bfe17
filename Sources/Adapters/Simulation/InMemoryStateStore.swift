public import Domain
public import Ports

/// Keeps records in memory. A lock that is held makes a second one fail instead of wait, and every creator lives.
public final class InMemoryStateStore: StateStore {
  /// The entries by id.
  public private(set) var entries: [ContainerID: StateEntry] = [:]
  /// What was called, in order.
  public private(set) var calls: [String] = []
  /// Called when a lock is asked for.
  public var whenLocked: (() -> Void)?
  /// Fails the next `remove`.
  public var failsToRemove = false
  /// Fails one publication, after so many others.
  public var publicationsUntilFailure: Int?
  /// Containers whose state cannot be read.
  public var unreadable: Set<ContainerID> = []
  /// Fails the next `claimCgroup`.
  public var failsToClaim = false

  private let files: String
  /// Which lock holds a container.
  private var holders: [ContainerID: Int] = [:]
  private var locks = 0

  /// Makes an empty store; `files` is where the directories of its containers would be.
  public init(files: String = "/nonexistent") {
    self.files = files
  }

  public func begin(_ intent: IntentRecord) throws(StateError) -> any StateLock {
    calls.append("begin")
    guard entries[intent.id] == nil else { throw .exists(intent.id) }
    entries[intent.id] = StateEntry(
      intent: intent, state: nil, ownsCgroup: false, awaitsStart: true, owner: 0)
    return hold(intent)
  }

  public func claimCgroup(of id: ContainerID) throws(StateError) {
    calls.append("claim")
    guard !failsToClaim else {
      throw .system(SystemFailure(call: "renameat2", subject: id.text, errno: .ioError))
    }
    guard entries[id] != nil else { throw .missing(id) }
    entries[id]?.ownsCgroup = true
  }

  public func stage(_ record: StateRecord) throws(StateError) -> any StagedState {
    calls.append("stage")
    guard entries[record.id] != nil else { throw .missing(record.id) }
    return InMemoryStagedState(store: self, record: record)
  }

  fileprivate func publish(_ record: StateRecord) throws(StateError) {
    calls.append("publish")
    if let left = publicationsUntilFailure {
      publicationsUntilFailure = left == 0 ? nil : left - 1
      guard left > 0 else {
        throw .system(SystemFailure(call: "renameat", subject: record.id.text, errno: .ioError))
      }
    }
    guard entries[record.id] != nil else { throw .missing(record.id) }
    entries[record.id]?.state = record
  }

  public func load(_ id: ContainerID) throws(StateError) -> StateEntry {
    guard let entry = entries[id] else { throw .missing(id) }
    guard !unreadable.contains(id) else {
      throw .malformed(path: directory(of: id) + "/state.json", reason: "of another version")
    }
    return entry
  }

  public func loadIntent(_ id: ContainerID) throws(StateError) -> StateEntry {
    guard var entry = entries[id] else { throw .missing(id) }
    entry.state = nil
    return entry
  }

  public func identifiers() throws(StateError) -> [ContainerID] {
    Array(entries.keys)
  }

  public func lock(_ id: ContainerID) throws(StateError) -> any StateLock {
    whenLocked?()
    guard let entry = entries[id] else { throw .missing(id) }
    guard holders[id] == nil else {
      throw entry.state == nil ? .beingCreated(id) : .busy(id, milliseconds: 0)
    }
    return hold(entry.intent)
  }

  private func hold(_ intent: IntentRecord) -> InMemoryLock {
    let lock = InMemoryLock(self, intent)
    lock.hold()
    return lock
  }

  /// A number that tells this holder from those before and after it.
  fileprivate func hold(_ id: ContainerID) -> Int {
    locks += 1
    holders[id] = locks
    return locks
  }

  fileprivate func giveBack(_ id: ContainerID, _ number: Int) {
    if holders[id] == number { holders[id] = nil }
  }

  public func remove(_ id: ContainerID) throws(StateError) {
    calls.append("remove")
    guard !failsToRemove else {
      throw .system(SystemFailure(call: "unlinkat", subject: id.text, errno: .ioError))
    }
    entries[id] = nil
    // A lock of what is gone holds nothing.
    holders[id] = nil
  }

  public func directory(of id: ContainerID) -> String {
    files + "/" + id.text
  }

  /// The container is started: nobody waits at its fifo.
  public func markStarted(_ id: ContainerID) {
    entries[id]?.awaitsStart = false
  }
}

/// A lock, given back once.
private final class InMemoryLock: StateLock {
  private let store: InMemoryStateStore
  private let intent: IntentRecord
  private var number: Int?

  init(_ store: InMemoryStateStore, _ intent: IntentRecord) {
    self.store = store
    self.intent = intent
  }

  deinit {
    release()
  }

  func hold() {
    number = store.hold(intent.id)
  }

  func release() {
    if let number { store.giveBack(intent.id, number) }
    number = nil
  }

  func reacquire() throws(StateError) -> Bool {
    guard store.entries[intent.id]?.intent == intent else { return false }
    hold()
    return true
  }
}

private final class InMemoryStagedState: StagedState {
  private let store: InMemoryStateStore
  private let record: StateRecord

  init(store: InMemoryStateStore, record: StateRecord) {
    self.store = store
    self.record = record
  }

  func publish() throws(StateError) { try store.publish(record) }
}
