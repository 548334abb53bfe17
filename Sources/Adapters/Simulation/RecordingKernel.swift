public import Domain
public import Ports

/// A kernel that does nothing but remember the steps that it was asked for, and fails where it is told.
///
/// It rebuilds each step from the operands that the interpreter hands over: what it recorded equals what
/// was encoded, or the encoding is wrong.
public final class RecordingKernel {
  /// The steps so far.
  public private(set) var steps: [Step] = []
  /// The kinds of steps that were announced so far, by their indices.
  public private(set) var announced: [StepKind] = []
  /// The index of the step to fail at, and with what.
  public var fault: (index: Int, fault: StepFault)?

  /// A kernel without a fault.
  public init() {}

  private func record(_ step: Step) throws(StepFault) {
    if let fault, fault.index == steps.count {
      steps.append(step)
      throw fault.fault
    }
    steps.append(step)
  }
}

extension RecordingKernel: NamespaceKernel {
  public func joinCgroups() throws(StepFault) {
    try record(.joinCgroups)
  }

  public func joinRemainingCgroups() throws(StepFault) {
    try record(.joinRemainingCgroups)
  }

  public func enterNamespaces(_ namespaces: NamespaceSet, of slot: Slot) throws(StepFault) {
    try record(.enterNamespaces(namespaces, of: slot))
  }

  public func unshare(_ namespaces: NamespaceSet) throws(StepFault) {
    try record(.unshare(namespaces))
  }

  public func becomeNamespaceRoot(keepsGroups: Bool) throws(StepFault) {
    try record(.becomeNamespaceRoot(keepsGroups: keepsGroups))
  }

  public func startSession() throws(StepFault) {
    try record(.startSession)
  }

  public func joinSessionKeyring(
    _ name: PlanText, create: Bool, userNamespace: Bool, label: PlanText
  ) throws(StepFault) {
    try record(
      .joinSessionKeyring(
        name: string(name), create: create, userNamespace: userNamespace, label: string(label)))
  }

  public func bringUpLoopback() throws(StepFault) {
    try record(.bringUpLoopback)
  }
}

extension RecordingKernel: MountKernel {
  public func setTreePropagation(_ flags: MountFlags) throws(StepFault) {
    try record(.setTreePropagation(flags))
  }

  public func attachRoot(_ slot: Slot, path: PlanText) throws(StepFault) {
    try record(.attachRoot(slot, path: string(path)))
  }

  public func mount(_ mount: FileSystemMountOperands) throws(StepFault) {
    try record(
      .mount(
        FileSystemMount(
          type: string(mount.type), source: string(mount.source), destination: string(mount.destination),
          flags: mount.flags, data: string(mount.data), plainTarget: mount.plainTarget, copyUp: mount.copyUp,
          inheritMode: mount.inheritMode, substitute: mount.substitute)))
  }

  public func bind(_ bind: BindMountOperands) throws(StepFault) {
    try record(
      .bind(
        BindMount(
          source: bind.source, path: string(bind.path), destination: string(bind.destination),
          recursive: bind.recursive, flags: bind.flags, cleared: bind.cleared, treeSet: bind.treeSet,
          treeCleared: bind.treeCleared, traits: bind.traits)))
  }

  public func remount(
    _ destination: PlanText, flags: MountFlags, cleared: MountFlags, data: PlanText
  ) throws(StepFault) {
    try record(
      .remount(destination: string(destination), flags: flags, cleared: cleared, data: string(data)))
  }

  public func setTreeAttributes(
    _ destination: PlanText, set: MountFlags, cleared: MountFlags
  ) throws(StepFault) {
    try record(.setTreeAttributes(destination: string(destination), set: set, cleared: cleared))
  }

  public func setPropagation(_ destination: PlanText, _ flags: MountFlags) throws(StepFault) {
    try record(.setPropagation(destination: string(destination), flags))
  }
}

