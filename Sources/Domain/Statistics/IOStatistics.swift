/// Input and output of block devices.
public struct IOStatistics: Equatable, Sendable {
  /// A table of numbers by device, and by kind of operation where it tells them apart.
  public enum Table: String, CaseIterable, Sendable {
    case serviceBytes = "ioServiceBytesRecursive"
    case serviced = "ioServicedRecursive"
    case queued = "ioQueueRecursive"
    case serviceTime = "ioServiceTimeRecursive"
    case waitTime = "ioWaitTimeRecursive"
    case merged = "ioMergedRecursive"
    case time = "ioTimeRecursive"
    case sectors = "sectorsRecursive"
    // Those below are not libcontainer's.
    case discardedBytes = "ioDiscardedBytesRecursive"
    case discards = "ioDiscardsRecursive"
    case costUsage = "ioCostUsage"
    case costWait = "ioCostWait"
    case costIndebt = "ioCostIndebt"
    case costIndelay = "ioCostIndelay"
  }

  /// One number.
  public struct Entry: Equatable, Sendable {
    /// The device.
    public var major: UInt64
    /// The device.
    public var minor: UInt64
    /// `Read`, `Write` and the like; empty where operations are not told apart.
    public var operation: String
    /// Bytes, operations, nanoseconds, milliseconds or sectors, by the table.
    public var value: UInt64

    /// Makes an entry.
    public init(major: UInt64, minor: UInt64, operation: String = "", value: UInt64) {
      self.major = major
      self.minor = minor
      self.operation = operation
      self.value = value
    }
  }

  /// The tables that have entries.
  public var tables: [Table: [Entry]] = [:]
  /// Time lost by waiting for a device.
  public var pressure: PressureStatistics?

  /// Nothing yet.
  public init() {}

  /// The sum of the entries of an operation in a table.
  public func sum(_ table: Table, _ operation: String) -> UInt64 {
    (tables[table] ?? []).reduce(0) { sum, entry in
      entry.operation == operation ? KernelText.sum(sum, entry.value) : sum
    }
  }

  /// libcontainer's JSON, and tables that it lacks.
  var json: JSON {
    var object = ObjectBuilder()
    for table in Table.allCases {
      if table == .discardedBytes { object.add("psi", pressure?.json) }
      object.add(table.rawValue, list: tables[table] ?? []) { $0.json }
    }
    return object.json
  }
}

extension IOStatistics.Entry {
  var json: JSON {
    var object = ObjectBuilder()
    object.add("major", nonzero: major)
    object.add("minor", nonzero: minor)
    if !operation.isEmpty { object.add("op", text: operation) }
    object.add("value", nonzero: value)
    return object.json
  }
}

extension IOStatistics {
  /// Reads the files of version 1: those of the scheduler that counts, else those of the throttle, which counts
  /// always.
  init<Files: ControlFiles>(version1 files: Files) throws(Files.Failure) {
    for prefix in ["blkio.bfq", "blkio"] {
      let serviced = IOStatistics.entries(try files.read("\(prefix).io_serviced_recursive", .one))
      guard !serviced.isEmpty else { continue }
      for (table, name) in IOStatistics.schedulerFiles {
        add(table, IOStatistics.entries(try files.read("\(prefix).\(name)_recursive", .one)))
      }
      return
    }
    for (table, name) in IOStatistics.schedulerFiles.prefix(2) {
      // Before Linux 4.20 there is no file that counts what is below too.
      var bytes = try files.read("blkio.throttle.\(name)_recursive", .one)
      if bytes == nil { bytes = try files.read("blkio.throttle.\(name)", .one) }
      add(table, IOStatistics.entries(bytes))
    }
  }

  /// The files of a scheduler; the throttle has the first two.
  private static let schedulerFiles: [(Table, String)] = [
    (.serviceBytes, "io_service_bytes"), (.serviced, "io_serviced"), (.queued, "io_queued"),
    (.serviceTime, "io_service_time"), (.waitTime, "io_wait_time"), (.merged, "io_merged"), (.time, "time"),
    (.sectors, "sectors"),
  ]

  /// Lines `major:minor operation number`, or without the operation. Sums over all devices are passed over.
  static func entries(_ bytes: [UInt8]?) -> [Entry] {
    KernelText.lines(bytes).compactMap { line in
      let words = KernelText.words(line)
      guard words.count == 2 || words.count == 3, let device = KernelText.device(words[0]),
        let value = KernelText.number(words[words.count - 1])
      else { return nil }
      let operation = words.count == 3 ? KernelText.text(words[1]) : ""
      return Entry(major: device.major, minor: device.minor, operation: operation, value: value)
    }
  }

  /// Reads `io.stat` of version 2: lines `major:minor key=number …`.
  init<Files: ControlFiles>(version2 files: Files) throws(Files.Failure) {
    for line in KernelText.lines(try files.read("io.stat", .two)) {
      let words = KernelText.words(line)
      guard let device = words.first.flatMap({ KernelText.device($0) }) else { continue }
      for (key, number) in KernelText.assignments(words.dropFirst()) {
        guard let column = IOStatistics.columns.first(where: { $0.key == key }) else { continue }
        // Devices that never discarded anything are not mentioned among those that did.
        if column.isRare, number == 0 { continue }
        let entry = Entry(
          major: device.major, minor: device.minor, operation: column.operation, value: number)
        add(column.table, [entry])
      }
    }
  }

  private struct Column: Sendable {
    let key: String
    let table: Table
    let operation: String
    var isRare = false
  }

  private static let columns: [Column] = [
    Column(key: "rbytes", table: .serviceBytes, operation: "Read"),
    Column(key: "wbytes", table: .serviceBytes, operation: "Write"),
    Column(key: "rios", table: .serviced, operation: "Read"),
    Column(key: "wios", table: .serviced, operation: "Write"),
    Column(key: "dbytes", table: .discardedBytes, operation: "Discard", isRare: true),
    Column(key: "dios", table: .discards, operation: "Discard", isRare: true),
    Column(key: "cost.usage", table: .costUsage, operation: ""),
    Column(key: "cost.wait", table: .costWait, operation: ""),
    Column(key: "cost.indebt", table: .costIndebt, operation: ""),
    Column(key: "cost.indelay", table: .costIndelay, operation: ""),
  ]

  private mutating func add(_ table: Table, _ entries: [Entry]) {
    if !entries.isEmpty { tables[table, default: []] += entries }
  }
}
