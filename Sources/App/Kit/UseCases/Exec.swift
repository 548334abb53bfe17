import Domain
import Linux
import Ports

extension Context {
  /// `exec`: runs a further process in a container.
  func exec() throws(Failure) -> Int32 {
    Host.becomeUndumpable()
    let pidFile = try pidFilePath()
    let descriptorReceiver = try descriptorReceiver()
    let isDetached = invocation.flag(.detach)
    let container = try loadForExec(try id())
    guard let state = container.entry.state, mayExec(in: container.status) else {
      throw .container(.execInState(container.status))
    }
    let process = try processSettings(state)
    let receiver = try terminalReceiver(terminal: process.terminal, detached: isDetached)
    let preserved = try preservedDescriptors()
    var console: (any ForegroundConsole)?
    var run: ProcessRun
    do throws(Failure) {
      let plan = try execPlan(process, state, receiver, preserved: preserved)
      run = try enter(plan, state, descriptorReceiver) { () throws(Failure) in
        if !isDetached { console = try beginForeground() }
      }
    } catch {
      // A container that ends meanwhile fails in many ways, none of which says what it was.
      guard hasEnded(state, since: error) else { throw error }
      log.note(.debug, "\(error)")
      throw .container(.execInState(.stopped))
    }
    do throws(Failure) {
      try writePidFile(pidFile, run.process.identity.pid)
    } catch {
      run.abandon()
      throw error
    }
    guard let console else { return 0 }
    return try wait(console, run)
  }

  /// Looks without the lock: any number of processes may be on their way into a container at once.
  private func loadForExec(_ id: ContainerID) throws(Failure) -> LoadedContainer {
    let container = try load(id)
    guard container.isHeldByUpdate, let lock = try lock(id, whileCreating: .execInState(.creating)) else {
      return container
    }
    defer { lock.release() }
    return try loadThawed(id)
  }

  /// Whether the container's end may be what a failure came from. It can be on its way still: the kernel ends
  /// the processes of a container one after the other.
  private func hasEnded(_ state: StateRecord, since failure: Failure) -> Bool {
    switch failure {
    case .died, .spawn, .cgroup:
      (try? processes.waitUntilGone(state.initProcess, milliseconds: 100)) == true
    default: !processes.isAlive(state.initProcess)
    }
  }

  /// Runs a plan in a container, up to the execution of its program.
  private func enter(
    _ plan: Plan, _ state: StateRecord, _ descriptorReceiver: String?,
    _ beforeStart: () throws(Failure) -> Void
  ) throws(Failure) -> ProcessRun {
    var entrance = try entrance(to: state)
    var run: ProcessRun
    do throws(Failure) {
      run = try spawn(plan, state, entrance)
    } catch {
      // The container has made cgroups of its own since it was looked at.
      guard error.isOccupiedBirthplace else { throw error }
      entrance = try self.entrance(to: state)
      run = try spawn(plan, state, entrance)
    }
    do throws(Failure) {
      try beforeStart()
    } catch {
      run.process.kill()
      for door in entrance.doors { Host.close(door) }
      throw error
    }
    let born = run.process
    do throws(Failure) {
      try run.follow(doors: entrance.doors, agent: agent(state)) { milestone throws(Failure) in
        if milestone == .ready { try sendDescriptor(of: born, as: .further, to: descriptorReceiver) }
      }
      return run
    } catch {
      run.process.kill()
      throw error
    }
  }

  /// The way into the container's cgroups, or those below that `--cgroup` names.
  func entrance(to state: StateRecord) throws(Failure) -> CgroupEntrance {
    let location = try subCgroups(of: state)
    let manager = try cgroups(for: location)
    do throws(CgroupError) {
      return try manager.entrance(to: location, beside: state.initProcess.pid)
    } catch {
      throw .cgroup(error)
    }
  }

  private func subCgroups(of state: StateRecord) throws(Failure) -> CgroupLocation {
    let places = invocation.list(.cgroup)
    guard places.isEmpty || state.cgroup.driver != .disabled else {
      throw .argument(.unsupported("--cgroup of a container without cgroups"))
    }
    do throws(SubCgroup.Problem) {
      return try state.cgroup.below(places.map { SubCgroup($0) })
    } catch {
      throw .argument(.subCgroup(error))
    }
  }

  private func mayExec(in status: Status) -> Bool {
    switch status {
    case .running, .created: true
    case .paused: invocation.flag(.ignorePaused)
    case .creating, .stopped: false
    }
  }

  /// The plan of a further process of a container.
  func execPlan(
    _ process: ProcessSettings, _ state: StateRecord, _ receiver: TerminalReceiver? = nil,
    preserved: Int = 0, program: String? = nil
  ) throws(Failure) -> Plan {
    var request = PlanRequest(id: state.id, bundle: state.bundle)
    request.program = program
    request.terminal = receiver
    request.preservedDescriptors = preserved
    request.capabilities = resolve(process.capabilities)
    request.cgroup = state.cgroup
    if state.document.linux?.seccomp != nil {
      request.seccomp = try FilterFile.read(in: store.directory(of: state.id))
    }
    try restrict(&request, process, state)
    do throws(PlanError) {
      return try PlanCompiler.compileExec(
        process, state.document.linux ?? LinuxSettings(), namespaces: state.namespaces, request: request)
    } catch {
      throw .plan(error)
    }
  }

  /// Gives birth to a further process of a container. On failure the entrance is closed; else its doors are the
  /// caller's to deliver.
  func spawn(
    _ plan: Plan, _ state: StateRecord, _ entrance: CgroupEntrance, _ streams: StandardStreams? = nil
  ) throws(Failure) -> ProcessRun {
    defer { if let cgroup = entrance.birth { Host.close(cgroup) } }
    do throws(Failure) {
      let run = try give(birth: entrance.birth, plan, state, streams)
      do throws(Failure) {
        if let location = state.rdt { try add(run.process, to: location) }
      } catch {
        run.process.kill()
        throw error
      }
      return run
    } catch {
      // A process that has its plan takes them over.
      for door in entrance.doors { Host.close(door) }
      throw error
    }
  }

  private func give(
    birth: Int32?, _ plan: Plan, _ state: StateRecord, _ streams: StandardStreams?
  ) throws(Failure) -> ProcessRun {
    do throws(SpawnError) {
      let request = SpawnRequest(
        plan: plan, cgroup: birth, stateDirectory: store.directory(of: state.id),
        target: state.initProcess, standardStreams: streams)
      return ProcessRun(try composition.spawner().spawn(request), plan, trace)
    } catch {
      throw .spawn(error)
    }
  }
}

extension Failure {
  /// A cgroup refused a birth because of those below it.
  fileprivate var isOccupiedBirthplace: Bool {
    guard case .spawn(.system(let failure)) = self else { return false }
    return failure.call == "clone3" && failure.errno == .busy
  }
}
