extension PlanCompiler {
  /// The plan of a further process in a running container.
  ///
  /// `namespaces` are those that the container does not share with the runtime; nothing of the root is
  /// touched, and the container's filter is installed again. `linux` is the container's.
  public static func compileExec(
    _ process: ProcessSettings, _ linux: LinuxSettings, namespaces: NamespaceSet, request: PlanRequest
  ) throws(PlanError) -> Plan {
    var birth = Birth(
      entered: namespaces, limits: try limits(process), oomScoreAdj: process.oomScoreAdj,
      preservedDescriptors: request.preservedDescriptors)
    birth.created = []
    birth.keepsGroups = request.keepsGroups
    if let list = process.execCPUAffinity?.initial {
      birth.initialCPUs = try cpus(
        list, Origin.process.appending("execCPUAffinity").appending("initial"))
    }
    var request = request
    request.waitsForStart = false
    var builder = PlanBuilder()
    builder.add(.joinCgroups, JSONPointer(text: "/linux/cgroupsPath"))
    builder.add(.startSession, Origin.builtIn)
    try addAffinity(process.execCPUAffinity, linux, to: &builder)
    addEntry(process, namespaces, request, to: &builder)
    try addTerminal(process, request, console: false, to: &builder)
    if let umask = process.user.umask {
      builder.add(.setFileModeMask(umask), Origin.user.appending("umask"))
    }
    try addPrivileges(process, linux, request, to: &builder)
    addProgram(process, request, to: &builder)
    return Plan(birth: birth, slots: builder.slots, entries: builder.entries)
  }

  private static func addEntry(
    _ process: ProcessSettings, _ namespaces: NamespaceSet, _ request: PlanRequest,
    to builder: inout PlanBuilder
  ) {
    // The process namespace is entered by birth: `setns` would move only later children.
    let others = namespaces.subtracting(NamespaceSet(.pid))
    if !others.isEmpty {
      let slot = builder.slot(.target, Origin.namespaces)
      builder.add(.enterNamespaces(others, of: slot), Origin.namespaces)
    }
    if namespaces.contains(.user) {
      builder.add(.becomeNamespaceRoot(keepsGroups: request.keepsGroups), Origin.namespaces)
    }
    if request.newKeyring {
      builder.add(
        .joinSessionKeyring(
          name: "_ses." + request.id.text, create: false, userNamespace: namespaces.contains(.user),
          label: process.selinuxLabel ?? ""), Origin.builtIn)
    }
  }
}
