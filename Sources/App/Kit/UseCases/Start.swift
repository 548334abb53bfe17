import Domain
import Ports

extension Context {
  /// `start`: lets the process of a created container execute its program.
  func start() throws(Failure) {
    let id = try id()
    guard let lock = try lock(id, whileCreating: .startInState(.creating)) else { throw .state(.missing(id)) }
    defer { lock.release() }
    let container = try load(id)
    guard container.status == .created, let state = container.entry.state else {
      throw .container(.startInState(container.status))
    }
    guard state.document.process != nil else { throw .argument(.missingProcess) }
    try runStartHooks(state, container)
    let relay = try listenForReadiness(of: id)
    do throws(StartError) {
      try composition.gate().open(directory: store.directory(of: id), for: state.initProcess)
    } catch {
      throw .start(error)
    }
    // The container runs: whoever wants to kill or delete it need not wait for these hooks.
    lock.release()
    try runPoststart(state, id)
    awaitReadiness(relay, of: state.initProcess)
  }

  /// Hooks of `startContainer` run with the container's credentials in its namespaces, before its
  /// program does.
  private func runStartHooks(_ state: StateRecord, _ container: LoadedContainer) throws(Failure) {
    guard !state.document.hooks.startContainer.isEmpty else { return }
    do throws(Failure) {
      try StartHooks(context: self, state: state).run(
        state.document.hooks.startContainer, of: container.report)
    } catch {
      // The container cannot run any more as its document asks.
      try stop(state.initProcess)
      throw error
    }
  }

  private func runPoststart(_ state: StateRecord, _ id: ContainerID) throws(Failure) {
    guard !state.document.hooks.poststart.isEmpty else { return }
    do throws(Failure) {
      let (hooks, files) = (state.document.hooks.poststart, state.document.hookFiles)
      try run(hooks, try load(id).report, inside: nil, files)
    } catch {
      try stop(state.initProcess)
      throw error
    }
  }
}
