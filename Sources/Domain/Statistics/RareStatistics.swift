/// InfiniBand resources of one device.
public struct RdmaStatistics: Equatable, Sendable {
  /// The device's name.
  public var device: String
  /// Handles; the largest number where there is no limit.
  public var handles: UInt64 = 0
  /// Objects; the largest number where there is no limit.
  public var objects: UInt64 = 0

  /// Nothing of a device.
  public init(device: String) {
    self.device = device
  }

  /// Reads `rdma.current` or `rdma.max`: lines `device hca_handle=number hca_object=number`.
  static func all(_ bytes: [UInt8]?) -> [RdmaStatistics] {
    KernelText.lines(bytes).compactMap { line in
      let words = KernelText.words(line)
      guard let name = words.first, words.count > 1 else { return nil }
      var one = RdmaStatistics(device: KernelText.text(name))
      for (key, number) in KernelText.assignments(words.dropFirst()) {
        if key == "hca_handle" { one.handles = number }
        if key == "hca_object" { one.objects = number }
      }
      return one
    }
  }

  var json: JSON {
    .object([
      .init("device", .string(device)), .init("hca_handles", JSON(number: handles)),
      .init("hca_objects", JSON(number: objects)),
    ])
  }
}

/// A resource of few hosts, such as `sev` or `sev_es`.
public struct MiscStatistics: Equatable, Sendable {
  /// The kernel's name for it.
  public var name: String
  /// How much is in use.
  public var usage: UInt64 = 0
  /// How often the limit stood in the way.
  public var events: UInt64 = 0

  /// Nothing of a resource.
  public init(name: String) {
    self.name = name
  }

  /// Reads `misc.current`, and of `misc.events` the lines `name.max number`.
  static func all(current: [UInt8]?, events: [UInt8]?) -> [MiscStatistics] {
    let events = KernelText.pairs(events)
    return KernelText.pairs(current).map { name, usage in
      var one = MiscStatistics(name: name)
      one.usage = usage
      one.events = events.first { $0.key == name + ".max" }?.number ?? 0
      return one
    }
  }

  var json: JSON {
    .object([.init("usage", JSON(number: usage)), .init("events", JSON(number: events))])
  }
}
