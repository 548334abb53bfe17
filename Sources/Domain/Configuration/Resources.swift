/// `linux.resources`: the limits that a cgroup manager enforces. Nil asks nothing.
public struct Resources: Equatable, Sendable {
  /// `memory`.
  public var memory = MemoryLimits()
  /// `cpu`.
  public var cpu = CPULimits()
  /// `pids.limit`: 0 is a real limit, below 0 is none.
  public var pidsLimit: Int64?
  /// `devices`: rules in order.
  public var devices: [DeviceRule] = []
  /// `blockIO`.
  public var blockIO = BlockIOLimits()
  /// `hugepageLimits`.
  public var hugepages: [HugepageLimit] = []
  /// `rdma`, in document order.
  public var rdma: [RdmaLimit] = []
  /// `network`.
  public var network = NetworkLimits()
  /// `unified`: control files of cgroup v2 by name, in document order.
  public var unified: [Annotation] = []

  /// No limits.
  public init() {}
}

/// `linux.resources.memory`, in bytes; -1 is unlimited.
public struct MemoryLimits: Equatable, Sendable {
  /// The hard limit.
  public var limit: Int64?
  /// The soft limit.
  public var reservation: Int64?
  /// Memory and swap together.
  public var swap: Int64?
  /// Kernel memory: accepted and ignored with a warning, as the kernel ignores it.
  public var kernel: Int64?
  /// Kernel TCP memory: accepted and ignored with a warning.
  public var kernelTCP: Int64?
  /// 0 to 100; cgroup v1 only.
  public var swappiness: UInt64?
  /// The OOM killer is off; cgroup v1 only.
  public var disableOOMKiller: Bool?
  /// Accepted; hierarchy is always used.
  public var useHierarchy: Bool?
  /// Refuse a limit below the present usage.
  public var checkBeforeUpdate: Bool?

  /// No limits.
  public init() {}
}

/// `linux.resources.cpu`.
public struct CPULimits: Equatable, Sendable {
  /// Relative weight, 2 to 262144.
  public var shares: UInt64?
  /// Microseconds of run time in a period; 0 or below is no limit.
  public var quota: Int64?
  /// Microseconds of burst.
  public var burst: UInt64?
  /// The period in microseconds.
  public var period: UInt64?
  /// Microseconds of real-time run time; cgroup v1 only.
  public var realtimeRuntime: Int64?
  /// Real-time period in microseconds; cgroup v1 only.
  public var realtimePeriod: UInt64?
  /// CPUs, as a list such as `0-3,7`.
  public var cpus: String?
  /// Memory nodes, as a list.
  public var mems: String?
  /// 1 makes the cgroup idle.
  public var idle: Int64?

  /// No limits.
  public init() {}
}

/// One entry of `linux.resources.devices`.
public struct DeviceRule: Equatable, Sendable {
  /// What a rule speaks of.
  public enum Kind: String, Sendable, CaseIterable {
    case all = "a"
    case block = "b"
    case character = "c"
  }

  /// What the rule lets a process do, as bits.
  public struct Access: OptionSet, Hashable, Sendable {
    /// The kernel's `BPF_DEVCG_ACC_…` bits.
    public let rawValue: UInt8
    /// Takes kernel bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Make the node.
    public static let makeNode = Access(rawValue: 1)
    /// Read it.
    public static let read = Access(rawValue: 2)
    /// Write it.
    public static let write = Access(rawValue: 4)
    /// All three.
    public static let all: Access = [.makeNode, .read, .write]
  }

  /// Allow or deny.
  public var allow: Bool
  /// The kind of device.
  public var kind: Kind
  /// Major number; nil is any.
  public var major: UInt32?
  /// Minor number; nil is any.
  public var minor: UInt32?
  /// The accesses it speaks of.
  public var access: Access

  /// Makes a rule.
  public init(
    allow: Bool, kind: Kind = .all, major: UInt32? = nil, minor: UInt32? = nil, access: Access = .all
  ) {
    self.allow = allow
    self.kind = kind
    self.major = major
    self.minor = minor
    self.access = access
  }
}
