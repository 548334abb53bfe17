import Domain
import Linux
import Ports

/// The making of a container, shared by `create` and `run`.
///
/// Its effects come in the order of the intent record: whatever stops it, the intent tells what there
/// may be, and `Undo` takes it away.
struct Creation {
  private let context: Context
  private let bundle: Bundle
  private let manager: any CgroupManager
  private let request: CgroupRequest
  private let intent: IntentRecord
  private let plan: Plan
  private let filter: CompiledFilter?
  private let rdt: ClassOfService?
  private let waitsForStart: Bool
  /// What the container says to the manager of services goes through it; nil without a manager.
  let relay: (any ReadinessRelay)?
  /// Who gets the first process's pidfd.
  private let descriptorReceiver: String?

  /// Works out all that can be known before anything is made.
  init(_ context: Context, detached: Bool, waitsForStart: Bool) throws(Failure) {
    let id = try context.id()
    Host.becomeUndumpable()
    descriptorReceiver = try context.descriptorReceiver()
    let bundle = try context.readBundle(
      context.invocation.filled(.bundle), context.invocation.filled(.configFile))
    // The specification asks for a process no sooner than at the start.
    if !waitsForStart, bundle.document.process == nil { throw .argument(.missingProcess) }
    let facts = try context.validate(bundle.document)
    let place = Creation.cgroupRequest(id, bundle, context)
    let manager = try context.cgroups(forNew: place.path)
    let location = try Creation.locate(place, manager)
    let rdt = try context.classOfService(of: bundle.document, id)
    let filter = try Creation.compileFilter(bundle, context)
    let process = bundle.document.process ?? ProcessSettings()
    var request = PlanRequest(id: id, bundle: bundle.path)
    request.terminal = try context.terminalReceiver(terminal: process.terminal, detached: detached)
    request.waitsForStart = waitsForStart
    request.avoidsPivot = context.invocation.flag(.noPivot)
    request.newKeyring = !context.invocation.flag(.noNewKeyring)
    let sockets = try context.activationSockets()
    request.preservedDescriptors = sockets + (try context.preservedDescriptors(after: sockets))
    request.seccomp = filter
    request.capabilities = context.resolve(process.capabilities)
    request.cgroup = location
    context.restrict(&request, bundle.document, facts)
    let relay = context.readinessRelay()
    request.noticeDirectory = relay?.place(in: context.store.directory(of: id))
    do throws(PlanError) {
      var document = bundle.document.passingOn(sockets: sockets, names: Host.variable("LISTEN_FDNAMES"))
      if relay != nil { document = document.notifying }
      plan = try context.trace.phase("compile") { [document] () throws(PlanError) in
        try PlanCompiler.compile(document, facts: facts, request: request)
      }
    } catch {
      throw .plan(error)
    }
    do throws(SystemFailure) {
      intent = IntentRecord(
        id: id, bundle: bundle.path, creator: try context.processes.current(), created: Host.now(),
        cgroup: location, rdt: rdt?.location)
    } catch {
      throw .system(error)
    }
    (self.rdt, self.relay) = (rdt, relay)
    (self.context, self.bundle, self.manager) = (context, bundle, manager)
    (self.filter, self.waitsForStart, self.request) = (filter, waitsForStart, place)
  }

  /// Something has to be run once the program has started.
  var hasPoststartHooks: Bool { !bundle.document.hooks.poststart.isEmpty }

  static func cgroupRequest(
    _ id: ContainerID, _ bundle: Bundle, _ context: Context
  ) -> CgroupRequest {
    let path = bundle.document.linux?.cgroupsPath.flatMap { $0.isEmpty ? nil : $0 }
    return CgroupRequest(
      id: id, path: path, rootDigest: context.root.digest, annotations: bundle.document.annotations,
      owner: bundle.document.cgroupOwner)
  }

  static func locate(
    _ request: CgroupRequest, _ manager: any CgroupManager
  ) throws(Failure) -> CgroupLocation {
    do throws(CgroupError) {
      return try manager.locate(request)
    } catch {
      throw .cgroup(error)
    }
  }

