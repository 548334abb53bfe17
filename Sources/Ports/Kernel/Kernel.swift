public import Domain

/// What a plan runs on: the acts of a process on its way into a container.
///
/// An implementation is either the real kernel or a model of it. Operands are borrowed from the plan's
/// block. Nothing here may allocate when it is the real one.
public typealias Kernel = NamespaceKernel & MountKernel & RootKernel & EnvironmentKernel & InheritanceKernel
  & RestrictionKernel & CredentialKernel & ProgramKernel

/// Namespaces and the process itself.
public protocol NamespaceKernel: AnyObject {
  /// `Step.joinCgroups`.
  func joinCgroups() throws(StepFault)
  /// `Step.joinRemainingCgroups`.
  func joinRemainingCgroups() throws(StepFault)
  /// `Step.enterNamespaces`.
  func enterNamespaces(_ namespaces: NamespaceSet, of slot: Slot) throws(StepFault)
  /// `Step.unshare`.
  func unshare(_ namespaces: NamespaceSet) throws(StepFault)
  /// `Step.becomeNamespaceRoot`.
  func becomeNamespaceRoot(keepsGroups: Bool) throws(StepFault)
  /// `Step.startSession`.
  func startSession() throws(StepFault)
  /// `Step.joinSessionKeyring`.
  func joinSessionKeyring(
    _ name: PlanText, create: Bool, userNamespace: Bool, label: PlanText
  ) throws(StepFault)
  /// `Step.bringUpLoopback`.
  func bringUpLoopback() throws(StepFault)
}

/// Mounts inside the root.
public protocol MountKernel: AnyObject {
  /// `Step.setTreePropagation`.
  func setTreePropagation(_ flags: MountFlags) throws(StepFault)
  /// `Step.attachRoot`.
  func attachRoot(_ slot: Slot, path: PlanText) throws(StepFault)
  /// `Step.mount`.
  func mount(_ mount: FileSystemMountOperands) throws(StepFault)
  /// `Step.bind`.
  func bind(_ bind: BindMountOperands) throws(StepFault)
  /// `Step.remount`.
  func remount(
    _ destination: PlanText, flags: MountFlags, cleared: MountFlags, data: PlanText
  ) throws(StepFault)
  /// `Step.setTreeAttributes`.
  func setTreeAttributes(_ destination: PlanText, set: MountFlags, cleared: MountFlags) throws(StepFault)
  /// `Step.setPropagation`.
  func setPropagation(_ destination: PlanText, _ flags: MountFlags) throws(StepFault)
}

/// What else is done to the root.
public protocol RootKernel: AnyObject {
  /// `Step.makeSymbolicLink`.
  func makeSymbolicLink(_ path: PlanText, target: PlanText) throws(StepFault)
  /// `Step.makeDevice`.
  func makeDevice(_ node: DeviceOperands) throws(StepFault)
  /// `Step.openTerminal`; a size of 0 by 0 leaves it unset.
  func openTerminal(_ slot: Slot, rows: UInt16, columns: UInt16, console: Bool) throws(StepFault)
  /// `Step.enterRoot`.
  func enterRoot(_ entry: RootEntry) throws(StepFault)
  /// `Step.setRootPropagation`.
  func setRootPropagation(_ flags: MountFlags) throws(StepFault)
  /// `Step.makeDirectory`.
  func makeDirectory(_ path: PlanText, mode: UInt32) throws(StepFault)
  /// `Step.remountReadOnly`.
  func remountReadOnly(_ path: PlanText) throws(StepFault)
  /// `Step.protectReadOnly`.
  func protectReadOnly(_ path: PlanText) throws(StepFault)
  /// `Step.mask`.
  func mask(_ path: PlanText) throws(StepFault)
  /// `Step.setFileLabel`.
  func setFileLabel(_ path: PlanText, _ label: PlanText) throws(StepFault)
}

/// What the program inherits beside its credentials.
public protocol InheritanceKernel: AnyObject {
  /// `Step.setCPUAffinity`; `mask` has one bit for each CPU.
  func setCPUAffinity(_ mask: PlanBytes) throws(StepFault)
  /// `Step.setScheduler`.
  func setScheduler(_ attributes: SchedulerAttributes) throws(StepFault)
  /// `Step.setIOPriority`.
  func setIOPriority(_ priority: UInt32) throws(StepFault)
  /// `Step.setPersonality`.
  func setPersonality(_ personality: UInt32) throws(StepFault)
  /// `Step.setMemoryPolicy`; `mask` has one bit for each node.
  func setMemoryPolicy(mode: UInt32, nodes mask: PlanBytes) throws(StepFault)
  /// `Step.setSecurityLabel`; `detail` of a fault is 1 when it is about the file that AppArmor shares with
  /// other modules.
  func setSecurityLabel(_ module: SecurityModule, _ label: PlanText) throws(StepFault)
}

