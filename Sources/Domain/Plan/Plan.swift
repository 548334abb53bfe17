/// All that a new process has to go through until it executes its program, as data.
///
/// The compiler makes it from a document, facts and a mode; `martlet plan` prints it; the spawner opens
/// its slots and starts its process; the init stage interprets its entries.
public struct Plan: Equatable, Sendable {
  /// How the process is born.
  public var birth: Birth
  /// The descriptors that exist only at run time, by number.
  public var slots: [PlannedSlot]
  /// The steps, in order.
  public var entries: [PlanEntry]
  /// The first of the slots that are opened only after the process has set out, and come to it at
  /// `Step.joinRemainingCgroups`: what they lead to may be a cgroup that is made meanwhile. Nil without
  /// that step: all comes with the plan.
  public var firstLateSlot: Int?

  /// Whether the process waits for its limits on the way.
  public var awaitsLimits: Bool {
    for entry in entries { if case .reach(.limited) = entry.step { return true } }
    return false
  }

  /// Makes a plan.
  public init(
    birth: Birth, slots: [PlannedSlot] = [], entries: [PlanEntry] = [], firstLateSlot: Int? = nil
  ) {
    self.birth = birth
    self.slots = slots
    self.entries = entries
    self.firstLateSlot = firstLateSlot
  }
}

/// A step, and the place in `config.json` that asks for it.
public struct PlanEntry: Equatable, Sendable {
  /// What to do.
  public var step: Step
  /// Who asks for it; `/` names what every container gets.
  public var origin: JSONPointer

  /// Makes an entry.
  public init(_ step: Step, origin: JSONPointer) {
    self.step = step
    self.origin = origin
  }
}

/// A descriptor that the parent opens for the process, once that is born, and sends it.
public struct PlannedSlot: Equatable, Sendable {
  /// What to open.
  public var source: SlotSource
  /// Who asks for it.
  public var origin: JSONPointer

  /// Makes a slot.
  public init(_ source: SlotSource, origin: JSONPointer) {
    self.source = source
    self.origin = origin
  }
}

/// The number of a planned descriptor.
public struct Slot: RawRepresentable, Hashable, Sendable {
  /// Its index in `Plan.slots`.
  public let rawValue: UInt16

  /// Takes an index.
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }
}

/// What stands behind a slot.
public enum SlotSource: Equatable, Sendable {
  /// A detached clone of a mount tree of the host (`open_tree`); an `O_PATH` descriptor where the kernel
  /// lacks that call and no ids are mapped.
  case mountTree(MountTree)
  /// A new file system with mapped ids, not yet mounted anywhere (`fsopen`, `fsmount`, `mount_setattr`).
  case fileSystem(DetachedFileSystem)
  /// An existing path on the host, by `O_PATH`.
  case hostPath(String)
  /// The exec fifo, made in the container's state directory, by `O_PATH`.
  case execFifo
  /// A connection to the Unix stream socket at `path`.
  case connection(path: String)
  /// One end of a socket pair; the parent keeps the other and receives the terminal on it.
  case consolePair
  /// The pidfd of the process whose namespaces are entered.
  case target
}

/// A mount tree of the host.
public struct MountTree: Equatable, Sendable {
  /// Its path on the host.
  public var path: String
  /// The mounts below come along.
  public var recursive: Bool
  /// A path that ends at a symbolic link leads to the link's target, else to the link.
  public var followsLink: Bool
  /// How its ids are mapped.
  public var mapping: MountMapping?

  /// Names a tree.
  public init(path: String, recursive: Bool, followsLink: Bool = true, mapping: MountMapping? = nil) {
    self.path = path
    self.recursive = recursive
    self.followsLink = followsLink
    self.mapping = mapping
  }
}

/// A file system that the parent makes, because only it may map the ids.
public struct DetachedFileSystem: Equatable, Sendable {
  /// The kernel's name of the file system.
  public var type: String
  /// The source as the kernel takes it.
  public var source: String
  /// Flags of the mount and of the file system.
  public var flags: MountFlags
  /// Options of the file system, joined by commas.
  public var data: String
  /// How its ids are mapped.
  public var mapping: MountMapping

