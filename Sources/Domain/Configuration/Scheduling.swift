/// `process.scheduler`: when and how long the kernel lets the process run.
public struct Scheduler: Equatable, Sendable {
  /// The policies by the specification's names.
  public enum Policy: String, Sendable, CaseIterable {
    case other = "SCHED_OTHER"
    case fifo = "SCHED_FIFO"
    case roundRobin = "SCHED_RR"
    case batch = "SCHED_BATCH"
    case iso = "SCHED_ISO"
    case idle = "SCHED_IDLE"
    case deadline = "SCHED_DEADLINE"
  }

  /// The flags by the specification's names.
  public enum Flag: String, Sendable, CaseIterable {
    case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
    case reclaim = "SCHED_FLAG_RECLAIM"
    case overrun = "SCHED_FLAG_DL_OVERRUN"
    case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
    case keepParameters = "SCHED_FLAG_KEEP_PARAMS"
    case clampMinimum = "SCHED_FLAG_UTIL_CLAMP_MIN"
    case clampMaximum = "SCHED_FLAG_UTIL_CLAMP_MAX"
  }

  /// The policy.
  public var policy: Policy
  /// -20 to 19; a fair policy's weight.
  public var nice: Int32 = 0
  /// 1 to 99; a real-time policy's rank.
  public var priority: Int32 = 0
  /// Flags.
  public var flags: [Flag] = []
  /// Nanoseconds in each period, for the deadline policy.
  public var runtime: UInt64 = 0
  /// Nanoseconds from a period's beginning by which the run time must have been had.
  public var deadline: UInt64 = 0
  /// Nanoseconds; 0 is the deadline's.
  public var period: UInt64 = 0

  /// Makes a scheduler.
  public init(policy: Policy) {
    self.policy = policy
  }
}

/// `process.ioPriority`.
public struct IOPriority: Equatable, Sendable {
  /// The classes by the specification's names.
  public enum Class: String, Sendable, CaseIterable {
    case realTime = "IOPRIO_CLASS_RT"
    case bestEffort = "IOPRIO_CLASS_BE"
    case idle = "IOPRIO_CLASS_IDLE"
  }

  /// The class.
  public var ioClass: Class
  /// 0, the highest, to 7.
  public var priority: Int32

  /// Makes a priority.
  public init(_ ioClass: Class, priority: Int32 = 0) {
    self.ioClass = ioClass
    self.priority = priority
  }
}

/// `process.execCPUAffinity`: where a process of `exec` runs, as lists of CPUs.
public struct ExecCPUAffinity: Equatable, Sendable {
  /// Before it is in the container's cgroup; nil leaves the runtime's.
  public var initial: String?
  /// Afterwards; nil leaves it to the kernel.
  public var final: String?

  /// Makes an affinity.
  public init(initial: String? = nil, final: String? = nil) {
    self.initial = initial
    self.final = final
  }
}