/// What is denied to the program beyond the specification.
public protocol RestrictionKernel: AnyObject {
  /// `Step.shareCores`; 0 for a cookie of its own, else the process that has it.
  func shareCores(process: UInt32) throws(StepFault)
  /// `Step.makeLandlockRuleset`.
  func makeLandlockRuleset(files: UInt64, ports: UInt64, scopes: UInt64) throws(StepFault)
  /// `Step.allowBeneath`.
  func allowBeneath(_ path: PlanText, access: UInt64) throws(StepFault)
  /// `Step.allowPort`.
  func allowPort(_ port: UInt16, access: UInt64) throws(StepFault)
  /// `Step.enforceLandlock`.
  func enforceLandlock() throws(StepFault)
}

/// The environment of the program.
public protocol EnvironmentKernel: AnyObject {
  /// `Step.setFileModeMask`.
  func setFileModeMask(_ mask: UInt32) throws(StepFault)
  /// `Step.setHostName`.
  func setHostName(_ name: PlanText) throws(StepFault)
  /// `Step.setDomainName`.
  func setDomainName(_ name: PlanText) throws(StepFault)
  /// `Step.writeKernelParameter`.
  func writeKernelParameter(_ key: PlanText, _ value: PlanText) throws(StepFault)
  /// `Step.setNoNewPrivileges`.
  func setNoNewPrivileges() throws(StepFault)
  /// `Step.installSeccompFilter`.
  func installSeccompFilter(_ program: PlanBytes, flags: UInt32) throws(StepFault)
  /// `Step.changeDirectory`.
  func changeDirectory(_ path: PlanText, mayRetry: Bool) throws(StepFault)
  /// `Step.verifyWorkingDirectory`.
  func verifyWorkingDirectory() throws(StepFault)
}

/// Credentials.
public protocol CredentialKernel: AnyObject {
  /// `Step.limitBoundingSet`.
  func limitBoundingSet(_ set: CapabilitySet) throws(StepFault)
  /// `Step.keepCapabilities`.
  func keepCapabilities(_ keep: Bool) throws(StepFault)
  /// `Step.ownStandardStreams`.
  func ownStandardStreams(_ uid: UInt32) throws(StepFault)
  /// `Step.setGroups`; `groups` are native 32-bit ids.
  func setGroups(_ groups: PlanBytes) throws(StepFault)
  /// `Step.setGroupID`.
  func setGroupID(_ gid: UInt32) throws(StepFault)
  /// `Step.setUserID`.
  func setUserID(_ uid: UInt32) throws(StepFault)
  /// `Step.setCapabilities`.
  func setCapabilities(
    effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet
  ) throws(StepFault)
  /// `Step.setAmbientCapabilities`.
  func setAmbientCapabilities(_ set: CapabilitySet) throws(StepFault)
}

/// The program, and the meeting with the parent.
public protocol ProgramKernel: AnyObject {
  /// The step of this index and kind comes next: for whoever watches, without effect on what is done.
  func come(to index: Int, _ kind: StepKind)
  /// `Step.reach`.
  func reach(_ milestone: Milestone) throws(StepFault)
  /// `Step.findHome`.
  func findHome(_ uid: UInt32) throws(StepFault)
  /// `Step.findExecutable`.
  func findExecutable(_ name: PlanText, searchPath: PlanText) throws(StepFault)
  /// `Step.closeDescriptors`.
  func closeDescriptors(preserved: UInt32) throws(StepFault)
  /// `Step.isolateDescriptorNames`.
  func isolateDescriptorNames() throws(StepFault)
  /// `Step.awaitStart`.
  func awaitStart(_ slot: Slot) throws(StepFault)
  /// `Step.leaveHost`.
  func leaveHost() throws(StepFault)
  /// `Step.execute`; returns only by throwing, save in a model.
  func execute(_ arguments: PlanTextList, _ environment: PlanTextList) throws(StepFault)
}

extension ProgramKernel {
  /// Nobody watches.
  public func come(to index: Int, _ kind: StepKind) {}
}