  static func compileFilter(
    _ bundle: Bundle, _ context: Context, keeps: Bool = true
  ) throws(Failure) -> CompiledFilter? {
    guard let profile = bundle.document.linux?.seccomp else { return nil }
    let configuration = try context.configuration()
    let folder = configuration.seccompCache ?? context.root.path + "/@seccomp"
    let cache = keeps && configuration.keepsFilters ? folder : nil
    do throws(SeccompError) {
      let filter = try context.composition.seccomp(cache).compile(profile)
      let unknown = filter.warnings.filter { $0.hasBytePrefix(SeccompFilter.unknownCall) }
      if bundle.document.refusesUnknownCalls, !unknown.isEmpty { throw .unknownCalls(unknown) }
      for warning in filter.warnings { context.log.note(.warning, warning) }
      return CompiledFilter(program: filter.program, flags: filter.flags)
    } catch {
      throw .seccomp(error)
    }
  }

  /// Makes the container; when it fails, nothing of it is left, or the error says what is. `beforeStart`
  /// is called when the process exists and has not been told to start.
  func perform(_ beforeStart: () throws(Failure) -> Void = {}) throws(Failure) -> Created {
    let lock: any StateLock
    do throws(StateError) { lock = try context.store.begin(intent) } catch { throw .state(error) }
    var made = Made()
    do throws(Failure) {
      try make(&made, beforeStart)
    } catch {
      try undo(made, after: error)
    }
    guard let run = made.run, let state = made.state else { throw .died(waitStatus: nil) }
    return Created(run: run, lock: lock, intent: intent, state: state)
  }

  /// A container that is there.
  struct Created {
    var run: ProcessRun
    /// Held for the caller.
    let lock: any StateLock
    let intent: IntentRecord
    let state: StateRecord

    /// The container when its process has ended.
    var ended: LoadedContainer {
      let entry = StateEntry(
        intent: intent, state: state, ownsCgroup: true, awaitsStart: false, owner: Host.userID)
      return LoadedContainer(entry: entry, status: .stopped, isAlive: false)
    }
  }

  /// What there is so far.
  private struct Made {
    var run: ProcessRun?
    /// The cgroups that are the container's: what else is at their place is somebody else's.
    var cgroup: CgroupLocation?
    /// The resctrl groups that were made or joined.
    var rdt: RdtLocation?
    /// They are recorded as such.
    var isClaimed = false
    var state: StateRecord?
  }

  private func make(_ made: inout Made, _ beforeStart: () throws(Failure) -> Void) throws(Failure) {
    try context.root.keep()
    let directory = context.store.directory(of: intent.id)
    if let filter { try FilterFile.write(filter, in: directory) }
    if let relay { try context.prepare(relay, in: directory, listening: !waitsForStart) }
    if let rdt { try rdt.claim(&made.rdt) }
    // On cgroup v2 the process is born in its cgroup. Of the many hierarchies of cgroup v1 those that account
    // for what it uses are made while it starts up, and it enters them by its first step; the others follow.
    made.run = try spawn(directory, try makeBirthplace(&made))
    guard var run = made.run else { return }
    if let rdt, let location = made.rdt { try rdt.add(run.process, to: location) }
    try moveNetworkDevices(to: run.process.identity)
    let doors = try makeCgroups(&made, for: run.process.identity.pid)
    do throws(Failure) {
      try beforeStart()
    } catch {
      for door in doors { Host.close(door) }
      throw error
    }
    var staged: (record: StateRecord, state: any StagedState)?
    var state: StateRecord?
    defer { made.state = state }
    let (born, process, claimed) = (run.process, run.process.identity, made.rdt)
    // Limits bind the container's processes, of which there is none before the last milestone; hooks find
    // them in force. The state is written down while the process is busy, too, and shown when it is ready.
    try run.follow(
      doors: doors, agent: context.agent(bundle.document, report(.creating, process.pid)),
      finishCgroups: { () throws(Failure) in try makeRemainingCgroups(&made, for: process.pid) },
      limit: limit, meanwhile: { () throws(Failure) in staged = try stage(process, claimed) }
    ) { milestone throws(Failure) in
      switch milestone {
      case .mounted: try runCreationHooks(process)
      case .limited: break
      case .ready:
        guard let staged else { return }
        do throws(StateError) { try staged.state.publish() } catch { throw .state(error) }
        state = staged.record
        try context.sendDescriptor(of: born, bundle.document, report(.creating, process.pid))
        try context.sendDescriptor(of: born, as: .first, to: descriptorReceiver)
        if !waitsForStart { try runStartHooks(staged.record) }
      }
    }
    made.run = run
  }

