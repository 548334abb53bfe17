extension StepKind {
  /// What a step of this kind does for the container, in one plain clause.
  public var purpose: String {
    switch self {
    case .joinCgroups, .joinRemainingCgroups: "what it uses is accounted and limited"
    case .enterNamespaces: "it sees what the container sees"
    case .unshare: "made late, since they belong to who makes them"
    case .becomeNamespaceRoot: "the ids inside are not those of the host"
    case .startSession: "signals of the caller's terminal do not reach it"
    case .joinSessionKeyring: "keys of the caller's are out of its reach"
    case .bringUpLoopback: "127.0.0.1 answers"
    case .setTreePropagation: "no mount of the container shows on the host"
    case .attachRoot: "the root file system, ready to be entered"
    case .mount: "a file system of the container's own"
    case .bind: "something of the host's is seen inside"
    case .remount, .setTreeAttributes: "a mount gets the options that the document asks for"
    case .setPropagation: "which mounts are passed on, and to whom"
    case .makeSymbolicLink: "a name that programs expect"
    case .makeDevice: "a device that programs find, if the device rules let them use it"
    case .openTerminal: "the program has a terminal of its own"
    case .reach: "the runtime does its part before it goes on"
    case .enterRoot: "from here on the host's files are out of reach"
    case .setRootPropagation: "which mounts below the root are passed on, and to whom"
    case .makeDirectory: "the working directory exists"
    default: laterPurpose
    }
  }

  private var laterPurpose: String {
    switch self {
    case .remountReadOnly: "nothing there can be changed"
    case .protectReadOnly: "it can be read and not changed; what is missing is passed over"
    case .mask: "it looks empty; what is missing is passed over"
    case .setFileLabel: "SELinux knows whose it is"
    case .setFileModeMask: "which permissions new files do not get"
    case .setHostName, .setDomainName: "a name of the container's own"
    case .writeKernelParameter: "a kernel parameter of the container's namespaces"
    case .setNoNewPrivileges: "no program inside gains rights by being executed"
    case .installSeccompFilter: "system calls that the profile does not allow are refused"
    case .changeDirectory: "where the program starts"
    case .verifyWorkingDirectory: "it does not lead out of the container"
    case .limitBoundingSet: "no other capability can ever be had"
    case .keepCapabilities: "capabilities outlive the change of user, or do not"
    case .ownStandardStreams: "the user can open /dev/stdout and its like"
    case .setGroups, .setGroupID, .setUserID: "who the program is"
    case .setCapabilities, .setAmbientCapabilities: "what the program may do beyond an ordinary user"
    case .findHome: "HOME is set where the document does not set it"
    case .findExecutable: "a program that is missing is an error before anything is started"
    case .closeDescriptors: "no open file of the runtime's passes to the program"
    case .isolateDescriptorNames, .awaitStart: "a created container waits, and holds nothing of the host's"
    case .leaveHost: "nothing that is open leads to the host any more"
    default: lastPurpose
    }
  }

  private var lastPurpose: String {
    switch self {
    case .setCPUAffinity: "where it runs"
    case .setScheduler: "when and how long it runs"
    case .setIOPriority: "its turn at block devices"
    case .setPersonality: "how the kernel presents itself"
    case .setMemoryPolicy: "which nodes its memory comes from"
    case .setSecurityLabel: "the security module confines the program"
    case .shareCores: "who may run beside it on a core"
    case .makeLandlockRuleset: "what is to be denied"
    case .allowBeneath, .allowPort: "what is allowed all the same"
    case .enforceLandlock: "from here on the rest is denied"
    case .execute: "the program takes the process over"
    default: "as its name says"
    }
  }
}
