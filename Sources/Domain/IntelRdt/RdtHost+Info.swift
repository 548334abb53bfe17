/// Reading the directory `info`.
extension RdtHost {
  /// What one directory of `info` holds: the content of its files by name.
  public struct InfoDirectory {
    /// The directory's name: that of the resource, or of its monitoring.
    public var name: String
    /// The content of a file; nil when there is none.
    public var file: (String) -> String?

    /// Describes a directory.
    public init(name: String, file: @escaping (String) -> String?) {
      self.name = name
      self.file = file
    }
  }

  /// The files of a resource's directory that are of interest here.
  public static let files = [
    "cbm_mask", "min_cbm_bits", "sparse_masks", "shareable_bits", "num_closids", "min_bandwidth",
    "bandwidth_gran", "delay_linear",
  ]

  /// Puts a host together.
  /// - Parameters:
  ///   - directories: those of `info`.
  ///   - root: the `schemata` of the default class, which names every domain.
  ///   - countsBandwidth: classes have the file `mba_MBps_event`, so bandwidths are in mebibytes a second.
  public init(_ directories: [InfoDirectory], root: RdtSchemata, countsBandwidth: Bool) {
    self.init(resources: [], events: [])
    for directory in directories {
      if let events = directory.file("mon_features") {
        self.events += events.fields(at: "\n").map { String($0) }
        continue
      }
      guard let classes = directory.file("num_closids") else { continue }
      let entries = root.entries.filter { $0.resource == directory.name }
      resources.append(
        Resource(
          name: directory.name,
          kind: RdtHost.kind(directory, values: entries.map(\.value), countsBandwidth),
          classes: RdtSchemata.number(classes, base: 10), domains: entries.map(\.domain)))
    }
  }

  private static func kind(_ directory: InfoDirectory, values: [String], _ countsBandwidth: Bool) -> Kind {
    func number(_ file: String, base: UInt64 = 10) -> UInt64? {
      directory.file(file).flatMap { RdtSchemata.number($0, base: base) }
    }
    if let mask = number("cbm_mask", base: 16) {
      return .cache(
        Cache(
          mask: mask, minimumBits: number("min_cbm_bits") ?? 1,
          allowsGaps: number("sparse_masks").map { $0 != 0 },
          shareable: number("shareable_bits", base: 16) ?? 0))
    }
    if let step = number("bandwidth_gran") {
      return .bandwidth(
        Bandwidth(
          minimum: number("min_bandwidth") ?? 0, step: step, isLinear: number("delay_linear") != 0,
          unit: countsBandwidth ? .mebibytes : unit(values)))
    }
    return .other
  }

  /// Before Linux 6.14 no file tells what the numbers mean. The default class has all there is, unless it was
  /// changed: 100 percent, the largest number where the kernel measures, or what a processor calls all.
  private static func unit(_ values: [String]) -> Unit {
    let numbers = values.map { RdtSchemata.number($0, base: 10) ?? UInt64.max }
    if numbers.contains(UInt64(UInt32.max)) { return .mebibytes }
    return numbers.allSatisfy { $0 <= 100 } ? .percent : .unknown
  }
}
