public import Domain
public import Ports

/// Keeps records in memory. A lock that is held makes a second one fail instead of wait.
public final class InMemoryStateStore: StateStore {
  /// The entries by id.
  public private(set) var entries: [ContainerID: StateEntry] = [:]
  /// What was called, in order.
  public private(set) var calls: [String] = []
  /// Fails the next `remove`.
  public var failsToRemove = false

  private let files: String

  /// Makes an empty store; `files` is where the directories of its containers would be.
  public init(files: String = "/nonexistent") {
    self.files = files
  }

  public func begin(_ intent: IntentRecord) throws(StateError) -> any StateLock {
    calls.append("begin")
    guard entries[intent.id] == nil else { throw .exists(intent.id) }
    entries[intent.id] = StateEntry(intent: intent, state: nil, awaitsStart: true, owner: 0)
    return InMemoryLock()
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
    guard entries[id] != nil else { throw .missing(id) }
    return InMemoryLock()
  }

  public func remove(_ id: ContainerID) throws(StateError) {
    calls.append("remove")
    guard !failsToRemove else {
      throw .system(SystemFailure(call: "unlinkat", subject: id.text, errno: .ioError))
    }
    entries[id] = nil
  }

  public func directory(of id: ContainerID) -> String {
    files + "/" + id.text
  }

  /// The container is started: nobody waits at its fifo.
  public func markStarted(_ id: ContainerID) {
    entries[id]?.awaitsStart = false
  }
}

/// A lock that nobody contends for.
private final class InMemoryLock: StateLock {
  func release() {}
}
