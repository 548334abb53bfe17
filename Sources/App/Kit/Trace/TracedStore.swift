import Domain
import Ports

/// A store whose calls are noted.
final class TracedStore: StateStore {
  private let base: any StateStore
  private let trace: Trace

  init(_ base: any StateStore, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  private func noted<Value>(
    _ name: StaticString, _ body: (any StateStore) throws(StateError) -> Value
  ) throws(StateError) -> Value {
    try trace.call(name) { () throws(StateError) in try body(base) }
  }

  func begin(_ intent: IntentRecord) throws(StateError) -> any StateLock {
    try noted("StateStore.begin") { (base) throws(StateError) in try base.begin(intent) }
  }

  func claimCgroup(of id: ContainerID) throws(StateError) {
    try noted("StateStore.claimCgroup") { (base) throws(StateError) in try base.claimCgroup(of: id) }
  }

  func stage(_ record: StateRecord) throws(StateError) -> any StagedState {
    let staged = try noted("StateStore.stage") { (base) throws(StateError) in try base.stage(record) }
    return TracedState(staged, trace)
  }

  func load(_ id: ContainerID) throws(StateError) -> StateEntry {
    try noted("StateStore.load") { (base) throws(StateError) in try base.load(id) }
  }

  func loadIntent(_ id: ContainerID) throws(StateError) -> StateEntry { try base.loadIntent(id) }

  func identifiers() throws(StateError) -> [ContainerID] { try base.identifiers() }

  func lock(_ id: ContainerID) throws(StateError) -> any StateLock {
    try noted("StateStore.lock") { (base) throws(StateError) in try base.lock(id) }
  }

  func remove(_ id: ContainerID) throws(StateError) {
    try noted("StateStore.remove") { (base) throws(StateError) in try base.remove(id) }
  }

  func directory(of id: ContainerID) -> String { base.directory(of: id) }
}

/// A state that is written down, the publication of which is noted.
private final class TracedState: StagedState {
  private let base: any StagedState
  private let trace: Trace

  init(_ base: any StagedState, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  func publish() throws(StateError) {
    try trace.call("StagedState.publish") { () throws(StateError) in try base.publish() }
  }
}
