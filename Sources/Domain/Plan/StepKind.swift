/// The number of a step's kind in an encoded plan. At most 64; numbers are never reused.
public enum StepKind: UInt8, Sendable, CaseIterable {
  case enterNamespaces = 1
  case unshare, becomeNamespaceRoot, startSession, joinSessionKeyring, bringUpLoopback
  case setTreePropagation, attachRoot, mount, bind, remount, setTreeAttributes, setPropagation
  case makeSymbolicLink, makeDevice, openTerminal, reach, enterRoot, setRootPropagation, makeDirectory
  case remountReadOnly, protectReadOnly, mask
  case setFileModeMask, setHostName, setDomainName, writeKernelParameter, setNoNewPrivileges
  case installSeccompFilter, changeDirectory, verifyWorkingDirectory
  case limitBoundingSet, keepCapabilities, ownStandardStreams, setGroups, setGroupID, setUserID
  case setCapabilities, setAmbientCapabilities
  case findHome, findExecutable, closeDescriptors, awaitStart, execute
  case joinCgroups
  case setCPUAffinity, setScheduler, setIOPriority, setPersonality, setMemoryPolicy, setSecurityLabel
  case setFileLabel, joinRemainingCgroups
  case shareCores, makeLandlockRuleset, allowBeneath, allowPort, enforceLandlock
  case isolateDescriptorNames, leaveHost
}
