/// What one container uses at one moment, as `top` shows it: a few numbers.
public struct Usage: Equatable, Sendable {
  /// When it was looked at, in nanoseconds of a clock that does not jump.
  public var moment: UInt64
  /// Nanoseconds of processor time.
  public var cpu: UInt64
  /// Bytes of memory.
  public var memory: UInt64
  /// Bytes of memory at most; nil is no limit.
  public var memoryLimit: UInt64?
  /// Processes and threads.
  public var pids: UInt64
  /// Processes and threads at most; nil is no limit.
  public var pidsLimit: UInt64?
  /// Bytes read from devices.
  public var read: UInt64
  /// Bytes written to devices.
  public var written: UInt64

  /// What has to be read for it.
  public static let selection: StatisticsSelection = [.cpu, .memory, .pids, .io]

  /// Takes the numbers out of statistics.
  public init(_ statistics: ResourceStatistics, at moment: UInt64) {
    self.moment = moment
    cpu = statistics.cpu.total
    memory = statistics.memory.usage.usage
    let limit = statistics.memory.usage.limit
    // Both versions show a number beyond all memory where there is no limit.
    memoryLimit = limit == 0 || limit >= 1 << 60 ? nil : limit
    pids = statistics.pids.current
    pidsLimit = statistics.pids.limit == 0 ? nil : statistics.pids.limit
    read = statistics.io.sum(.serviceBytes, "Read")
    written = statistics.io.sum(.serviceBytes, "Write")
  }

  /// Processor time since an earlier look, in percent of one CPU; nil without one.
  public func cpuPercent(since earlier: Usage?) -> Double? {
    guard let earlier, moment > earlier.moment else { return nil }
    let used = cpu >= earlier.cpu ? cpu - earlier.cpu : 0
    return Double(used) / Double(moment - earlier.moment) * 100
  }
}

/// One line of `top`.
public struct UsageRow: Equatable, Sendable {
  /// The container.
  public var id: String
  /// What it uses; nil when nobody accounts for it.
  public var usage: Usage?
  /// Percent of one CPU since the last look.
  public var cpuPercent: Double?

  /// Makes a line from two looks.
  public init(_ id: String, _ usage: Usage?, since earlier: Usage?) {
    self.id = id
    self.usage = usage
    cpuPercent = usage?.cpuPercent(since: earlier)
  }

  /// How lines are ordered: the largest first, names by the alphabet.
  public enum Order: String, CaseIterable, Sendable {
    case cpu, memory, pids, io, id
  }

  /// The names of the columns.
  public static let header = ["ID", "CPU %", "MEMORY", "LIMIT", "MEMORY %", "PIDS", "READ", "WRITTEN"]

  /// The cells of a line.
  public var cells: [String] {
    guard let usage else { return [id] + [String](repeating: "-", count: UsageRow.header.count - 1) }
    return [
      id, cpuPercent.map { Quantity.decimal($0, digits: 2) } ?? "-", Quantity.bytes(usage.memory),
      usage.memoryLimit.map { Quantity.bytes($0) } ?? "-",
      memoryPercent.map { Quantity.decimal($0, digits: 2) } ?? "-", usage.pids.decimal,
      Quantity.bytes(usage.read), Quantity.bytes(usage.written),
    ]
  }

  /// Percent of the limit.
  public var memoryPercent: Double? {
    guard let usage, let limit = usage.memoryLimit else { return nil }
    return Double(usage.memory) / Double(limit) * 100
  }

  /// The line for programs; what is not known is left out.
  public var json: JSON {
    var object = ObjectBuilder()
    object.add("id", text: id)
    object.add("cpuPercent", cpuPercent.map { .real($0) })
    guard let usage else { return object.json }
    object.add("cpu", number: usage.cpu)
    object.add("memory", number: usage.memory)
    object.add("memoryLimit", number: usage.memoryLimit)
    object.add("pids", number: usage.pids)
    object.add("pidsLimit", number: usage.pidsLimit)
    object.add("read", number: usage.read)
    object.add("written", number: usage.written)
    return object.json
  }

  /// Puts lines in order; those that are alike by their names.
  public static func sort(_ rows: inout [UsageRow], by order: Order) {
    rows.sort { first, second in
      let (left, right) = (first.weight(order), second.weight(order))
      return left == right ? first.id < second.id : left > right
    }
  }

  private func weight(_ order: Order) -> Double {
    guard let usage else { return order == .id ? 0 : -1 }
    return switch order {
    case .cpu: cpuPercent ?? 0
    case .memory: Double(usage.memory)
    case .pids: Double(usage.pids)
    case .io: Double(usage.read) + Double(usage.written)
    case .id: 0
    }
  }
}

/// Numbers for readers.
public enum Quantity {
  /// Bytes with a unit, and one digit behind the point unless they are few: `512B`, `1.5MiB`.
  public static func bytes(_ count: UInt64) -> String {
    var (value, unit) = (Double(count), 0)
    while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    return decimal(value, digits: unit == 0 ? 0 : 1) + units[unit]
  }

  private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

  /// A number with so many digits behind the point, at most 6.
  public static func decimal(_ number: Double, digits: Int) -> String {
    let scale = (0..<max(0, min(digits, 6))).reduce(UInt64(1)) { scale, _ in scale * 10 }
    let scaled = max(0, number) * Double(scale) + 0.5
    guard scaled < 1e18 else { return "-" }
    let whole = UInt64(scaled)
    let fraction = (scale + whole % scale).decimal.dropFirst()
    return (whole / scale).decimal + (scale == 1 ? "" : "." + fraction)
  }
}
