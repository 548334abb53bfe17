import Domain
import Linux
import Ports

extension Context {
  /// `exec`: runs a further process in a container.
  func exec() throws(Failure) -> Int32 {
    Host.becomeUndumpable()
    let pidFile = try pidFilePath()
    let isDetached = invocation.flag(.detach)
    let container = try load(try id())
    guard let state = container.entry.state, mayExec(in: container.status) else {
      throw .container(.execInState(container.status))
    }
    let process = try processSettings(state)
    let plan = try execPlan(process, state, isDetached)
    let entrance = try entrance(to: state.cgroup)
    var run = try spawn(plan, state, entrance)
    var console: (any ForegroundConsole)?
    do throws(Failure) {
      if !isDetached { console = try beginForeground() }
      try run.follow(doors: entrance.doors) { (_: Milestone) throws(Failure) in }
      try writePidFile(pidFile, run.process.identity.pid)
    } catch {
      run.process.kill()
      throw error
    }
    guard let console else { return 0 }
    return try wait(console, run)
  }

  private func mayExec(in status: Status) -> Bool {
    switch status {
    case .running, .created: true
    case .paused: invocation.flag(.ignorePaused)
    case .creating, .stopped: false
    }
  }

  private func execPlan(
    _ process: ProcessSettings, _ state: StateRecord, _ isDetached: Bool
  ) throws(Failure) -> Plan {
    var request = PlanRequest(id: state.id, bundle: state.bundle)
    request.terminal = try terminalReceiver(terminal: process.terminal, detached: isDetached)
    request.preservedDescriptors = try preservedDescriptors()
    request.capabilities = resolve(process.capabilities)
    request.cgroup = state.cgroup
    if state.document.linux?.seccomp != nil {
      request.seccomp = try FilterFile.read(in: store.directory(of: state.id))
    }
    do throws(PlanError) {
      return try PlanCompiler.compileExec(process, namespaces: state.namespaces, request: request)
    } catch {
      throw .plan(error)
    }
  }

  private func entrance(to location: CgroupLocation) throws(Failure) -> CgroupEntrance {
    let manager = try cgroups(for: location)
    do throws(CgroupError) { return try manager.entrance(to: location) } catch { throw .cgroup(error) }
  }

  private func spawn(
    _ plan: Plan, _ state: StateRecord, _ entrance: CgroupEntrance
  ) throws(Failure) -> ProcessRun {
    defer { if let cgroup = entrance.birth { Host.close(cgroup) } }
    do throws(SpawnError) {
      let request = SpawnRequest(
        plan: plan, cgroup: entrance.birth, stateDirectory: store.directory(of: state.id),
        target: state.initProcess)
      return ProcessRun(try composition.spawner().spawn(request), plan)
    } catch {
      throw .spawn(error)
    }
  }
}
