import Domain

/// Runs an encoded plan on a kernel, entry after entry, without allocating.
///
/// A failure that the entry's tolerance does not cover ends it, with the entry's index.
public func run(
  _ block: UnsafeRawBufferPointer, on kernel: some Kernel
) throws(StepFailure) {
  guard let (entries, firstOffset) = PlanReader.open(block) else {
    throw StepFailure(index: 0, errno: .invalidArgument, call: .decode)
  }
  var offset = firstOffset
  for index in 0..<entries {
    guard var reader = PlanReader(block, entryAt: offset),
      let kind = StepKind(rawValue: block[offset]), let tolerance = Tolerance(rawValue: block[offset + 1])
    else {
      throw StepFailure(index: index, errno: .invalidArgument, call: .decode)
    }
    kernel.come(to: index, kind)
    do {
      try perform(kind, &reader, on: kernel)
    } catch {
      guard tolerance.covers(error.errno), error.call != .decode else {
        throw StepFailure(index: index, errno: error.errno, call: error.call, detail: error.detail)
      }
    }
    offset = reader.nextEntry
  }
}

/// How many slots an encoded plan has; 0 when it is none.
public func slotCount(of block: UnsafeRawBufferPointer) -> Int {
  PlanReader.open(block) == nil ? 0 : Int(block.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
}

private func perform(
  _ kind: StepKind, _ reader: inout PlanReader, on kernel: some Kernel
) throws(StepFault) {
  switch kind {
  case .joinCgroups, .joinRemainingCgroups, .enterNamespaces, .unshare, .becomeNamespaceRoot, .startSession,
    .joinSessionKeyring, .bringUpLoopback:
    try performNamespaceStep(kind, &reader, on: kernel)
  case .setTreePropagation, .attachRoot, .mount, .bind, .remount, .setTreeAttributes, .setPropagation:
    try performMountStep(kind, &reader, on: kernel)
  case .makeSymbolicLink, .makeDevice, .openTerminal, .enterRoot, .setRootPropagation, .makeDirectory,
    .remountReadOnly, .protectReadOnly, .mask, .setFileLabel:
    try performRootStep(kind, &reader, on: kernel)
  case .setFileModeMask, .setHostName, .setDomainName, .writeKernelParameter, .setNoNewPrivileges,
    .installSeccompFilter, .changeDirectory, .verifyWorkingDirectory:
    try performEnvironmentStep(kind, &reader, on: kernel)
  case .setCPUAffinity, .setScheduler, .setIOPriority, .setPersonality, .setMemoryPolicy, .setSecurityLabel:
    try performInheritanceStep(kind, &reader, on: kernel)
  case .shareCores, .makeLandlockRuleset, .allowBeneath, .allowPort, .enforceLandlock:
    try performRestrictionStep(kind, &reader, on: kernel)
  case .limitBoundingSet, .keepCapabilities, .ownStandardStreams, .setGroups, .setGroupID, .setUserID,
    .setCapabilities, .setAmbientCapabilities:
    try performCredentialStep(kind, &reader, on: kernel)
  case .reach, .findHome, .findExecutable, .closeDescriptors, .isolateDescriptorNames, .awaitStart,
    .leaveHost,
    .execute:
    try performProgramStep(kind, &reader, on: kernel)
  }
}

private func performNamespaceStep(
  _ kind: StepKind, _ reader: inout PlanReader, on kernel: some NamespaceKernel
) throws(StepFault) {
  switch kind {
  case .joinCgroups: try kernel.joinCgroups()
  case .joinRemainingCgroups: try kernel.joinRemainingCgroups()
  case .enterNamespaces:
    let namespaces = NamespaceSet(rawValue: try reader.integer())
    try kernel.enterNamespaces(namespaces, of: try reader.slot())
  case .unshare: try kernel.unshare(NamespaceSet(rawValue: try reader.integer()))
  case .becomeNamespaceRoot: try kernel.becomeNamespaceRoot(keepsGroups: try reader.flag())
  case .startSession: try kernel.startSession()
  case .joinSessionKeyring:
    let name = try reader.text()
    let create = try reader.flag()
    let userNamespace = try reader.flag()
    try kernel.joinSessionKeyring(
      name, create: create, userNamespace: userNamespace, label: try reader.text())
  default: try kernel.bringUpLoopback()
  }
}

private func performMountStep(
  _ kind: StepKind, _ reader: inout PlanReader, on kernel: some MountKernel
) throws(StepFault) {
  switch kind {
  case .setTreePropagation: try kernel.setTreePropagation(try reader.flags())
  case .attachRoot:
    let slot = try reader.slot()
    try kernel.attachRoot(slot, path: try reader.text())
  case .mount: try kernel.mount(try FileSystemMountOperands(from: &reader))
  case .bind: try kernel.bind(try BindMountOperands(from: &reader))
  case .remount:
    let destination = try reader.text()
    let flags = try reader.flags()
    let cleared = try reader.flags()
    try kernel.remount(destination, flags: flags, cleared: cleared, data: try reader.text())
  case .setTreeAttributes:
    let destination = try reader.text()
    let set = try reader.flags()
    try kernel.setTreeAttributes(destination, set: set, cleared: try reader.flags())
  default:
    let destination = try reader.text()
    try kernel.setPropagation(destination, try reader.flags())
  }
}

private func performRootStep(
  _ kind: StepKind, _ reader: inout PlanReader, on kernel: some RootKernel
) throws(StepFault) {
  switch kind {
  case .makeSymbolicLink:
    let path = try reader.text()
    try kernel.makeSymbolicLink(path, target: try reader.text())
  case .makeDevice: try kernel.makeDevice(try DeviceOperands(from: &reader))
  case .openTerminal:
    let slot = try reader.slot()
    let rows = UInt16(truncatingIfNeeded: try reader.integer())
    let columns = UInt16(truncatingIfNeeded: try reader.integer())
    try kernel.openTerminal(slot, rows: rows, columns: columns, console: try reader.flag())
  case .enterRoot:
    guard let entry = RootEntry(rawValue: UInt8(truncatingIfNeeded: try reader.integer())) else {
      throw StepFault(.decode, .invalidArgument)
    }
    try kernel.enterRoot(entry)
  case .setRootPropagation: try kernel.setRootPropagation(try reader.flags())
  case .makeDirectory:
    let path = try reader.text()
    try kernel.makeDirectory(path, mode: try reader.uint32())
  case .remountReadOnly: try kernel.remountReadOnly(try reader.text())
  case .protectReadOnly: try kernel.protectReadOnly(try reader.text())
  case .setFileLabel:
    let path = try reader.text()
    try kernel.setFileLabel(path, try reader.text())
  default: try kernel.mask(try reader.text())
  }
}

private func performEnvironmentStep(
  _ kind: StepKind, _ reader: inout PlanReader, on kernel: some EnvironmentKernel
) throws(StepFault) {
  switch kind {
  case .setFileModeMask: try kernel.setFileModeMask(try reader.uint32())
  case .setHostName: try kernel.setHostName(try reader.text())
  case .setDomainName: try kernel.setDomainName(try reader.text())
  case .writeKernelParameter:
    let key = try reader.text()
    try kernel.writeKernelParameter(key, try reader.text())
  case .setNoNewPrivileges: try kernel.setNoNewPrivileges()
  case .installSeccompFilter:
    let program = try reader.bytes()
    try kernel.installSeccompFilter(program, flags: try reader.uint32())
  case .changeDirectory:
    let path = try reader.text()
    try kernel.changeDirectory(path, mayRetry: try reader.flag())
  default: try kernel.verifyWorkingDirectory()
  }
}

private func performInheritanceStep(
  _ kind: StepKind, _ reader: inout PlanReader, on kernel: some InheritanceKernel
) throws(StepFault) {
  switch kind {
  case .setCPUAffinity: try kernel.setCPUAffinity(try reader.bytes())
  case .setScheduler: try kernel.setScheduler(try SchedulerAttributes(from: &reader))
  case .setIOPriority: try kernel.setIOPriority(try reader.uint32())
  case .setPersonality: try kernel.setPersonality(try reader.uint32())
  case .setMemoryPolicy:
    let mode = try reader.uint32()
    try kernel.setMemoryPolicy(mode: mode, nodes: try reader.bytes())
  default:
    guard let module = SecurityModule(rawValue: UInt8(truncatingIfNeeded: try reader.integer())) else {
      throw StepFault(.decode, .invalidArgument)
    }
    try kernel.setSecurityLabel(module, try reader.text())
  }
}

private func performRestrictionStep(
  _ kind: StepKind, _ reader: inout PlanReader, on kernel: some RestrictionKernel
) throws(StepFault) {
  switch kind {
  case .shareCores: try kernel.shareCores(process: try reader.uint32())
  case .makeLandlockRuleset:
    let files = try reader.integer()
    let ports = try reader.integer()
    try kernel.makeLandlockRuleset(files: files, ports: ports, scopes: try reader.integer())
  case .allowBeneath:
    let path = try reader.text()
    try kernel.allowBeneath(path, access: try reader.integer())
  case .allowPort:
    let port = UInt16(truncatingIfNeeded: try reader.integer())
    try kernel.allowPort(port, access: try reader.integer())
  default: try kernel.enforceLandlock()
  }
}

private func performCredentialStep(
  _ kind: StepKind, _ reader: inout PlanReader, on kernel: some CredentialKernel
) throws(StepFault) {
  switch kind {
  case .limitBoundingSet: try kernel.limitBoundingSet(CapabilitySet(rawValue: try reader.integer()))
  case .keepCapabilities: try kernel.keepCapabilities(try reader.flag())
  case .ownStandardStreams: try kernel.ownStandardStreams(try reader.uint32())
  case .setGroups: try kernel.setGroups(try reader.bytes())
  case .setGroupID: try kernel.setGroupID(try reader.uint32())
  case .setUserID: try kernel.setUserID(try reader.uint32())
  case .setCapabilities:
    let effective = CapabilitySet(rawValue: try reader.integer())
    let permitted = CapabilitySet(rawValue: try reader.integer())
    let inheritable = CapabilitySet(rawValue: try reader.integer())
    try kernel.setCapabilities(effective: effective, permitted: permitted, inheritable: inheritable)
  default: try kernel.setAmbientCapabilities(CapabilitySet(rawValue: try reader.integer()))
  }
}

private func performProgramStep(
  _ kind: StepKind, _ reader: inout PlanReader, on kernel: some ProgramKernel
) throws(StepFault) {
  switch kind {
  case .reach:
    guard let milestone = Milestone(rawValue: UInt8(truncatingIfNeeded: try reader.integer())) else {
      throw StepFault(.decode, .invalidArgument)
    }
    try kernel.reach(milestone)
  case .findHome: try kernel.findHome(try reader.uint32())
  case .findExecutable:
    let name = try reader.text()
    try kernel.findExecutable(name, searchPath: try reader.text())
  case .closeDescriptors: try kernel.closeDescriptors(preserved: try reader.uint32())
  case .isolateDescriptorNames: try kernel.isolateDescriptorNames()
  case .awaitStart: try kernel.awaitStart(try reader.slot())
  case .leaveHost: try kernel.leaveHost()
  default:
    let arguments = try reader.texts()
    try kernel.execute(arguments, try reader.texts())
  }
}

extension SchedulerAttributes {
  init(from reader: inout PlanReader) throws(StepFault) {
    self.init(policy: try reader.uint32())
    flags = try reader.integer()
    nice = Int32(bitPattern: try reader.uint32())
    priority = try reader.uint32()
    runtime = try reader.integer()
    deadline = try reader.integer()
    period = try reader.integer()
  }
}

extension FileSystemMountOperands {
  init(from reader: inout PlanReader) throws(StepFault) {
    type = try reader.text()
    source = try reader.text()
    destination = try reader.text()
    flags = try reader.flags()
    data = try reader.text()
    plainTarget = try reader.flag()
    copyUp = try reader.flag()
    inheritMode = try reader.flag()
    let tree = try reader.integer()
    let isFallback = try reader.flag()
    // Slots begin at 1 here, 0 being none.
    substitute =
      tree == 0
      ? nil : .init(tree: Slot(rawValue: UInt16(truncatingIfNeeded: tree &- 1)), isFallback: isFallback)
  }
}

extension BindMountOperands {
  init(from reader: inout PlanReader) throws(StepFault) {
    source = try reader.slot()
    path = try reader.text()
    destination = try reader.text()
    recursive = try reader.flag()
    flags = try reader.flags()
    cleared = try reader.flags()
    treeSet = try reader.flags()
    treeCleared = try reader.flags()
    traits = BindMount.Traits(rawValue: UInt8(truncatingIfNeeded: try reader.integer()))
  }
}

extension DeviceOperands {
  init(from reader: inout PlanReader) throws(StepFault) {
    path = try reader.text()
    nodeType = try reader.uint32()
    major = try reader.uint32()
    minor = try reader.uint32()
    mode = try reader.uint32()
    uid = try reader.uint32()
    gid = try reader.uint32()
  }
}