  /// Its namespaces are there, and nothing of it has looked at them yet.
  private func moveNetworkDevices(to process: ProcessIdentity) throws(Failure) {
    guard !plan.birth.netDevices.isEmpty else { return }
    do throws(NetworkDeviceError) {
      try context.composition.networkDevices().move(plan.birth.netDevices, to: process)
    } catch {
      throw .networkDevice(error)
    }
  }

  private func makeBirthplace(_ made: inout Made) throws(Failure) -> Int32? {
    let birthplace: Int32?
    do throws(CgroupError) {
      birthplace = try manager.createBirthplace(intent.cgroup)
    } catch {
      throw .cgroup(error)
    }
    guard let birthplace else { return nil }
    made.cgroup = intent.cgroup.birthplace
    try claim(closing: [birthplace])
    made.isClaimed = true
    return birthplace
  }

  /// Makes the cgroups that the process is in before its first step.
  private func makeCgroups(_ made: inout Made, for process: Int32) throws(Failure) -> [Int32] {
    let first = plan.firstLateSlot == nil ? intent.cgroup : intent.cgroup.stages.first
    return try make(first, &made, nowThere: first, process)
  }

  private func makeRemainingCgroups(_ made: inout Made, for process: Int32) throws(Failure) -> [Int32] {
    let later = intent.cgroup.stages.later
    return later.paths.isEmpty ? [] : try make(later, &made, nowThere: intent.cgroup, process)
  }

  private func make(
    _ cgroups: CgroupLocation, _ made: inout Made, nowThere: CgroupLocation, _ process: Int32
  ) throws(Failure) -> [Int32] {
    let doors: [Int32]
    do throws(CgroupError) {
      doors = try manager.create(cgroups, for: process, request)
    } catch {
      // A unit says itself whose it is: what may remain of it is removed with the rest, or told.
      if case .remains = error { made.cgroup = nowThere }
      throw .cgroup(error)
    }
    made.cgroup = nowThere
    // A unit gets the process as it is made.
    if !made.isClaimed, !doors.isEmpty || cgroups.unit != nil {
      try claim(closing: doors)
      made.isClaimed = true
    }
    return doors
  }

  /// From now on processes get into the cgroup, all of them the container's; when that cannot be recorded,
  /// none does.
  private func claim(closing ways: [Int32]) throws(Failure) {
    do throws(StateError) {
      try context.store.claimCgroup(of: intent.id)
    } catch {
      for way in ways { Host.close(way) }
      throw .state(error)
    }
  }

  private func spawn(_ directory: String, _ birthplace: Int32?) throws(Failure) -> ProcessRun {
    defer { if let birthplace { Host.close(birthplace) } }
    do throws(SpawnError) {
      let request = SpawnRequest(plan: plan, cgroup: birthplace, stateDirectory: directory)
      return ProcessRun(try context.composition.spawner().spawn(request), plan, context.trace)
    } catch {
      throw .spawn(error)
    }
  }

  /// The document's limits, with the device rules that follow from it.
  private func limit() throws(Failure) {
    var resources = bundle.document.linux?.resources ?? Resources()
    resources.devices = deviceLimits
    do throws(CgroupError) { try manager.apply(resources, to: intent.cgroup) } catch { throw .cgroup(error) }
  }

  /// A container gets the default devices and what its document names; without a rule that is no more.
  private var deviceLimits: [DeviceRule] {
    let resources = bundle.document.enforcedResources
    return intent.cgroup.driver == .disabled ? resources.devices : resources.enforcedDevices
  }

  private func runCreationHooks(_ process: ProcessIdentity) throws(Failure) {
    let hooks = bundle.document.hooks
    guard !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty || !hooks.createContainer.isEmpty else {
      return
    }
    let state = report(.creating, process.pid)
    let files = bundle.document.hookFiles
    try context.run(hooks.prestart + hooks.createRuntime, state, inside: nil, files)
    let target = HookTarget(process: process, namespaces: ownNamespaces)
    try context.run(hooks.createContainer, state.seenFromInside, inside: target, files)
  }

  /// Without a `start` to come, its hooks are due now: the process has not executed anything yet.
  private func runStartHooks(_ state: StateRecord) throws(Failure) {
    let hooks = state.document.hooks.startContainer
    guard !hooks.isEmpty else { return }
    let report = report(.created, state.initProcess.pid)
    try StartHooks(context: context, state: state).run(hooks, of: report)
  }

