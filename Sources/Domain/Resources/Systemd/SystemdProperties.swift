/// Limits as properties of a unit.
///
/// They say what the control files of the unit's cgroup say, so that the service manager, when it writes
/// these files again (`systemctl daemon-reload`), does not undo a container's limits. Both come from one list
/// of writes, and the files are written after the properties: what a property can only approach, or cannot
/// say at all, holds by the file.
public enum SystemdProperties {
  /// The properties for the control files of cgroup v2.
  public static func version2(_ writes: [ControlWrite], _ version: SystemdVersion) -> [UnitProperty] {
    var list = PropertyList(version: version)
    for write in writes { list.take(write.systemdFile, write.systemdText) }
    return list.properties
  }

  /// The properties for the control files of cgroup v1. `period` is in force where none is written.
  public static func version1(
    _ writes: [ControlWrite], period: UInt64? = nil, _ version: SystemdVersion
  ) -> [UnitProperty] {
    var list = PropertyList(version: version)
    let written = writes.last { $0.file == "cpu.cfs_period_us" }.flatMap { UInt64($0.text) }
    list.period = [written, period].compactMap { $0 }.first { $0 > 0 } ?? 100_000
    for write in writes { list.takeVersion1(write.file, write.text) }
    return list.properties
  }

  /// What a new scope is made with, before the annotations' own properties, which win.
  public static func scope(
    _ id: ContainerID, slice: String, process: Int32, unified: Bool, _ version: SystemdVersion
  ) -> [UnitProperty] {
    var properties = [
      UnitProperty("Description", .string("martlet container " + id.text)),
      UnitProperty("Slice", .string(slice)),
      UnitProperty("Delegate", .boolean(true)),
      UnitProperty("PIDs", .array(.uint32, [.uint32(UInt32(bitPattern: process))])),
      UnitProperty("MemoryAccounting", .boolean(true)),
      UnitProperty("CPUAccounting", .boolean(true)),
      UnitProperty(unified ? "IOAccounting" : "BlockIOAccounting", .boolean(true)),
      UnitProperty("TasksAccounting", .boolean(true)),
      UnitProperty("DefaultDependencies", .boolean(false)),
    ]
    // A unit that failed would stay behind its container.
    if version.number >= 236 {
      properties.append(UnitProperty("CollectMode", .string("inactive-or-failed")))
    }
    return properties
  }

  /// No limit.
  static let infinity = UInt64.max
}

extension ControlWrite {
  /// The file by which systemd knows the setting: weights are BFQ's here, and of the cost model there.
  fileprivate var systemdFile: String {
    if let alternative, alternative.file == "io.weight" { return alternative.file }
    return file
  }

  fileprivate var systemdText: String {
    if let alternative, alternative.file == "io.weight" { return alternative.text }
    return text
  }
}

/// Properties as they come together: a later value takes the place of an earlier one, and devices are
/// collected.
private struct PropertyList {
  let version: SystemdVersion
  /// Of cgroup v1, which keeps it apart from the quota.
  var period: UInt64 = 100_000
  private var single: [UnitProperty] = []
  private var lists: [DeviceList] = []

  /// A property that is a list of devices: its place among the properties, and its entries by device.
  private struct DeviceList {
    let name: String
    let place: Int
    var devices = NameIndex()
    var entries: [PropertyValue] = []
  }

  init(version: SystemdVersion) { self.version = version }

  /// All of them, in the order in which they were first named.
  var properties: [UnitProperty] {
    var properties = single
    for list in lists {
      properties[list.place].value = .array(.structure([.string, .uint64]), list.entries)
    }
    return properties
  }

  mutating func set(_ name: String, _ value: PropertyValue, since: UInt32 = 0) {
    guard version.number >= since else { return }
    if let index = single.firstIndex(where: { $0.name == name }) {
      single[index].value = value
    } else {
      single.append(UnitProperty(name, value))
    }
  }

  /// Files with an amount, and the version from which on there is such a property.
  private static let amounts: [(file: String, name: String, since: UInt32)] = [
    ("memory.max", "MemoryMax", 231), ("memory.high", "MemoryHigh", 231), ("memory.low", "MemoryLow", 231),
    ("memory.min", "MemoryMin", 240), ("memory.swap.max", "MemorySwapMax", 232),
    ("memory.zswap.max", "MemoryZSwapMax", 253), ("cpu.weight", "CPUWeight", 232),
  ]

