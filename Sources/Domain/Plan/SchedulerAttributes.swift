/// How a process is scheduled, in the kernel's numbers. The corresponding system call is `sched_setattr`.
public struct SchedulerAttributes: Equatable, Sendable {
  /// `SCHED_…`.
  public var policy: UInt32
  /// `SCHED_FLAG_…`.
  public var flags: UInt64
  /// -20 to 19.
  public var nice: Int32
  /// 1 to 99 for a real-time policy, 0 for others.
  public var priority: UInt32
  /// Nanoseconds.
  public var runtime: UInt64
  /// Nanoseconds.
  public var deadline: UInt64
  /// Nanoseconds.
  public var period: UInt64

  /// `SCHED_DEADLINE`.
  public static let deadlinePolicy: UInt32 = 6

  /// Makes attributes.
  public init(
    policy: UInt32, flags: UInt64 = 0, nice: Int32 = 0, priority: UInt32 = 0, runtime: UInt64 = 0,
    deadline: UInt64 = 0, period: UInt64 = 0
  ) {
    self.policy = policy
    self.flags = flags
    self.nice = nice
    self.priority = priority
    self.runtime = runtime
    self.deadline = deadline
    self.period = period
  }

  /// What the specification's names stand for.
  public init(_ scheduler: Scheduler) {
    self.init(
      policy: scheduler.policy.number, flags: scheduler.flags.reduce(0) { $0 | $1.bit },
      nice: scheduler.nice, priority: UInt32(clamping: scheduler.priority), runtime: scheduler.runtime,
      deadline: scheduler.deadline, period: scheduler.period)
  }
}

extension Scheduler.Policy {
  /// `SCHED_…`.
  var number: UInt32 {
    switch self {
    case .other: 0
    case .fifo: 1
    case .roundRobin: 2
    case .batch: 3
    case .iso: 4
    case .idle: 5
    case .deadline: SchedulerAttributes.deadlinePolicy
    }
  }
}

extension Scheduler.Flag {
  /// `SCHED_FLAG_…`.
  var bit: UInt64 {
    switch self {
    case .resetOnFork: 0x01
    case .reclaim: 0x02
    case .overrun: 0x04
    case .keepPolicy: 0x08
    case .keepParameters: 0x10
    case .clampMinimum: 0x20
    case .clampMaximum: 0x40
    }
  }
}

extension IOPriority {
  /// The class above 13 bits of priority. The corresponding system call is `ioprio_set`.
  public var number: UInt32 {
    let number: UInt32 =
      switch ioClass {
      case .realTime: 1
      case .bestEffort: 2
      case .idle: 3
      }
    return number << 13 | UInt32(clamping: priority) & 0x1FFF
  }
}

extension MemoryPolicy {
  /// The mode, and the flags as its high bits. The corresponding system call is `set_mempolicy`.
  public var number: UInt32 {
    let number: UInt32 =
      switch mode {
      case .byDefault: 0
      case .preferred: 1
      case .bind: 2
      case .interleave: 3
      case .local: 4
      case .preferredMany: 5
      case .weightedInterleave: 6
      }
    return flags.reduce(number) { $0 | $1.bit }
  }
}

extension MemoryPolicy.Flag {
  /// `MPOL_F_…`.
  var bit: UInt32 {
    switch self {
    case .balancing: 1 << 13
    case .relativeNodes: 1 << 14
    case .staticNodes: 1 << 15
    }
  }
}

extension Personality.Domain {
  /// `PER_…`. The corresponding system call is `personality`.
  public var number: UInt32 {
    switch self {
    case .linux: 0
    case .linux32: 8
    }
  }
}
