/// The cpuset of version 1; version 2 has nothing of it that counts.
public struct CpusetStatistics: Equatable, Sendable {
  /// The CPUs.
  public var cpus: [UInt32] = []
  /// The memory nodes.
  public var mems: [UInt32] = []
  /// The flags and numbers that are files of one number each, in the order of `names`.
  public var values = [Int64](repeating: 0, count: CpusetStatistics.names.count)

  /// The names of `values` in JSON; the files have them behind `cpuset.`.
  public static let names = [
    "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
    "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level",
  ]

  /// Nothing known.
  public init() {}

  /// Reads the files of version 1.
  init<Files: ControlFiles>(version1 files: Files) throws(Files.Failure) {
    cpus = CpusetStatistics.list(try files.read("cpuset.cpus", .one))
    mems = CpusetStatistics.list(try files.read("cpuset.mems", .one))
    for (index, name) in CpusetStatistics.names.enumerated() {
      let line = KernelText.lines(try files.read("cpuset.\(name)", .one)).first
      values[index] = line.flatMap { KernelText.signed($0) } ?? 0
    }
  }

  private static func list(_ bytes: [UInt8]?) -> [UInt32] {
    guard let line = KernelText.lines(bytes).first, let list = try? IndexList(KernelText.text(line)) else {
      return []
    }
    return list.ranges.flatMap { Array($0) }
  }

  /// libcontainer's JSON.
  var json: JSON {
    var object = ObjectBuilder()
    for (index, name) in CpusetStatistics.names.enumerated() {
      if index == 0 { object.add("cpus", list: cpus) { .integer(Int64($0)) } }
      if index == 1 { object.add("mems", list: mems) { .integer(Int64($0)) } }
      object.add(name, number: values[index])
    }
    return object.json
  }
}
