import Domain
import Ports

extension Context {
  /// `delete`: removes a stopped container; a created one, and with `--force` any, is killed first.
  func delete() throws(Failure) {
    try eachContainer { (id) throws(Failure) in try delete(id) }
  }

  private func delete(_ id: ContainerID) throws(Failure) {
    let isForced = invocation.flag(.force)
    let found: LoadedContainer?
    do throws(Failure) {
      found = try find(id)
    } catch {
      guard isForced, case .state(.malformed) = error else { throw error }
      return try deleteUnreadable(id, error)
    }
    guard let seen = found else {
      guard isForced else { throw .state(.missing(id)) }
      // What an interrupted removal left has no record any more.
      do throws(StateError) { try store.remove(id) } catch { throw .state(error) }
      return
    }
    if isForced { try stop(seen) }
    // Whoever took it away since then has done what was asked for, even if there is another one of its name.
    guard let lock = try lock(id, whileCreating: .stillRunning(id, .creating)) else { return }
    defer { lock.release() }
    guard let container = try find(id), container.intent == seen.intent else { return }
    guard isForced || container.mayBeDeleted else {
      throw .container(.stillRunning(id, container.status))
    }
    try remove(container)
  }

  /// Deletes a container whose state is damaged or of a later version: by its intent, which names its cgroups and
  /// whether they are its own. Its document, and with it the hooks that should run now, is not known.
  private func deleteUnreadable(_ id: ContainerID, _ failure: Failure) throws(Failure) {
    log.note(.warning, "\(failure); what was intended is removed, and no hooks are run")
    let seen = try intent(of: id)
    // Who holds the lock may do so for as long as a process of the container runs.
    if seen.ownsCgroup { _ = perform([.emptyCgroup(seen.intent.cgroup.claimed)]) }
    guard let lock = try lock(id, whileCreating: .stillRunning(id, .creating)) else { return }
    defer { lock.release() }
    let entry = try intent(of: id)
    // There was a state: the creation is over, and its creator may have other things to do.
    let steps = Undo.compile(entry.intent, state: nil, ownsCgroup: entry.ownsCgroup, creator: nil)
    let remains = perform(steps)
    guard remains.isEmpty else { throw .remains(remains, cause: "") }
  }

  private func intent(of id: ContainerID) throws(Failure) -> StateEntry {
    do throws(StateError) { return try store.loadIntent(id) } catch { throw .state(error) }
  }

  /// Removes a container that is locked, whatever runs in it.
  func remove(_ container: LoadedContainer) throws(Failure) {
    let state = container.entry.state
    let steps = Undo.compile(
      container.intent, state: state, ownsCgroup: container.entry.ownsCgroup,
      creator: container.intent.creator, hasEnded: container.hasEnded)
    let remains = perform(steps)
    guard remains.isEmpty else { throw .remains(remains, cause: "") }
    if let state { runPoststop(container.report, state.document) }
  }

  /// Kills what would keep the lock from being had: a creator holds it for as long as it lives, a command
  /// that runs a hook of `startContainer` for as long as the hook, a process of the container, does.
  private func stop(_ container: LoadedContainer) throws(Failure) {
    guard let state = container.entry.state else { return try stopCreator(of: container) }
    guard container.isAlive else { return }
    // What cannot be done now is tried again, and reported, under the lock.
    _ = perform([.emptyCgroup(state.cgroup), .stopInit(state.initProcess)])
  }

  private func stopCreator(of container: LoadedContainer) throws(Failure) {
    do throws(SystemFailure) {
      guard try processes.current() != container.intent.creator else { return }
    } catch {
      throw .system(error)
    }
    try stop(container.intent.creator)
  }
}

extension LoadedContainer {
  /// The first process of a process namespace of its own takes all others along.
  var hasEnded: Bool {
    guard let state = entry.state, !isAlive, let linux = state.document.linux else { return false }
    return linux.namespaces.contains { $0.type == .pid && ($0.path ?? "").isEmpty }
  }

  /// Stopped, created and not started, or left behind by a creator that died (it no longer holds the
  /// lock).
  var mayBeDeleted: Bool {
    status == .stopped || status == .created || status == .creating
  }
}