  /// Names a file system.
  public init(type: String, source: String, flags: MountFlags, data: String, mapping: MountMapping) {
    self.type = type
    self.source = source
    self.flags = flags
    self.data = data
    self.mapping = mapping
  }
}

/// How a process is born: what its parent does to it before it takes its first step.
public struct Birth: Equatable, Sendable {
  /// New namespaces.
  public var created: NamespaceSet
  /// Existing namespaces to join by path, before the new ones are made.
  public var joined: [JoinedNamespace]
  /// `exec`: the kinds to enter through the pidfd of the container's init process.
  public var entered: NamespaceSet
  /// Mappings of a new user namespace; those that one joined by path must have, where any are given.
  public var uidMappings: [IDMapping]
  /// The same for groups.
  public var gidMappings: [IDMapping]
  /// Offsets of a new time namespace.
  public var timeOffsets: [TimeOffset]
  /// Limits that the parent sets with `prlimit`, since only it may raise a hard limit.
  public var limits: [PlannedLimit]
  /// Written to `/proc/PID/oom_score_adj` by the parent.
  public var oomScoreAdj: Int?
  /// How many descriptors after standard input, output and error are passed on.
  public var preservedDescriptors: Int
  /// `exec`: where the process runs before it is in its cgroup. The parent takes this on for the time of
  /// the birth.
  public var initialCPUs: IndexList?
  /// Network devices that the parent moves into its namespace, once that is there.
  public var netDevices: [NetDevice] = []
  /// Its supplementary groups are the caller's.
  public var keepsGroups = false
  /// The resctrl group that it is put into.
  public var rdtGroup: RdtGroup?

  /// The new namespaces that the process makes itself once it is set up for them: its cgroup is the root of a
  /// cgroup namespace; the message queues of an IPC namespace belong to whoever makes it, which has to be the
  /// root of a new user namespace.
  public var unshared: NamespaceSet {
    var late = NamespaceSet(.cgroup)
    if created.contains(.user) { late.formUnion(NamespaceSet(.ipc)) }
    return created.intersection(late)
  }

  /// A namespace joined by path.
  public struct JoinedNamespace: Equatable, Sendable {
    /// The kind.
    public var type: NamespaceType
    /// The path.
    public var path: String
    /// Who asks for it.
    public var origin: JSONPointer

    /// Makes one.
    public init(type: NamespaceType, path: String, origin: JSONPointer) {
      self.type = type
      self.path = path
      self.origin = origin
    }
  }

  /// A resource limit by the kernel's number.
  public struct PlannedLimit: Equatable, Sendable {
    /// `RLIMIT_…`.
    public var resource: UInt32
    /// The limit in force.
    public var soft: UInt64
    /// The ceiling.
    public var hard: UInt64
    /// Who asks for it.
    public var origin: JSONPointer

    /// Makes one.
    public init(resource: UInt32, soft: UInt64, hard: UInt64, origin: JSONPointer) {
      self.resource = resource
      self.soft = soft
      self.hard = hard
      self.origin = origin
    }
  }

  /// A process in its parent's namespaces.
  public init(
    created: NamespaceSet = [], joined: [JoinedNamespace] = [], entered: NamespaceSet = [],
    uidMappings: [IDMapping] = [], gidMappings: [IDMapping] = [], timeOffsets: [TimeOffset] = [],
    limits: [PlannedLimit] = [], oomScoreAdj: Int? = nil, preservedDescriptors: Int = 0
  ) {
    self.created = created
    self.joined = joined
    self.entered = entered
    self.uidMappings = uidMappings
    self.gidMappings = gidMappings
    self.timeOffsets = timeOffsets
    self.limits = limits
    self.oomScoreAdj = oomScoreAdj
    self.preservedDescriptors = preservedDescriptors
  }
}