  private static let rates: [(key: String, name: String)] = [
    ("rbps", "IOReadBandwidthMax"), ("wbps", "IOWriteBandwidthMax"), ("riops", "IOReadIOPSMax"),
    ("wiops", "IOWriteIOPSMax"),
  ]

  mutating func take(_ file: String, _ text: String) {
    if let amount = PropertyList.amounts.first(where: { $0.file == file }) {
      if let value = PropertyList.amount(text) { set(amount.name, .uint64(value), since: amount.since) }
      return
    }
    switch file {
    case "cpu.idle": takeIdle(text)
    case "cpu.max": takeQuota(text)
    case "pids.max": takeTasks(text)
    case "cpuset.cpus": takeIndices("AllowedCPUs", text)
    case "cpuset.mems": takeIndices("AllowedMemoryNodes", text)
    case "io.weight", "io.bfq.weight": takeWeight(text, isBFQ: file != "io.weight")
    case "io.max": takeRates(text)
    default: break
    }
  }

  /// An idle cgroup has the weight 0 in systemd's words; one that no longer is, the default.
  private mutating func takeIdle(_ text: String) {
    guard text == "0" || text == "1" else { return }
    set("CPUWeight", .uint64(text == "1" ? 0 : SystemdProperties.infinity), since: 252)
  }

  /// `QUOTA PERIOD` of `cpu.max`, or a quota alone.
  private mutating func takeQuota(_ text: String) {
    let fields = text.utf8.split(separator: UInt8(ascii: " "))
    guard let first = fields.first, fields.count <= 2 else { return }
    let period = fields.count == 2 ? UInt64(Substring(fields[1])) : 100_000
    guard let period, period > 0 else { return }
    let quota = Substring(first) == "max" ? nil : UInt64(Substring(first))
    guard quota != nil || Substring(first) == "max" else { return }
    setQuota(quota, period, hasPeriod: fields.count == 2)
  }

  mutating func setQuota(_ quota: UInt64?, _ period: UInt64, hasPeriod: Bool) {
    if hasPeriod { set("CPUQuotaPeriodUSec", .uint64(period), since: 242) }
    let value = quota.map { PropertyList.perSecond($0, period) } ?? SystemdProperties.infinity
    set("CPUQuotaPerSecUSec", .uint64(value))
  }

  /// Microseconds in each second, as hundredths of a processor, the unit of systemd, and never less than was
  /// asked for.
  private static func perSecond(_ quota: UInt64, _ period: UInt64) -> UInt64 {
    let product = quota.multipliedFullWidth(by: 1_000_000)
    guard product.high < period else { return SystemdProperties.infinity }
    let (whole, rest) = period.dividingFullWidth(product)
    let (value, isBeyond) = whole.addingReportingOverflow(rest > 0 ? 1 : 0)
    let missing = (10_000 - value % 10_000) % 10_000
    let (rounded, isFar) = value.addingReportingOverflow(missing)
    return isBeyond || isFar ? SystemdProperties.infinity : rounded
  }

  /// systemd knows no limit of no task at all.
  private mutating func takeTasks(_ text: String) {
    guard let value = PropertyList.amount(text) else { return }
    set("TasksMax", .uint64(max(value, 1)))
  }

  /// No number at all is what a cgroup has that was never given any: those of its parent.
  private mutating func takeIndices(_ name: String, _ text: String) {
    guard let list = try? IndexList(text) else { return }
    set(name, .bytes(list.mask), since: 244)
  }

  /// A weight, or `default WEIGHT`, or that of one device.
  private mutating func takeWeight(_ text: String, isBFQ: Bool) {
    let fields = text.utf8.split(separator: UInt8(ascii: " "))
    guard let last = fields.last, var weight = UInt64(Substring(last)) else { return }
    if isBFQ { weight = weight > 1000 ? 10_000 : UInt64(BlockIOLimits.weight(legacy: UInt16(weight))) }
    guard (1...10_000).contains(weight) else { return }
    if fields.count == 1 || Substring(fields[0]) == "default" {
      set("IOWeight", .uint64(weight))
    } else {
      add("IODeviceWeight", Substring(fields[0]), weight)
    }
  }

