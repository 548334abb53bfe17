/// What a container uses of its processors' caches and memory bandwidth, and what it may use.
public struct RdtStatistics: Equatable, Sendable {
  /// The host's L3 cache; nil where it cannot be divided.
  public var cache: CacheInfo?
  /// The host's memory bandwidth; nil where it cannot be divided.
  public var bandwidth: BandwidthInfo?
  /// The lines of the default class.
  public var rootSchemata: [String] = []
  /// The lines of the container's class.
  public var schemata: [String] = []
  /// The counters by L3 domain, in the order of their numbers; nil where the class has none.
  public var domains: [Domain] = []

  /// `info/L3` (or the code half of it).
  public struct CacheInfo: Equatable, Sendable {
    /// `cbm_mask`, hexadecimal.
    public var mask: String
    /// `min_cbm_bits`.
    public var minimumBits: UInt64
    /// `num_closids`.
    public var classes: UInt64

    /// Makes it.
    public init(mask: String, minimumBits: UInt64, classes: UInt64) {
      self.mask = mask
      self.minimumBits = minimumBits
      self.classes = classes
    }
  }

  /// `info/MB`.
  public struct BandwidthInfo: Equatable, Sendable {
    /// `bandwidth_gran`.
    public var step: UInt64
    /// `delay_linear`.
    public var isLinear: Bool
    /// `min_bandwidth`.
    public var minimum: UInt64
    /// `num_closids`.
    public var classes: UInt64

    /// Makes it.
    public init(step: UInt64, isLinear: Bool, minimum: UInt64, classes: UInt64) {
      self.step = step
      self.isLinear = isLinear
      self.minimum = minimum
      self.classes = classes
    }
  }

  /// The counters of one domain.
  public struct Domain: Equatable, Sendable {
    /// Its number.
    public var number: UInt64
    /// `llc_occupancy`: bytes of the cache.
    public var occupancy: Counter?
    /// `mbm_total_bytes`: bytes read and written.
    public var totalBytes: Counter?
    /// `mbm_local_bytes`: those of them that were in the domain's own memory.
    public var localBytes: Counter?

    /// Makes it.
    public init(
      number: UInt64, occupancy: Counter? = nil, totalBytes: Counter? = nil, localBytes: Counter? = nil
    ) {
      self.number = number
      self.occupancy = occupancy
      self.totalBytes = totalBytes
      self.localBytes = localBytes
    }
  }

  /// A counter as the kernel gives it.
  public enum Counter: Equatable, Sendable {
    /// Bytes.
    case bytes(UInt64)
    /// `Unavailable`: nothing has been counted since a counter was given to the group.
    case unavailable
    /// `Error`: the hardware refused.
    case failed
    /// `Unassigned`: no counter is given to the group.
    case unassigned

    /// Reads a counter's file; nil when it holds something else.
    public init?(_ text: String) {
      switch text {
      case "Unavailable": self = .unavailable
      case "Error": self = .failed
      case "Unassigned": self = .unassigned
      default:
        guard let bytes = RdtSchemata.number(text, base: 10) else { return nil }
        self = .bytes(bytes)
      }
    }
  }

  /// Statistics of nothing.
  public init() {}

  /// What a host and a class's file say; the counters are to be added.
  public init(_ host: RdtHost, root: RdtSchemata, schemata: RdtSchemata) {
    for resource in host.resources {
      switch resource.kind {
      case .cache(let limits) where cache == nil && resource.name.hasBytePrefix("L3"):
        cache = CacheInfo(
          mask: String(limits.mask, radix: 16), minimumBits: limits.minimumBits,
          classes: resource.classes ?? 0)
      case .bandwidth(let limits) where resource.name == "MB":
        bandwidth = BandwidthInfo(
          step: limits.step, isLinear: limits.isLinear, minimum: limits.minimum,
          classes: resource.classes ?? 0)
      default: break
      }
    }
    rootSchemata = root.lines
    self.schemata = schemata.lines
  }
}

extension RdtStatistics {
  /// libcontainer's object: the value of `intel_rdt`. What is not there leaves no trace.
  ///
  /// A counter that has no value now leaves its key out, which is not the same as zero bytes.
  public var json: JSON {
    var object = ObjectBuilder()
    object.add("l3_cache_info", cache?.json)
    object.add("l3_cache_schema_root", text: line(of: "L3", rootSchemata))
    object.add("l3_cache_schema", text: line(of: "L3", schemata))
    object.add("mem_bw_info", bandwidth?.json)
    object.add("mem_bw_schema_root", text: line(of: "MB", rootSchemata))
    object.add("mem_bw_schema", text: line(of: "MB", schemata))
    object.add("schemata", filled: schemata)
    object.add("mbm_stats", list: domains.filter { $0.totalBytes != nil || $0.localBytes != nil }) { domain in
      var entry = ObjectBuilder()
      entry.add("mbm_total_bytes", number: domain.totalBytes?.bytes)
      entry.add("mbm_local_bytes", number: domain.localBytes?.bytes)
      return entry.json
    }
    object.add("cmt_stats", list: domains.filter { $0.occupancy != nil }) { domain in
      var entry = ObjectBuilder()
      entry.add("llc_occupancy", number: domain.occupancy?.bytes)
      return entry.json
    }
    return object.json
  }

  /// The first line of a resource, or of the halves that it is split into.
  private func line(of resource: String, _ lines: [String]) -> String? {
    lines.first { $0.hasBytePrefix(resource) }
  }
}

extension RdtStatistics.Counter {
  /// The bytes, where there is a count.
  public var bytes: UInt64? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }
}

extension RdtStatistics.CacheInfo {
  fileprivate var json: JSON {
    var object = ObjectBuilder()
    object.add("cbm_mask", text: mask)
    object.add("min_cbm_bits", number: minimumBits)
    object.add("num_closids", number: classes)
    return object.json
  }
}

extension RdtStatistics.BandwidthInfo {
  fileprivate var json: JSON {
    var object = ObjectBuilder()
    object.add("bandwidth_gran", number: step)
    object.add("delay_linear", number: isLinear ? UInt64(1) : 0)
    object.add("min_bandwidth", number: minimum)
    object.add("num_closids", number: classes)
    return object.json
  }
}