  /// The container as hooks are told of it.
  private func report(_ status: Status, _ pid: Int32?) -> ContainerState {
    ContainerState(
      id: intent.id, status: status, pid: pid, bundle: bundle.path, annotations: bundle.document.annotations)
  }

  private var ownNamespaces: NamespaceSet {
    plan.birth.created.union(NamespaceSet(plan.birth.joined.map(\.type)))
  }

  private func stage(
    _ process: ProcessIdentity, _ rdt: RdtLocation?
  ) throws(Failure) -> (StateRecord, any StagedState) {
    let root = bundle.document.root?.path ?? ""
    let record = StateRecord(
      id: intent.id, initProcess: process, created: intent.created, rootless: context.isRootless,
      cgroup: intent.cgroup, namespacePaths: Creation.namespacePaths(process.pid, try context.facts()),
      externalDescriptors: Creation.externalDescriptors, rdt: rdt, bundle: bundle.path,
      rootfs: root.isAbsolutePath ? root.cleanedPath : (bundle.path + "/" + root).cleanedPath,
      namespaces: ownNamespaces, document: bundle.document.snapshot)
    do throws(StateError) { return (record, try context.store.stage(record)) } catch { throw .state(error) }
  }

  private static func namespacePaths(_ pid: Int32, _ facts: Facts) -> [StateRecord.NamespacePath] {
    NamespaceType.allCases.filter { facts.namespaces.contains($0) }.map {
      StateRecord.NamespacePath(type: $0, path: "/proc/\(pid.decimal)/ns/\($0.procName)")
    }
  }

  /// What the standard streams lead to, as CRIU wants to know.
  private static var externalDescriptors: [String] {
    (0..<3).map { number in
      (try? Host.readLink("/proc/self/fd/\(number.decimal)")) ?? "/dev/null"
    }
  }

  private func undo(_ made: Made, after failure: Failure) throws(Failure) {
    made.run?.process.kill()
    let steps = Undo.compile(failed: intent, state: made.state, cgroup: made.cgroup, rdt: made.rdt)
    let remains = context.perform(steps)
    guard remains.isEmpty else { throw .remains(remains, cause: "\(failure)") }
    // The lifecycle of a container that failed ends as that of any other.
    context.runPoststop(report(.stopped, nil), bundle.document)
    throw failure
  }
}

extension Context {
  /// Runs hooks in order; the first failure ends it.
  func run(
    _ hooks: [Hook], _ state: ContainerState, inside target: HookTarget?, _ files: HookFiles
  ) throws(Failure) {
    guard !hooks.isEmpty else { return }
    let runner = composition.hooks()
    let text = String(decoding: state.json.text(), as: UTF8.self)
    for hook in hooks {
      do throws(HookError) {
        try Progress.waiting(for: { "hook \(hook.path)" }, log) { () throws(HookError) in
          try runner.run(hook, state: text, inside: target, files: files)
        }
      } catch {
        throw .hook(error)
      }
    }
  }

  /// `create`: makes a container, whose process waits for `start`.
  func create() throws(Failure) {
    let pidFile = try pidFilePath()
    let creation = try Creation(self, detached: true, waitsForStart: true)
    let created = try creation.perform()
    defer { created.lock.release() }
    try writePidFileOrRemove(pidFile, created.run)
  }

  /// The absolute path of `--pid-file`, to be asked for before the directory changes.
  func pidFilePath() throws(Failure) -> String? {
    guard let path = invocation.filled(.pidFile) else { return nil }
    return try Paths.absolute(path)
  }

  /// Without its pid file nobody takes care of the container.
  func writePidFileOrRemove(_ path: String?, _ run: ProcessRun) throws(Failure) {
    do throws(Failure) {
      try writePidFile(path, run.process.identity.pid)
    } catch {
      try removeAfter(error)
    }
  }

  /// Removes the container of this command because of a failure, which is thrown in the end.
  func removeAfter(_ failure: Failure) throws(Failure) {
    if let container = try find(try id()) {
      let state = container.entry.state
      let steps = Undo.compile(
        container.intent, state: state, ownsCgroup: container.entry.ownsCgroup, creator: nil)
      let remains = perform(steps)
      guard remains.isEmpty else { throw .remains(remains, cause: "\(failure)") }
      if let state { runPoststop(container.report, state.document) }
    }
    throw failure
  }
}
