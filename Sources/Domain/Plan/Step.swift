/// One act of a new process, as a small value. There are no branches, loops or expressions: a step
/// that needs them does it inside itself, in bounded buffers.
///
/// Paths below the root are the container's, resolved inside it by descriptor when the step runs.
public enum Step: Equatable, Sendable {
  // MARK: Namespaces and the process itself

  /// Enters the cgroups whose doors came with the plan: the process writes `0` into each.
  case joinCgroups
  /// Waits for what the parent made while the process was busy, enters those cgroups, too, and takes the
  /// descriptors of the slots from `Plan.firstLateSlot` on.
  case joinRemainingCgroups
  /// Enters namespaces of the process behind a slot. The corresponding system call is `setns`.
  case enterNamespaces(NamespaceSet, of: Slot)
  /// Makes further namespaces. The corresponding system call is `unshare`.
  case unshare(NamespaceSet)
  /// Becomes user and group 0 of the user namespace just entered, with no supplementary groups where
  /// the namespace lets them be set, unless they are to be kept.
  case becomeNamespaceRoot(keepsGroups: Bool)
  /// Leads a new session. The corresponding system call is `setsid`.
  case startSession
  /// Joins a new session keyring, or the one of that name, and lets its owner search it; `label` is that of
  /// a new keyring, empty where none is asked for.
  case joinSessionKeyring(name: String, create: Bool, userNamespace: Bool, label: String)
  /// Raises the loopback interface of a new network namespace.
  case bringUpLoopback

  // MARK: The root file system

  /// Says how the document wants the tree to propagate, and sets how every mount that came with the new
  /// mount namespace does, before anything is mounted: never to the host.
  case setTreePropagation(MountFlags)
  /// Attaches the root file system where it can be pivoted to.
  case attachRoot(Slot, path: String)
  /// Mounts a file system inside the root.
  case mount(FileSystemMount)
  /// Binds a file or directory of the host inside the root.
  case bind(BindMount)
  /// Changes a mount that exists inside the root.
  case remount(destination: String, flags: MountFlags, cleared: MountFlags, data: String)
  /// Changes attributes of a whole mount tree. The corresponding system call is `mount_setattr`.
  case setTreeAttributes(destination: String, set: MountFlags, cleared: MountFlags)
  /// Sets how one mount (or, with `MS_REC`, a tree) propagates.
  case setPropagation(destination: String, MountFlags)
  /// Links a name inside the root: `/dev/fd` and its like.
  case makeSymbolicLink(path: String, target: String)
  /// Makes a device node or a fifo inside the root, or binds the host's where making is not permitted.
  case makeDevice(DeviceNode)
  /// Allocates a pseudo terminal inside the root, sends its master through a slot, and takes its other
  /// end as standard input, output and error and, when `console` is set, as `/dev/console`.
  case openTerminal(Slot, size: ConsoleSize?, console: Bool)
  /// Tells the parent how far the process is and waits until it may go on.
  case reach(Milestone)
  /// Makes the attached root the root directory.
  case enterRoot(RootEntry)
  /// Sets how the root propagates once it is entered.
  case setRootPropagation(MountFlags)
  /// Makes a directory and its parents inside the root.
  case makeDirectory(path: String, mode: UInt32)
  /// Mounts again read-only what stands at a path, keeping the other flags.
  case remountReadOnly(path: String)
  /// Binds a path on itself, read-only. A path that is missing is skipped.
  case protectReadOnly(path: String)
  /// Covers a path by `/dev/null` or an empty directory. A path that is missing is skipped.
  case mask(path: String)
  /// Gives what stands at a path an SELinux label. The corresponding system call is `setxattr`.
  case setFileLabel(path: String, label: String)

  // MARK: The environment of the program

  /// The corresponding system call is `umask`.
  case setFileModeMask(UInt32)
  /// The corresponding system call is `sethostname`.
  case setHostName(String)
  /// The corresponding system call is `setdomainname`.
  case setDomainName(String)
  /// Writes a kernel parameter below `/proc/sys`; `key` has slashes.
  case writeKernelParameter(key: String, value: String)
  /// `PR_SET_NO_NEW_PRIVS`.
  case setNoNewPrivileges
  /// Installs a finished filter. The corresponding system call is `seccomp`.
  case installSeccompFilter([UInt8], flags: UInt32)
  /// Changes the working directory; `mayRetry` leaves a refusal for the attempt after the ids are set.
  case changeDirectory(path: String, mayRetry: Bool)
  /// Fails unless the working directory is inside the root.
  case verifyWorkingDirectory

