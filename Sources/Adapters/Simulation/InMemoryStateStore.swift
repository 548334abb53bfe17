public import Domain
public import Ports

/// Keeps records in memory. A lock that is held makes a second one fail instead of wait.
public final class InMemoryStateStore: StateStore {
  /// The entries by id.
  public private(set) var entries: [ContainerID: StateEntry] = [:]
  /// What was called, in order.
  public private(set) var calls: [String] = []
  /// Called when a lock is asked for.
  public var whenLocked: (() -> Void)?
  /// Fails the next `remove`.
  public var failsToRemove = false
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
    return hold(intent.id)
  }

  public func claimCgroup(of id: ContainerID) throws(StateError) {
    calls.append("claim")
    guard !failsToClaim else {
      throw .system(SystemFailure(call: "renameat2", subject: id.text, errno: .ioError))
    }
    guard entries[id] != nil else { throw .missing(id) }
    entries[id]?.ownsCgroup = true
  }

  public func save(_ record: StateRecord) throws(StateError) {
    calls.append("save")
    guard entries[record.id] != nil else { throw .missing(record.id) }
    entries[record.id]?.state = record
  }

  public func load(_ id: ContainerID) throws(StateError) -> StateEntry {
    guard let entry = entries[id] else { throw .missing(id) }
    return entry
  }

  public func identifiers() throws(StateError) -> [ContainerID] {
    Array(entries.keys)
  }

  public func lock(_ id: ContainerID) throws(StateError) -> any StateLock {
    whenLocked?()
    guard entries[id] != nil else { throw .missing(id) }
    guard holders[id] == nil else {
      throw .system(SystemFailure(call: "flock", subject: id.text, errno: .again))
    }
    return hold(id)
  }

  private func hold(_ id: ContainerID) -> InMemoryLock {
    locks += 1
    let number = locks
    holders[id] = number
    return InMemoryLock { [weak self] in
      if self?.holders[id] == number { self?.holders[id] = nil }
    }
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
  private var giveBack: (() -> Void)?

  init(_ giveBack: @escaping () -> Void) {
    self.giveBack = giveBack
  }

  deinit {
    release()
  }

  func release() {
    giveBack?()
    giveBack = nil
  }
}
