/// Compiles a document into the steps that its process goes through.
public enum PlanCompiler {
  /// The plan of a container's init process, for `create` and `run`.
  ///
  /// The document has passed validation; what is checked here depends on the request.
  public static func compile(
    _ document: Document, facts: Facts, request: PlanRequest
  ) throws(PlanError) -> Plan {
    let process = document.process ?? .idle
    guard let root = document.root else { throw PlanError(Origin.root, .missing) }
    let linux = document.linux ?? LinuxSettings()
    var request = request
    request.keepsGroups = document.keepsGroups
    request.mountContext = document.mountContext ?? .context
    let birth = try birth(process, linux, request)
    var builder = PlanBuilder()

    try addNamespaces(birth, process, linux, request, to: &builder)
    try addRoot(root, document, linux, birth, facts, request, to: &builder)
    try addTerminal(process, request, console: true, to: &builder)
    addFinishedRoot(root, document.mounts, process.user, to: &builder)
    addIdentity(document, linux, to: &builder)
    addPathProtection(linux, to: &builder)
    try addRootPropagation(linux, to: &builder)
    try addPrivileges(process, linux, request, to: &builder)
    addProgram(process, request, to: &builder)
    guard builder.slots.count <= Int(UInt16.max) else { throw PlanError(Origin.mounts, .tooManyDescriptors) }
    return Plan(
      birth: birth, slots: builder.slots, entries: builder.entries, firstLateSlot: builder.firstLateSlot)
  }

  /// How the init process is born.
  private static func birth(
    _ process: ProcessSettings, _ linux: LinuxSettings, _ request: PlanRequest
  ) throws(PlanError) -> Birth {
    var birth = Birth()
    for (index, namespace) in linux.namespaces.enumerated() {
      if let path = namespace.path, !path.isEmpty {
        let origin = Origin.namespaces.appending(index).appending("path")
        birth.joined.append(.init(type: namespace.type, path: path, origin: origin))
      } else {
        birth.created.insert(NamespaceSet(namespace.type))
      }
    }
    if linux.namespace(.user) != nil {
      birth.uidMappings = linux.uidMappings
      birth.gidMappings = linux.gidMappings
    }
    birth.timeOffsets = linux.timeOffsets
    birth.netDevices = linux.netDevices
    birth.rdtGroup = linux.intelRdt.map { RdtGroup($0, id: request.id) }
    birth.limits = try limits(process)
    birth.oomScoreAdj = process.oomScoreAdj
    birth.preservedDescriptors = request.preservedDescriptors
    birth.keepsGroups = request.keepsGroups
    return birth
  }

  static func limits(_ process: ProcessSettings) throws(PlanError) -> [Birth.PlannedLimit] {
    var limits: [Birth.PlannedLimit] = []
    for (index, limit) in process.rlimits.enumerated() {
      let origin = Origin.process.appending("rlimits").appending(index)
      guard let number = ResourceLimitNumber.number(of: limit.type) else {
        throw PlanError(origin.appending("type"), .unknownResourceLimit(limit.type))
      }
      limits.append(.init(resource: number, soft: limit.soft, hard: limit.hard, origin: origin))
    }
    return limits
  }

  /// The first steps: what the new process is, before it looks at any file.
  private static func addNamespaces(
    _ birth: Birth, _ process: ProcessSettings, _ linux: LinuxSettings, _ request: PlanRequest,
    to builder: inout PlanBuilder
  ) throws(PlanError) {
    let hasUserNamespace = birth.created.contains(.user) || birth.joined.contains { $0.type == .user }
    builder.add(.joinCgroups, JSONPointer(text: "/linux/cgroupsPath"))
    builder.add(.startSession, Origin.builtIn)
    try addAffinity(nil, linux, to: &builder)
    // What is made inside the root gets the modes that its step says, whatever the caller's mask.
    builder.add(.setFileModeMask(0), Origin.builtIn)
    if hasUserNamespace {
      builder.add(.becomeNamespaceRoot(keepsGroups: request.keepsGroups), Origin.namespaces)
    }
    if !birth.unshared.isEmpty {
      builder.add(.unshare(birth.unshared), Origin.namespaces)
    }
    if request.newKeyring {
      builder.add(
        .joinSessionKeyring(
          name: "_ses." + request.id.text, create: true, userNamespace: hasUserNamespace,
          label: process.selinuxLabel ?? ""), Origin.builtIn)
    }
    if birth.created.contains(.network) {
      builder.add(.bringUpLoopback, Origin.namespaces)
    }
  }

  /// Host name, domain name and kernel parameters.
  private static func addIdentity(
    _ document: Document, _ linux: LinuxSettings, to builder: inout PlanBuilder
  ) {
    if let name = document.hostname, !name.isEmpty {
      builder.add(.setHostName(name), JSONPointer(text: "/hostname"))
    }
    if let name = document.domainname, !name.isEmpty {
      builder.add(.setDomainName(name), JSONPointer(text: "/domainname"))
    }
    for entry in linux.sysctl {
      let origin = JSONPointer(text: "/linux/sysctl").appending(entry.name)
      let path = parameterPath(entry.name)
      if path == "kernel/domainname" {
        // The file belongs to the host's root, also in a user namespace; the call asks who owns the name.
        builder.add(.setDomainName(entry.value), origin)
      } else {
        builder.add(.writeKernelParameter(key: path, value: entry.value), origin)
      }
    }
  }

  /// A kernel parameter's path below `/proc/sys`: the first separator seen, `.` or `/`, decides; the
  /// other one is then part of a name and stands for itself.
  static func parameterPath(_ key: String) -> String {
    let (dot, slash) = (UInt8(ascii: "."), UInt8(ascii: "/"))
    guard let separator = key.utf8.first(where: { $0 == dot || $0 == slash }), separator == dot else {
      return key
    }
    return String(decoding: key.utf8.map { $0 == dot ? slash : $0 == slash ? dot : $0 }, as: UTF8.self)
  }
}