extension RecordingKernel: RootKernel {
  public func makeSymbolicLink(_ path: PlanText, target: PlanText) throws(StepFault) {
    try record(.makeSymbolicLink(path: string(path), target: string(target)))
  }

  public func makeDevice(_ node: DeviceOperands) throws(StepFault) {
    let kind = Device.Kind.allCases.first { $0.nodeType == node.nodeType } ?? .fifo
    try record(
      .makeDevice(
        DeviceNode(
          path: string(node.path), kind: kind, major: node.major, minor: node.minor, mode: node.mode,
          uid: node.uid, gid: node.gid)))
  }

  public func openTerminal(_ slot: Slot, rows: UInt16, columns: UInt16, console: Bool) throws(StepFault) {
    let size = rows == 0 && columns == 0 ? nil : ConsoleSize(height: rows, width: columns)
    try record(.openTerminal(slot, size: size, console: console))
  }

  public func enterRoot(_ entry: RootEntry) throws(StepFault) {
    try record(.enterRoot(entry))
  }

  public func setRootPropagation(_ flags: MountFlags) throws(StepFault) {
    try record(.setRootPropagation(flags))
  }

  public func makeDirectory(_ path: PlanText, mode: UInt32) throws(StepFault) {
    try record(.makeDirectory(path: string(path), mode: mode))
  }

  public func remountReadOnly(_ path: PlanText) throws(StepFault) {
    try record(.remountReadOnly(path: string(path)))
  }

  public func protectReadOnly(_ path: PlanText) throws(StepFault) {
    try record(.protectReadOnly(path: string(path)))
  }

  public func mask(_ path: PlanText) throws(StepFault) {
    try record(.mask(path: string(path)))
  }

  public func setFileLabel(_ path: PlanText, _ label: PlanText) throws(StepFault) {
    try record(.setFileLabel(path: string(path), label: string(label)))
  }
}

extension RecordingKernel: InheritanceKernel {
  public func setCPUAffinity(_ mask: PlanBytes) throws(StepFault) {
    try record(.setCPUAffinity(IndexList(mask: mask)))
  }

  public func setScheduler(_ attributes: SchedulerAttributes) throws(StepFault) {
    try record(.setScheduler(attributes))
  }

  public func setIOPriority(_ priority: UInt32) throws(StepFault) {
    try record(.setIOPriority(priority))
  }

  public func setPersonality(_ personality: UInt32) throws(StepFault) {
    try record(.setPersonality(personality))
  }

  public func setMemoryPolicy(mode: UInt32, nodes mask: PlanBytes) throws(StepFault) {
    try record(.setMemoryPolicy(mode: mode, nodes: IndexList(mask: mask)))
  }

  public func setSecurityLabel(_ module: SecurityModule, _ label: PlanText) throws(StepFault) {
    try record(.setSecurityLabel(module, string(label)))
  }
}

extension RecordingKernel: RestrictionKernel {
  public func shareCores(process: UInt32) throws(StepFault) {
    try record(.shareCores(process == 0 ? .new : .of(process: Int32(truncatingIfNeeded: process))))
  }

  public func makeLandlockRuleset(files: UInt64, ports: UInt64, scopes: UInt64) throws(StepFault) {
    try record(.makeLandlockRuleset(files: files, ports: ports, scopes: scopes))
  }

  /// Whether the path may be missing is said by the entry's tolerance.
  public func allowBeneath(_ path: PlanText, access: UInt64) throws(StepFault) {
    try record(.allowBeneath(path: string(path), access: access, mayBeMissing: false))
  }

  public func allowPort(_ port: UInt16, access: UInt64) throws(StepFault) {
    try record(.allowPort(port, access: access))
  }

  public func enforceLandlock() throws(StepFault) {
    try record(.enforceLandlock)
  }
}

extension RecordingKernel: EnvironmentKernel {
  public func setFileModeMask(_ mask: UInt32) throws(StepFault) {
    try record(.setFileModeMask(mask))
  }

