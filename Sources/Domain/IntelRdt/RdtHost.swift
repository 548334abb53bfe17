/// What a host's processors can divide, as the directory `info` of resctrl tells it.
///
/// Only what cannot change while the file system is mounted is checked here: what other classes hold, and
/// which of them are exclusive or locked, the kernel alone can judge, at the moment of a write.
public struct RdtHost: Equatable, Sendable {
  /// A resource that can be divided.
  public struct Resource: Equatable, Sendable {
    /// The name of its line.
    public var name: String
    /// How it is divided.
    public var kind: Kind
    /// `num_closids`: how many classes it can tell apart.
    public var classes: UInt64?
    /// The numbers of its domains.
    public var domains: [UInt64]

    /// Describes a resource.
    public init(name: String, kind: Kind, classes: UInt64? = nil, domains: [UInt64]) {
      self.name = name
      self.kind = kind
      self.classes = classes
      self.domains = domains
    }
  }

  /// How a resource is divided.
  public enum Kind: Equatable, Sendable {
    /// Part by part.
    case cache(Cache)
    /// By amount.
    case bandwidth(Bandwidth)
    /// In a way that is not known here.
    case other
  }

  /// A cache.
  public struct Cache: Equatable, Sendable {
    /// `cbm_mask`: all its parts.
    public var mask: UInt64
    /// `min_cbm_bits`: the fewest parts in a row.
    public var minimumBits: UInt64
    /// `sparse_masks`: parts need not be next to each other; nil where the kernel does not tell.
    public var allowsGaps: Bool?
    /// `shareable_bits`: the parts that hardware uses too.
    public var shareable: UInt64

    /// Describes a cache.
    public init(mask: UInt64, minimumBits: UInt64 = 1, allowsGaps: Bool? = nil, shareable: UInt64 = 0) {
      self.mask = mask
      self.minimumBits = minimumBits
      self.allowsGaps = allowsGaps
      self.shareable = shareable
    }
  }

  /// A memory bandwidth.
  public struct Bandwidth: Equatable, Sendable {
    /// `min_bandwidth`.
    public var minimum: UInt64
    /// `bandwidth_gran`: the steps that the hardware has.
    public var step: UInt64
    /// `delay_linear`.
    public var isLinear: Bool
    /// What a number means.
    public var unit: Unit

    /// Describes a bandwidth.
    public init(minimum: UInt64, step: UInt64, isLinear: Bool = true, unit: Unit = .percent) {
      self.minimum = minimum
      self.step = step
      self.isLinear = isLinear
      self.unit = unit
    }
  }

  /// What a number of a memory bandwidth means.
  public enum Unit: Equatable, Sendable {
    /// Of 100.
    case percent
    /// Mebibytes a second: the kernel keeps to it by measuring (`mba_MBps`).
    case mebibytes
    /// Something else, such as eighths of a gigabyte a second.
    case unknown
  }

  /// The resources.
  public var resources: [Resource]
  /// `mon_features`: the events that can be counted; empty where nothing can.
  public var events: [String]

  /// Describes a host.
  public init(resources: [Resource], events: [String] = []) {
    self.resources = resources
    self.events = events
  }

  /// Finds a resource by name.
  public func resource(_ name: String) -> Resource? {
    resources.first { $0.name == name }
  }
}

extension RdtHost {
  /// Checks that lines are such as this host takes.
  public func check(_ schemata: RdtSchemata) throws(RdtSchemaProblem) {
    for entry in schemata.entries {
      guard let resource = resource(entry.resource) else {
        throw .unknownResource(entry.resource, known: resources.map(\.name))
      }
      guard resource.domains.contains(entry.domain) else {
        throw .unknownDomain(entry, known: resource.domains)
      }
      switch resource.kind {
      case .cache(let cache): try cache.check(entry)
      case .bandwidth(let bandwidth): try bandwidth.check(entry)
      case .other: break
      }
    }
  }

  /// The first entry of `wanted` that `found`, the content of a `schemata` file, does not agree with; nil when
  /// all do. Domains that `wanted` does not name may be as they like.
  public func difference(_ wanted: RdtSchemata, _ found: RdtSchemata) -> RdtSchemata.Entry? {
    wanted.entries.first { entry in
      guard let value = found.value(entry.resource, entry.domain) else { return true }
      return !agrees(entry, value)
    }
  }

  private func agrees(_ entry: RdtSchemata.Entry, _ found: String) -> Bool {
    switch resource(entry.resource)?.kind {
    case .cache:
      guard let wanted = RdtSchemata.number(entry.value, base: 16) else { return false }
      return wanted == RdtSchemata.number(found, base: 16)
    case .bandwidth(let bandwidth):
      guard let wanted = RdtSchemata.number(entry.value, base: 10),
        let found = RdtSchemata.number(found, base: 10)
      else { return false }
      return wanted == found || bandwidth.rounded(wanted) == found
    case .other, nil: return entry.value == found
    }
  }
}

extension RdtHost.Cache {
  /// A mask is checked as the kernel does it: the bits of its first row are counted.
  func check(_ entry: RdtSchemata.Entry) throws(RdtSchemaProblem) {
    guard let bits = RdtSchemata.number(entry.value, base: 16) else { throw .notMask(entry) }
    guard bits & ~mask == 0, bits != 0 || minimumBits == 0 else { throw .maskOutOfRange(entry, mask: mask) }
    guard bits != 0 else { return }
    let row = bits >> UInt64(bits.trailingZeroBitCount)
    let length = UInt64((~row).trailingZeroBitCount)
    if allowsGaps == false, length < 64, row >> length != 0 { throw .notContiguous(entry) }
    guard length >= minimumBits else { throw .tooFewBits(entry, minimum: minimumBits) }
  }
}

extension RdtHost.Bandwidth {
  /// The most that a class can have, in percent.
  private static let all: UInt64 = 100

  func check(_ entry: RdtSchemata.Entry) throws(RdtSchemaProblem) {
    guard let amount = RdtSchemata.number(entry.value, base: 10), amount <= UInt64(UInt32.max) else {
      throw .notBandwidth(entry)
    }
    guard unit == .percent else { return }
    guard amount >= minimum, amount <= RdtHost.Bandwidth.all else {
      throw .bandwidthOutOfRange(entry, minimum: minimum, maximum: RdtHost.Bandwidth.all)
    }
  }

  /// What the kernel makes of a number: it rounds up to a step, save where it keeps to an amount by measuring.
  func rounded(_ amount: UInt64) -> UInt64 {
    guard unit != .mebibytes, step > 1, amount % step != 0 else { return amount }
    let (sum, isTooLarge) = amount.addingReportingOverflow(step - amount % step)
    return isTooLarge ? amount : sum
  }
}
