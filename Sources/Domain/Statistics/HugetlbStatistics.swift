/// Huge pages of one size.
public struct HugetlbStatistics: Equatable, Sendable {
  /// The size as the files have it, such as `2MB`.
  public var pageSize: String
  /// Bytes in use.
  public var usage: UInt64 = 0
  /// The most that ever were in use (version 1).
  public var max: UInt64 = 0
  /// How often the limit stood in the way.
  public var failures: UInt64 = 0

  /// Nothing of a size.
  public init(pageSize: String) {
    self.pageSize = pageSize
  }

  /// Reads the files of every size, those that count reservations where the kernel has them.
  static func all<Files: ControlFiles>(
    _ files: Files, _ version: CgroupVersion
  ) throws(Files.Failure) -> [HugetlbStatistics] {
    var all: [HugetlbStatistics] = []
    for size in pageSizes(try files.names(of: "hugetlb", version), version) {
      var one = HugetlbStatistics(pageSize: size)
      switch version {
      case .one: try one.read(version1: files)
      case .two: try one.read(version2: files)
      }
      all.append(one)
    }
    return all
  }

  /// The sizes that have files, each once, in the order of their names.
  static func pageSizes(_ names: [String], _ version: CgroupVersion) -> [String] {
    let suffix = version == .one ? ".usage_in_bytes" : ".current"
    let sizes = names.compactMap { name -> String? in
      guard name.hasBytePrefix("hugetlb."), name.hasByteSuffix(suffix), !name.hasByteSuffix(".rsvd" + suffix)
      else {
        return nil
      }
      return String(name.dropFirst(8).dropLast(suffix.utf8.count))
    }
    return sizes.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func read<Files: ControlFiles>(version1 files: Files) throws(Files.Failure) {
    let prefix = "hugetlb.\(pageSize)"
    let isReserving = try files.read("\(prefix).rsvd.usage_in_bytes", .one) != nil
    let counted = isReserving ? "\(prefix).rsvd" : prefix
    usage = KernelText.value(try files.read("\(counted).usage_in_bytes", .one)) ?? 0
    max = KernelText.value(try files.read("\(counted).max_usage_in_bytes", .one)) ?? 0
    failures = KernelText.value(try files.read("\(counted).failcnt", .one)) ?? 0
  }

  private mutating func read<Files: ControlFiles>(version2 files: Files) throws(Files.Failure) {
    let prefix = "hugetlb.\(pageSize)"
    var used = try files.read("\(prefix).rsvd.current", .two)
    if used == nil { used = try files.read("\(prefix).current", .two) }
    usage = KernelText.value(used) ?? 0
    for (key, number) in KernelText.pairs(try files.read("\(prefix).events", .two)) where key == "max" {
      failures = number
    }
  }

  /// libcontainer's JSON.
  var json: JSON {
    var object = ObjectBuilder()
    object.add("usage", nonzero: usage)
    object.add("max", nonzero: max)
    object.add("failcnt", number: failures)
    return object.json
  }
}
