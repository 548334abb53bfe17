/// What a container uses, as its cgroups account for it.
public struct ResourceStatistics: Equatable, Sendable {
  /// Processor time.
  public var cpu = CPUStatistics()
  /// CPUs and memory nodes.
  public var cpuset = CpusetStatistics()
  /// Memory.
  public var memory = MemoryStatistics()
  /// Processes and threads.
  public var pids = PidsStatistics()
  /// Block devices.
  public var io = IOStatistics()
  /// Huge pages by size.
  public var hugetlb: [HugetlbStatistics] = []
  /// InfiniBand resources in use.
  public var rdma: [RdmaStatistics] = []
  /// InfiniBand resources allowed.
  public var rdmaLimits: [RdmaStatistics] = []
  /// Resources of few hosts.
  public var misc: [MiscStatistics] = []

  /// Nothing yet.
  public init() {}

  /// Reads what is selected, each controller's from the hierarchy that it is in.
  public init<Files: ControlFiles>(
    _ files: Files, _ selection: StatisticsSelection = .all
  ) throws(Files.Failure) {
    if selection.contains(.cpu) { try readCPU(files) }
    if selection.contains(.cpuset), files.version(of: "cpuset") == .one {
      cpuset = try CpusetStatistics(version1: files)
    }
    if selection.contains(.memory) { try readMemory(files, selection) }
    if selection.contains(.pids), let version = files.version(of: "pids") {
      pids = try PidsStatistics(files, version)
    }
    if selection.contains(.io) { try readIO(files) }
    if selection.contains(.hugetlb), let version = files.version(of: "hugetlb") {
      hugetlb = try HugetlbStatistics.all(files, version)
    }
    try readRare(files, selection)
    if selection.contains(.pressure) { try readPressure(files) }
  }

  private mutating func readCPU<Files: ControlFiles>(_ files: Files) throws(Files.Failure) {
    let isOld = files.version(of: "cpu") == .one || files.version(of: "cpuacct") == .one
    cpu = try isOld ? CPUStatistics(version1: files) : CPUStatistics(version2: files)
  }

  private mutating func readMemory<Files: ControlFiles>(
    _ files: Files, _ selection: StatisticsSelection
  ) throws(Files.Failure) {
    switch files.version(of: "memory") {
    case .one: memory = try MemoryStatistics(version1: files, selection)
    case .two: memory = try MemoryStatistics(version2: files, selection)
    case nil: break
    }
  }

  private mutating func readIO<Files: ControlFiles>(_ files: Files) throws(Files.Failure) {
    // The same controller has a name of its own in each version.
    if files.version(of: "blkio") == .one {
      io = try IOStatistics(version1: files)
    } else if files.version(of: "io") == .two {
      io = try IOStatistics(version2: files)
    }
  }

  private mutating func readRare<Files: ControlFiles>(
    _ files: Files, _ selection: StatisticsSelection
  ) throws(Files.Failure) {
    if selection.contains(.rdma), let version = files.version(of: "rdma") {
      rdma = RdmaStatistics.all(try files.read("rdma.current", version))
      rdmaLimits = RdmaStatistics.all(try files.read("rdma.max", version))
    }
    if selection.contains(.misc), let version = files.version(of: "misc") {
      misc = MiscStatistics.all(
        current: try files.read("misc.current", version), events: try files.read("misc.events", version))
    }
  }

  /// Version 2 has these files whatever controllers it has.
  private mutating func readPressure<Files: ControlFiles>(_ files: Files) throws(Files.Failure) {
    cpu.pressure = PressureStatistics(try files.read("cpu.pressure", .two))
    memory.pressure = PressureStatistics(try files.read("memory.pressure", .two))
    io.pressure = PressureStatistics(try files.read("io.pressure", .two))
  }

  /// What is selected of these, the rest as if nothing were known.
  public func only(_ selection: StatisticsSelection) -> ResourceStatistics {
    var chosen = ResourceStatistics()
    if selection.contains(.cpu) { chosen.cpu = cpu }
    if selection.contains(.cpuset) { chosen.cpuset = cpuset }
    if selection.contains(.memory) { chosen.memory = memory }
    if selection.contains(.pids) { chosen.pids = pids }
    if selection.contains(.io) { chosen.io = io }
    if selection.contains(.hugetlb) { chosen.hugetlb = hugetlb }
    if selection.contains(.rdma) { (chosen.rdma, chosen.rdmaLimits) = (rdma, rdmaLimits) }
    if selection.contains(.misc) { chosen.misc = misc }
    return chosen
  }
}
