/// What resctrl has of a container: its class of service, the host's `info`, and what its monitoring group counted.
/// What is nil or empty is not printed.
public struct IntelRdtStatistics: Equatable, Sendable {
  /// `info/L3`.
  public var l3CacheInfo: L3CacheInfo?
  /// The `L3` lines of the default group's schemata.
  public var l3CacheSchemaRoot: String?
  /// The `L3` lines of the container's schemata.
  public var l3CacheSchema: String?
  /// `info/MB`.
  public var memBwInfo: MemBwInfo?
  /// The `MB` line of the default group's schemata.
  public var memBwSchemaRoot: String?
  /// The `MB` line of the container's schemata.
  public var memBwSchema: String?
  /// All lines of the container's schemata.
  public var schemata: [String] = []
  /// Memory bandwidth by domain; nil when it is not monitored.
  public var bandwidth: [Bandwidth]?
  /// Bytes of the last-level cache by domain (`llc_occupancy`); nil when it is not monitored.
  public var cacheOccupancy: [UInt64]?

  /// Limits of cache masks.
  public struct L3CacheInfo: Equatable, Sendable {
    /// The mask of all bits, in hexadecimal digits.
    public var cbmMask = ""
    /// The fewest bits of a mask.
    public var minCbmBits: UInt64 = 0
    /// How many classes there can be.
    public var numClosids: UInt64 = 0

    /// Nothing known.
    public init() {}
  }

  /// Limits of bandwidth throttling.
  public struct MemBwInfo: Equatable, Sendable {
    /// Steps, in percent.
    public var bandwidthGran: UInt64 = 0
    /// Whether delays grow evenly.
    public var delayLinear: UInt64 = 0
    /// The least, in percent.
    public var minBandwidth: UInt64 = 0
    /// How many classes there can be.
    public var numClosids: UInt64 = 0

    /// Nothing known.
    public init() {}
  }

  /// Bytes that one domain moved.
  public struct Bandwidth: Equatable, Sendable {
    /// `mbm_total_bytes`.
    public var total: UInt64
    /// `mbm_local_bytes`.
    public var local: UInt64

    /// Makes numbers of one domain.
    public init(total: UInt64, local: UInt64) {
      self.total = total
      self.local = local
    }
  }

  /// Nothing known.
  public init() {}

  /// libcontainer's JSON.
  var json: JSON {
    var object = ObjectBuilder()
    object.add("l3_cache_info", l3CacheInfo?.json)
    object.add("l3_cache_schema_root", text: l3CacheSchemaRoot)
    object.add("l3_cache_schema", text: l3CacheSchema)
    object.add("mem_bw_info", memBwInfo?.json)
    object.add("mem_bw_schema_root", text: memBwSchemaRoot)
    object.add("mem_bw_schema", text: memBwSchema)
    object.add("schemata", filled: schemata)
    object.add("mbm_stats", bandwidth.map { .array($0.map(\.json)) })
    object.add(
      "cmt_stats",
      cacheOccupancy.map { .array($0.map { .object([.init("llc_occupancy", JSON(number: $0))]) }) })
    return object.json
  }
}

extension IntelRdtStatistics.L3CacheInfo {
  var json: JSON {
    var object = ObjectBuilder()
    if !cbmMask.isEmpty { object.add("cbm_mask", text: cbmMask) }
    object.add("min_cbm_bits", nonzero: minCbmBits)
    object.add("num_closids", nonzero: numClosids)
    return object.json
  }
}

extension IntelRdtStatistics.MemBwInfo {
  var json: JSON {
    var object = ObjectBuilder()
    object.add("bandwidth_gran", nonzero: bandwidthGran)
    object.add("delay_linear", nonzero: delayLinear)
    object.add("min_bandwidth", nonzero: minBandwidth)
    object.add("num_closids", nonzero: numClosids)
    return object.json
  }
}

extension IntelRdtStatistics.Bandwidth {
  var json: JSON {
    .object([.init("mbm_total_bytes", JSON(number: total)), .init("mbm_local_bytes", JSON(number: local))])
  }
}
