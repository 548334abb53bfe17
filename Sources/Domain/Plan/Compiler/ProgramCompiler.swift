extension PlanCompiler {
  /// The terminal, once the container's devpts is there and before the root becomes read-only.
  static func addTerminal(
    _ process: ProcessSettings, _ request: PlanRequest, console: Bool, to builder: inout PlanBuilder
  ) throws(PlanError) {
    guard process.terminal else { return }
    let source: SlotSource
    switch request.terminal {
    case .runtime: source = .consolePair
    case .socket(let path): source = .connection(path: path)
    case nil: throw PlanError(Origin.terminal, .noTerminalReceiver)
    }
    let slot = builder.slot(source, Origin.terminal)
    builder.add(.openTerminal(slot, size: process.consoleSize, console: console), Origin.terminal)
  }

  /// The meeting with the parent, and the filter where it needs privileges to be installed.
  static func addPrivileges(
    _ process: ProcessSettings, _ linux: LinuxSettings, _ request: PlanRequest,
    to builder: inout PlanBuilder
  ) throws(PlanError) {
    if process.noNewPrivileges {
      builder.add(.setNoNewPrivileges, Origin.noNewPrivileges)
    }
    try addAttributes(process, linux, to: &builder)
    addRestrictions(request, to: &builder)
    builder.add(.reach(.ready), Origin.builtIn)
    // Before the filter, which may not know `close_range`.
    builder.add(
      .closeDescriptors(preserved: UInt32(clamping: request.preservedDescriptors)), Origin.builtIn)
    if let seccomp = request.seccomp, !process.noNewPrivileges {
      // Without no_new_privs only CAP_SYS_ADMIN may install a filter: before the credentials drop.
      builder.add(.installSeccompFilter(seccomp.program, flags: seccomp.flags), Origin.seccomp)
    }
  }

  /// Credentials, and the program itself.
  static func addProgram(_ process: ProcessSettings, _ request: PlanRequest, to builder: inout PlanBuilder) {
    let environment = Environment(process.env)
    if environment.needsHome {
      builder.add(.findHome(uid: process.user.uid), Origin.env)
    }
    addCredentials(process, request, to: &builder)
    // A document without a process has no program either: `start` is refused, and without it nothing is executed.
    if let name = request.program ?? process.args.first {
      builder.add(.findExecutable(name: name, searchPath: environment.searchPath), Origin.args)
    }
    // The descriptor of a listener goes through the parent, who is gone once the process waits for `start`.
    let late = process.noNewPrivileges ? request.seccomp : nil
    if let late, late.hasListener {
      builder.add(.installSeccompFilter(late.program, flags: late.flags), Origin.seccomp)
    }
    // `start` may come much later: the fifo is waited for with all privileges already gone. What is left of the
    // host goes before the last filter, which need not allow more than `execve`.
    if request.waitsForStart {
      let slot = builder.slot(.execFifo, Origin.builtIn)
      builder.add(.awaitStart(slot), Origin.builtIn)
    } else {
      builder.add(.leaveHost, Origin.builtIn)
    }
    addLandlock(request, to: &builder)
    if let late, !late.hasListener {
      builder.add(.installSeccompFilter(late.program, flags: late.flags), Origin.seccomp)
    }
    builder.add(.execute(arguments: process.args, environment: environment.entries), Origin.args)
  }

  private static func addCredentials(
    _ process: ProcessSettings, _ request: PlanRequest, to builder: inout PlanBuilder
  ) {
    let capabilities = request.capabilities
    // Root may enter a directory that the user may not; what root may not, the user tries again.
    builder.add(.changeDirectory(path: process.cwd, mayRetry: true), Origin.cwd)
    // Dropping from the bounding set needs CAP_SETPCAP, which leaves with the user id.
    builder.add(.limitBoundingSet(capabilities.bounding), Origin.capabilities)
    builder.add(.keepCapabilities(true), Origin.capabilities)
    builder.add(.ownStandardStreams(uid: process.user.uid), Origin.user)
    if !request.keepsGroups {
      builder.add(.setGroups(process.user.additionalGids), Origin.user.appending("additionalGids"))
    }
    builder.add(.setGroupID(process.user.gid), Origin.user.appending("gid"))
    builder.add(.setUserID(process.user.uid), Origin.user.appending("uid"))
    builder.add(.changeDirectory(path: process.cwd, mayRetry: false), Origin.cwd)
    builder.add(.verifyWorkingDirectory, Origin.cwd)
    builder.add(.keepCapabilities(false), Origin.capabilities)
    builder.add(
      .setCapabilities(
        effective: capabilities.effective, permitted: capabilities.permitted,
        inheritable: capabilities.inheritable), Origin.capabilities)
    // The kernel raises only what is permitted and inheritable: for the rest peers warn, and go on.
    let raised = capabilities.ambient.intersection(capabilities.permitted).intersection(
      capabilities.inheritable)
    builder.add(.setAmbientCapabilities(raised), Origin.capabilities)
  }
}
