import Domain
import Ports

extension Context {
  /// `kill`: signals the init process, or all processes of the container.
  func kill() throws(Failure) {
    let given = invocation.operands.count > 1 ? invocation.operands[1] : ""
    let text = given.isEmpty ? "SIGTERM" : given
    try eachContainer { (id) throws(Failure) in try kill(id, text) }
  }

  private func kill(_ id: ContainerID, _ text: String) throws(Failure) {
    let container = try load(id)
    guard let signal = Signal(text) else { throw .argument(.signal(text)) }
    guard let state = container.entry.state else { throw .container(.notRunning) }
    let sharesProcesses = !state.namespaces.contains(.pid)
    if state.cgroup.driver == .disabled {
      // Without a cgroup the container's other processes are not known.
      try signalInit(state, container, signal)
    } else if signal == .kill, sharesProcesses || invocation.flag(.all) {
      try killAll(state, container)
    } else if invocation.flag(.all) {
      try signalAll(state, signal)
    } else {
      try signalInit(state, container, signal)
    }
  }

  private func signalInit(
    _ state: StateRecord, _ container: LoadedContainer, _ signal: Signal
  ) throws(Failure) {
    guard container.isAlive else { throw .container(.notRunning) }
    do throws(SystemFailure) {
      try processes.signal(state.initProcess, signal.rawValue)
    } catch {
      guard error.errno == .noSuchProcess else { throw .system(error) }
      // It was alive when this command began, and has ended: so was it asked.
      return
    }
    guard signal == .kill, container.status == .paused else { return }
    // A frozen process of cgroup v1 does not die before it is thawed.
    let manager = try cgroups(for: state.cgroup)
    do throws(CgroupError) { try manager.setFrozen(false, state.cgroup) } catch { throw .cgroup(error) }
  }

  private func killAll(_ state: StateRecord, _ container: LoadedContainer) throws(Failure) {
    let manager = try cgroups(for: state.cgroup)
    let isEmpty: Bool
    do throws(CgroupError) {
      let pids = try manager.processes(in: state.cgroup)
      isEmpty = pids.isEmpty && !container.isAlive
      if !isEmpty { try manager.killAll(in: state.cgroup) }
    } catch {
      throw .cgroup(error)
    }
    guard !isEmpty || invocation.flag(.all) else { throw .container(.notRunning) }
  }

  private func signalAll(_ state: StateRecord, _ signal: Signal) throws(Failure) {
    let manager = try cgroups(for: state.cgroup)
    var failure: CgroupError?
    let list = { () -> [Int32]? in
      do throws(CgroupError) {
        return try manager.processes(in: state.cgroup)
      } catch {
        failure = error
        return nil
      }
    }
    do throws(SystemFailure) {
      if let pids = list() { try processes.signal(pids: pids, signal.rawValue, listed: list) }
    } catch {
      throw .system(error)
    }
    if let failure { throw .cgroup(failure) }
  }
}
