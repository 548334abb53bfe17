/// Processor time, in nanoseconds.
public struct CPUStatistics: Equatable, Sendable {
  /// Altogether.
  public var total: UInt64 = 0
  /// By CPU (version 1).
  public var perCPU: [UInt64] = []
  /// In the kernel, by CPU (version 1).
  public var perCPUKernel: [UInt64] = []
  /// In user mode, by CPU (version 1).
  public var perCPUUser: [UInt64] = []
  /// In the kernel.
  public var kernel: UInt64 = 0
  /// In user mode.
  public var user: UInt64 = 0
  /// What the quota did.
  public var throttling = Throttling()
  /// What the burst allowed.
  public var bursts = Bursts()
  /// Time lost by waiting for a CPU.
  public var pressure: PressureStatistics?

  /// Periods of the quota.
  public struct Throttling: Equatable, Sendable {
    /// Periods that have passed.
    public var periods: UInt64 = 0
    /// Periods in which the quota was used up.
    public var throttledPeriods: UInt64 = 0
    /// Nanoseconds that tasks were held back.
    public var throttledTime: UInt64 = 0

    /// Nothing yet.
    public init() {}
  }

  /// Periods above the quota.
  public struct Bursts: Equatable, Sendable {
    /// Periods in which more than the quota was used.
    public var periods: UInt64 = 0
    /// Nanoseconds above the quota.
    public var time: UInt64 = 0

    /// Nothing yet.
    public init() {}
  }

  /// Nothing yet.
  public init() {}
}

extension CPUStatistics {
  /// Reads the files of version 1: `cpu.stat` and those of `cpuacct`.
  init<Files: ControlFiles>(version1 files: Files) throws(Files.Failure) {
    if files.version(of: "cpu") == .one { add(pairs: KernelText.pairs(try files.read("cpu.stat", .one))) }
    guard files.version(of: "cpuacct") == .one else { return }
    total = KernelText.value(try files.read("cpuacct.usage", .one)) ?? 0
    for (key, ticks) in KernelText.pairs(try files.read("cpuacct.stat", .one)) {
      // The kernel gives user space a hundred ticks a second, whatever it counts with.
      if key == "user" { user = KernelText.product(ticks, 10_000_000) }
      if key == "system" { kernel = KernelText.product(ticks, 10_000_000) }
    }
    let perCPU = try files.read("cpuacct.usage_percpu", .one) ?? []
    self.perCPU = perCPU.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.compactMap {
      KernelText.number($0)
    }
    try addUsageOfAll(files.read("cpuacct.usage_all", .one))
  }

  /// `cpuacct.usage_all`: a header, then a line `cpu user system` for each CPU.
  private mutating func addUsageOfAll(_ bytes: [UInt8]?) {
    for line in KernelText.lines(bytes).dropFirst() {
      let words = KernelText.words(line)
      guard words.count >= 3, let user = KernelText.number(words[1]), let system = KernelText.number(words[2])
      else { continue }
      perCPUUser.append(user)
      perCPUKernel.append(system)
    }
  }

  /// Reads the files of version 2.
  init<Files: ControlFiles>(version2 files: Files) throws(Files.Failure) {
    add(pairs: KernelText.pairs(try files.read("cpu.stat", .two)))
  }

  /// `cpu.stat`: version 1 counts time in nanoseconds, version 2 in microseconds.
  private mutating func add(pairs: [(key: String, number: UInt64)]) {
    for (key, number) in pairs {
      let nanoseconds = KernelText.product(number, 1000)
      switch key {
      case "usage_usec": total = nanoseconds
      case "user_usec": user = nanoseconds
      case "system_usec": kernel = nanoseconds
      case "nr_periods": throttling.periods = number
      case "nr_throttled": throttling.throttledPeriods = number
      case "throttled_time": throttling.throttledTime = number
      case "throttled_usec": throttling.throttledTime = nanoseconds
      case "nr_bursts": bursts.periods = number
      case "burst_time": bursts.time = number
      case "burst_usec": bursts.time = nanoseconds
      default: continue
      }
    }
  }

  /// libcontainer's JSON, and `burst`, which it lacks.
  var json: JSON {
    var usage = ObjectBuilder()
    usage.add("total", nonzero: total)
    usage.add("percpu", numbers: perCPU)
    usage.add("percpu_kernel", numbers: perCPUKernel)
    usage.add("percpu_user", numbers: perCPUUser)
    let isUsed = usage.filled != nil || kernel > 0 || user > 0
    usage.add("kernel", number: kernel)
    usage.add("user", number: user)
    var periods = ObjectBuilder()
    periods.add("periods", nonzero: throttling.periods)
    periods.add("throttledPeriods", nonzero: throttling.throttledPeriods)
    periods.add("throttledTime", nonzero: throttling.throttledTime)
    var burst = ObjectBuilder()
    burst.add("periods", nonzero: bursts.periods)
    burst.add("time", nonzero: bursts.time)
    var object = ObjectBuilder()
    if isUsed { object.add("usage", usage.json) }
    object.add("throttling", periods.filled)
    object.add("psi", pressure?.json)
    object.add("burst", burst.filled)
    return object.json
  }
}

extension ObjectBuilder {
  /// Adds a number, unless it is 0.
  mutating func add(_ name: String, nonzero number: UInt64) {
    if number > 0 { add(name, number: number) }
  }

  /// Adds a list of numbers, unless it is empty.
  mutating func add(_ name: String, numbers: [UInt64]) {
    add(name, list: numbers) { JSON(number: $0) }
  }
}