  /// `MAJOR:MINOR KEY=RATE…` of `io.max`.
  private mutating func takeRates(_ text: String) {
    let fields = text.utf8.split(separator: UInt8(ascii: " "))
    guard let device = fields.first else { return }
    for field in fields.dropFirst() {
      let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1)
      guard parts.count == 2, let rate = PropertyList.amount(String(Substring(parts[1]))),
        let name = PropertyList.rates.first(where: { $0.key == Substring(parts[0]) })?.name
      else { continue }
      add(name, Substring(device), rate)
    }
  }

  /// One device of a property that is a list of devices. A long list costs no more than its length.
  mutating func add(_ name: String, _ device: Substring, _ number: UInt64) {
    guard PropertyList.isDevice(device) else { return }
    let path = "/dev/block/" + device
    let entry = PropertyValue.structure([.string(path), .uint64(number)])
    let list = place(ofList: name)
    if let known = lists[list].devices.remember(path) {
      lists[list].entries[known] = entry
    } else {
      lists[list].entries.append(entry)
    }
  }

  private mutating func place(ofList name: String) -> Int {
    if let known = lists.firstIndex(where: { $0.name == name }) { return known }
    lists.append(DeviceList(name: name, place: single.count))
    single.append(UnitProperty(name, .array(.structure([.string, .uint64]), [])))
    return lists.count - 1
  }

  private static func isDevice(_ text: Substring) -> Bool {
    let numbers = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    return numbers.count == 2 && numbers.allSatisfy { UInt32(Substring($0)) != nil }
  }

  /// A number, with a suffix as the kernel takes it, or `max`; nil for anything else.
  static func amount(_ text: String) -> UInt64? {
    if text == "max" { return SystemdProperties.infinity }
    var digits = text.utf8[...]
    var shift: UInt64 = 0
    switch digits.last.map({ $0 | 0x20 }) {
    case UInt8(ascii: "k"): shift = 10
    case UInt8(ascii: "m"): shift = 20
    case UInt8(ascii: "g"): shift = 30
    case UInt8(ascii: "t"): shift = 40
    default: break
    }
    if shift > 0 { digits = digits.dropLast() }
    guard digits.allSatisfy({ (48...57).contains($0) }), let number = UInt64(Substring(digits)) else {
      return nil
    }
    let (product, isBeyond) = number.multipliedReportingOverflow(by: 1 << shift)
    return isBeyond ? SystemdProperties.infinity : product
  }

  /// The files of cgroup v1, among which `quota` and `period` are two.
  mutating func takeVersion1(_ file: String, _ text: String) {
    switch file {
    case "memory.limit_in_bytes":
      if let value = PropertyList.signed(text) { set("MemoryLimit", .uint64(value)) }
    case "cpu.shares":
      if let value = UInt64(text) { set("CPUShares", .uint64(value)) }
    case "pids.max": takeTasks(text)
    case "cpu.cfs_period_us":
      if let value = UInt64(text), value > 0 { set("CPUQuotaPeriodUSec", .uint64(value), since: 242) }
    case "cpu.cfs_quota_us":
      guard let value = PropertyList.signed(text) else { return }
      setQuota(value == SystemdProperties.infinity ? nil : value, period, hasPeriod: false)
    case "blkio.weight":
      if let value = UInt64(text), (10...1000).contains(value) { set("BlockIOWeight", .uint64(value)) }
    case "blkio.weight_device": takeDevice("BlockIODeviceWeight", text)
    case "blkio.throttle.read_bps_device": takeDevice("BlockIOReadBandwidth", text)
    case "blkio.throttle.write_bps_device": takeDevice("BlockIOWriteBandwidth", text)
    default: break
    }
  }

  private static func signed(_ text: String) -> UInt64? {
    guard let value = Int64(text) else { return nil }
    return value < 0 ? SystemdProperties.infinity : UInt64(value)
  }

  /// `MAJOR:MINOR NUMBER`.
  private mutating func takeDevice(_ name: String, _ text: String) {
    let fields = text.utf8.split(separator: UInt8(ascii: " "))
    guard fields.count == 2, let number = UInt64(Substring(fields[1])) else { return }
    add(name, Substring(fields[0]), number)
  }
}