  // MARK: What the program inherits

  /// Where the process may run. The corresponding system call is `sched_setaffinity`.
  case setCPUAffinity(IndexList)
  /// When and how long it runs. The corresponding system call is `sched_setattr`.
  case setScheduler(SchedulerAttributes)
  /// The corresponding system call is `ioprio_set`.
  case setIOPriority(UInt32)
  /// `PER_…`. The corresponding system call is `personality`.
  case setPersonality(UInt32)
  /// `MPOL_…`, with flags, and nodes. The corresponding system call is `set_mempolicy`.
  case setMemoryPolicy(mode: UInt32, nodes: IndexList)
  /// The profile or label that the program gets at `execve`, by a file below `/proc/thread-self/attr`.
  case setSecurityLabel(SecurityModule, String)

  // MARK: Restrictions beyond the specification

  /// Who may run on the same core at the same time. The corresponding call is `PR_SCHED_CORE`.
  case shareCores(CoreCookie)
  /// What is to be denied, save where a rule allows it. The corresponding system call is
  /// `landlock_create_ruleset`.
  case makeLandlockRuleset(files: UInt64, ports: UInt64, scopes: UInt64)
  /// Allows something to what is below a path. The corresponding system call is `landlock_add_rule`.
  case allowBeneath(path: String, access: UInt64, mayBeMissing: Bool)
  /// Allows something to a port. The corresponding system call is `landlock_add_rule`.
  case allowPort(UInt16, access: UInt64)
  /// From here on it is denied. The corresponding system call is `landlock_restrict_self`.
  case enforceLandlock

  // MARK: Credentials

  /// Drops everything else from the bounding set. The corresponding call is `PR_CAPBSET_DROP`.
  case limitBoundingSet(CapabilitySet)
  /// `PR_SET_KEEPCAPS`.
  case keepCapabilities(Bool)
  /// Gives standard input, output and error to a user; those that are the host's null device become the
  /// container's.
  case ownStandardStreams(uid: UInt32)
  /// The corresponding system call is `setgroups`.
  case setGroups([UInt32])
  /// The corresponding system call is `setresgid`.
  case setGroupID(UInt32)
  /// The corresponding system call is `setresuid`.
  case setUserID(UInt32)
  /// The corresponding system call is `capset`.
  case setCapabilities(effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet)
  /// Clears the ambient set and raises these.
  case setAmbientCapabilities(CapabilitySet)

  // MARK: The program

  /// Looks up the home directory of a user in the container's passwd file, for `HOME`.
  case findHome(uid: UInt32)
  /// Finds the program; `searchPath` is the value of the container's `PATH`.
  case findExecutable(name: String, searchPath: String)
  /// Marks every descriptor above the standard and the preserved ones to be closed by `execve`.
  case closeDescriptors(preserved: UInt32)
  /// Makes the folder of the process's own descriptors, in the host's procfs, a mount of its own: by it the exec
  /// fifo is opened when nothing leads to the host any more. The corresponding system call is `open_tree`.
  case isolateDescriptorNames
  /// Closes all that leads to the host, and waits until `start` opens the exec fifo behind a slot.
  case awaitStart(Slot)
  /// Tells the parent that only the program is left to come, and closes all that leads to the host.
  case leaveHost
  /// Replaces the process by the program. The corresponding system call is `execve`.
  case execute(arguments: [String], environment: [String])
}

/// A point at which the process and its parent meet.
public enum Milestone: UInt8, Sendable, CaseIterable {
  /// Mounts are in place, the root is not yet entered: hooks of `createRuntime` and `createContainer`.
  case mounted = 1
  /// All is set up: the parent saves the state.
  case ready = 2
  /// The next steps depend on the cgroup's limits: the parent has set them. It says so unasked, before it
  /// waits for another milestone, so that a process that comes here later does not have to wait at all.
  case limited = 3
}

/// How the attached root becomes the root directory.
public enum RootEntry: UInt8, Sendable, CaseIterable {
  /// `pivot_root`.
  case pivot = 0
  /// `MS_MOVE` and `chroot` (`--no-pivot`).
  case move = 1
}

