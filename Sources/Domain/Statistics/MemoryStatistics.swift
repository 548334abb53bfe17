/// Memory, in bytes.
public struct MemoryStatistics: Equatable, Sendable {
  /// One counter and its limit.
  public struct Counter: Equatable, Sendable {
    /// The limit; the kernel's own largest number where there is none.
    public var limit: UInt64 = 0
    /// What is used.
    public var usage: UInt64 = 0
    /// The most that ever was used.
    public var max: UInt64 = 0
    /// How often the limit stood in the way.
    public var failures: UInt64 = 0

    /// Nothing yet.
    public init() {}
  }

  /// Pages that hold parts of files.
  public var cache: UInt64 = 0
  /// Memory.
  public var usage = Counter()
  /// Memory and swap together, as version 1 counts.
  public var swap = Counter()
  /// Swap alone (version 2).
  public var swapOnly = Counter()
  /// Kernel memory (version 1).
  public var kernel = Counter()
  /// Buffers of TCP (version 1).
  public var kernelTCP = Counter()
  /// `memory.stat`, in the order of names.
  public var raw: [NamedCount] = []
  /// What limits and want of memory led to.
  public var events = MemoryEvents()
  /// Time lost by waiting for memory.
  public var pressure: PressureStatistics?

  /// Nothing yet.
  public init() {}
}

/// A number with the kernel's name for it.
public struct NamedCount: Equatable, Sendable {
  /// The name.
  public var name: String
  /// The number.
  public var count: UInt64

  /// Names a number.
  public init(_ name: String, _ count: UInt64) {
    self.name = name
    self.count = count
  }
}

extension MemoryStatistics {
  /// Reads the files of version 1.
  init<Files: ControlFiles>(
    version1 files: Files, _ selection: StatisticsSelection
  ) throws(Files.Failure) {
    usage = try Counter(version1: files, "memory")
    guard selection.contains(.memoryDetail) else { return }
    swap = try Counter(version1: files, "memory.memsw")
    kernel = try Counter(version1: files, "memory.kmem")
    kernelTCP = try Counter(version1: files, "memory.kmem.tcp")
    setRaw(try files.read("memory.stat", .one), cache: "cache")
    events = MemoryEvents(try files.read("memory.oom_control", .one))
  }

  /// Reads the files of version 2.
  init<Files: ControlFiles>(
    version2 files: Files, _ selection: StatisticsSelection
  ) throws(Files.Failure) {
    usage = try Counter(version2: files, "memory")
    guard selection.contains(.memoryDetail) else { return }
    swapOnly = try Counter(version2: files, "memory.swap")
    swap.usage = KernelText.sum(usage.usage, swapOnly.usage)
    swap.limit = KernelText.sum(usage.limit, swapOnly.limit)
    setRaw(try files.read("memory.stat", .two), cache: "file")
    events = MemoryEvents(try files.read("memory.events", .two))
  }

  private mutating func setRaw(_ bytes: [UInt8]?, cache key: String) {
    raw = KernelText.pairs(bytes).map { NamedCount($0.key, $0.number) }
    raw.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    cache = raw.first { $0.name == key }?.count ?? 0
  }

  /// libcontainer's JSON, and what it lacks: `swapOnly` and `events`.
  var json: JSON {
    var object = ObjectBuilder()
    object.add("cache", nonzero: cache)
    object.add("usage", usage.json)
    object.add("swap", swap.json)
    object.add("kernel", kernel.json)
    object.add("kernelTCP", kernelTCP.json)
    if !raw.isEmpty { object.add("raw", .object(raw.map { .init($0.name, JSON(number: $0.count)) })) }
    object.add("psi", pressure?.json)
    object.add("swapOnly", swapOnly.json)
    object.add("events", events.json)
    return object.json
  }
}

extension MemoryStatistics.Counter {
  /// Reads `…usage_in_bytes` and its like.
  init<Files: ControlFiles>(version1 files: Files, _ prefix: String) throws(Files.Failure) {
    usage = KernelText.value(try files.read(prefix + ".usage_in_bytes", .one)) ?? 0
    max = KernelText.value(try files.read(prefix + ".max_usage_in_bytes", .one)) ?? 0
    failures = KernelText.value(try files.read(prefix + ".failcnt", .one)) ?? 0
    limit = KernelText.value(try files.read(prefix + ".limit_in_bytes", .one)) ?? 0
  }

  /// Reads `….current`, `….max` and `….peak`.
  init<Files: ControlFiles>(version2 files: Files, _ prefix: String) throws(Files.Failure) {
    usage = KernelText.value(try files.read(prefix + ".current", .two)) ?? 0
    limit = KernelText.value(try files.read(prefix + ".max", .two)) ?? 0
    max = KernelText.value(try files.read(prefix + ".peak", .two)) ?? 0
  }

  /// Nil when all is 0: there is no such counter.
  var json: JSON? {
    guard self != MemoryStatistics.Counter() else { return nil }
    var object = ObjectBuilder()
    object.add("limit", number: limit)
    object.add("usage", nonzero: usage)
    object.add("max", nonzero: max)
    object.add("failcnt", number: failures)
    return object.json
  }
}