  public func setHostName(_ name: PlanText) throws(StepFault) {
    try record(.setHostName(string(name)))
  }

  public func setDomainName(_ name: PlanText) throws(StepFault) {
    try record(.setDomainName(string(name)))
  }

  public func writeKernelParameter(_ key: PlanText, _ value: PlanText) throws(StepFault) {
    try record(.writeKernelParameter(key: string(key), value: string(value)))
  }

  public func setNoNewPrivileges() throws(StepFault) {
    try record(.setNoNewPrivileges)
  }

  public func installSeccompFilter(_ program: PlanBytes, flags: UInt32) throws(StepFault) {
    try record(.installSeccompFilter([UInt8](program), flags: flags))
  }

  public func changeDirectory(_ path: PlanText, mayRetry: Bool) throws(StepFault) {
    try record(.changeDirectory(path: string(path), mayRetry: mayRetry))
  }

  public func verifyWorkingDirectory() throws(StepFault) {
    try record(.verifyWorkingDirectory)
  }
}

extension RecordingKernel: CredentialKernel {
  public func limitBoundingSet(_ set: CapabilitySet) throws(StepFault) {
    try record(.limitBoundingSet(set))
  }

  public func keepCapabilities(_ keep: Bool) throws(StepFault) {
    try record(.keepCapabilities(keep))
  }

  public func ownStandardStreams(_ uid: UInt32) throws(StepFault) {
    try record(.ownStandardStreams(uid: uid))
  }

  public func setGroups(_ groups: PlanBytes) throws(StepFault) {
    var ids: [UInt32] = []
    for offset in stride(from: 0, to: groups.count - groups.count % 4, by: 4) {
      ids.append(groups.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    try record(.setGroups(ids))
  }

  public func setGroupID(_ gid: UInt32) throws(StepFault) {
    try record(.setGroupID(gid))
  }

  public func setUserID(_ uid: UInt32) throws(StepFault) {
    try record(.setUserID(uid))
  }

  public func setCapabilities(
    effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet
  ) throws(StepFault) {
    try record(.setCapabilities(effective: effective, permitted: permitted, inheritable: inheritable))
  }

  public func setAmbientCapabilities(_ set: CapabilitySet) throws(StepFault) {
    try record(.setAmbientCapabilities(set))
  }
}

extension RecordingKernel: ProgramKernel {
  public func come(to index: Int, _ kind: StepKind) {
    if index == announced.count { announced.append(kind) }
  }

  public func reach(_ milestone: Milestone) throws(StepFault) {
    try record(.reach(milestone))
  }

  public func findHome(_ uid: UInt32) throws(StepFault) {
    try record(.findHome(uid: uid))
  }

  public func findExecutable(_ name: PlanText, searchPath: PlanText) throws(StepFault) {
    try record(.findExecutable(name: string(name), searchPath: string(searchPath)))
  }

  public func closeDescriptors(preserved: UInt32) throws(StepFault) {
    try record(.closeDescriptors(preserved: preserved))
  }

  public func isolateDescriptorNames() throws(StepFault) {
    try record(.isolateDescriptorNames)
  }

  public func awaitStart(_ slot: Slot) throws(StepFault) {
    try record(.awaitStart(slot))
  }

  public func leaveHost() throws(StepFault) {
    try record(.leaveHost)
  }

  public func execute(_ arguments: PlanTextList, _ environment: PlanTextList) throws(StepFault) {
    try record(.execute(arguments: strings(arguments), environment: strings(environment)))
  }
}

private func string(_ text: PlanText) -> String {
  String(cString: text.pointer)
}

private func strings(_ list: PlanTextList) -> [String] {
  var result: [String] = []
  var next = list.first
  for _ in 0..<list.count {
    let text = String(cString: next)
    result.append(text)
    next += text.utf8.count + 1
  }
  return result
}