/// A file system to mount inside the root.
public struct FileSystemMount: Equatable, Sendable {
  /// The kernel's name of the file system.
  public var type: String
  /// The source as the kernel takes it.
  public var source: String
  /// Where.
  public var destination: String
  /// Flags.
  public var flags: MountFlags
  /// Options of the file system, joined by commas.
  public var data: String
  /// The target must be a plain directory: no symbolic link on the way (proc and sysfs).
  public var plainTarget: Bool
  /// The image's content at the target is copied into the new file system (tmpfs).
  public var copyUp: Bool
  /// A tmpfs takes the mode of the directory that it covers, unless its data says otherwise.
  public var inheritMode: Bool
  /// What is attached instead of a new file system.
  public var substitute: Substitute?

  /// A mount tree behind a slot that stands for the file system.
  public struct Substitute: Equatable, Sendable {
    /// The tree.
    public var tree: Slot
    /// It is taken only where the kernel refuses the new file system; else it always is.
    public var isFallback: Bool

    /// Names a tree.
    public init(tree: Slot, isFallback: Bool) {
      self.tree = tree
      self.isFallback = isFallback
    }
  }

  /// Makes a mount.
  public init(
    type: String, source: String, destination: String, flags: MountFlags = [], data: String = "",
    plainTarget: Bool = false, copyUp: Bool = false, inheritMode: Bool = false, substitute: Substitute? = nil
  ) {
    self.substitute = substitute
    self.type = type
    self.source = source
    self.destination = destination
    self.flags = flags
    self.data = data
    self.plainTarget = plainTarget
    self.copyUp = copyUp
    self.inheritMode = inheritMode
  }
}

/// A file or directory of the host to bind inside the root.
public struct BindMount: Equatable, Sendable {
  /// The opened source.
  public var source: Slot
  /// The source's path, for kernels where a slot cannot hold a mount tree.
  public var path: String
  /// Where.
  public var destination: String
  /// Submounts come along.
  public var recursive: Bool
  /// Flags to set.
  public var flags: MountFlags
  /// Flags that the document clears by name: a locked one is then an error.
  public var cleared: MountFlags
  /// Attributes set on the whole tree before it is seen by anybody.
  public var treeSet: MountFlags
  /// Attributes cleared on the whole tree.
  public var treeCleared: MountFlags
  /// What is special about it.
  public var traits: Traits

  /// What is special about a bind.
  public struct Traits: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Takes bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The tree's ids are mapped: no other way of binding may stand for it.
    public static let idMapped = Traits(rawValue: 1)
    /// A source that is a symbolic link is made anew.
    public static let copiesLink = Traits(rawValue: 2)
    /// A destination that is a symbolic link is covered itself.
    public static let coversTargetLink = Traits(rawValue: 4)
  }

  /// Makes a bind.
  public init(
    source: Slot, path: String, destination: String, recursive: Bool, flags: MountFlags = [],
    cleared: MountFlags = [], treeSet: MountFlags = [], treeCleared: MountFlags = [], traits: Traits = []
  ) {
    self.treeSet = treeSet
    self.treeCleared = treeCleared
    self.traits = traits
    self.source = source
    self.path = path
    self.destination = destination
    self.recursive = recursive
    self.flags = flags
    self.cleared = cleared
  }
}

/// A device node or fifo inside the root.
public struct DeviceNode: Equatable, Sendable {
  /// Where.
  public var path: String
  /// The kind.
  public var kind: Device.Kind
  /// Major number.
  public var major: UInt32
  /// Minor number.
  public var minor: UInt32
  /// Permission bits.
  public var mode: UInt32
  /// Owner inside the container.
  public var uid: UInt32
  /// Group inside the container.
  public var gid: UInt32

  /// Makes a node.
  public init(
    path: String, kind: Device.Kind, major: UInt32, minor: UInt32, mode: UInt32 = 0o666, uid: UInt32 = 0,
    gid: UInt32 = 0
  ) {
    self.path = path
    self.kind = kind
    self.major = major
    self.minor = minor
    self.mode = mode
    self.uid = uid
    self.gid = gid
  }
}

/// A set of capabilities, one bit a capability.
public struct CapabilitySet: OptionSet, Hashable, Sendable {
  /// The bits, bit 0 being `CAP_CHOWN`.
  public let rawValue: UInt64

  /// Takes bits.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }
}

extension Device.Kind {
  /// The `S_IF…` bits of the corresponding system call `mknod`.
  public var nodeType: UInt32 {
    switch self {
    case .character, .unbuffered: 0o020000
    case .block: 0o060000
    case .fifo: 0o010000
    }
  }
}
