extension Resources {
  /// Takes limits out of parsed JSON: `linux.resources` of a document, or the file of `update --resources`.
  public init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    memory = try json.optional("memory", MemoryLimits.init(decoding:)) ?? MemoryLimits()
    cpu = try json.optional("cpu", CPULimits.init(decoding:)) ?? CPULimits()
    pidsLimit = try json.optional("pids", Resources.pidsLimit) ?? nil
    devices = try json.list("devices", DeviceRule.init(decoding:))
    blockIO = try json.optional("blockIO", BlockIOLimits.init(decoding:)) ?? BlockIOLimits()
    hugepages = try json.list("hugepageLimits", HugepageLimit.decoded).compactMap { $0 }
    rdma = try json.optional("rdma", RdmaLimit.list) ?? []
    network = try json.optional("network", NetworkLimits.init(decoding:)) ?? NetworkLimits()
    unified = try json.optional("unified", Annotation.list) ?? []
  }

  private static func pidsLimit(_ json: JSON) throws(DecodingError) -> Int64? {
    try json.mustBeObject()
    return try json.optional("limit", JSON.integer)
  }

  /// The limits as JSON; nil when there are none.
  public var json: JSON? {
    var object = ObjectBuilder()
    object.add("devices", list: devices) { $0.json }
    object.add("memory", memory.json)
    object.add("cpu", cpu.json)
    if let pidsLimit {
      object.add("pids", .object([JSON.Member("limit", .integer(pidsLimit))]))
    }
    object.add("blockIO", blockIO.json)
    object.add("hugepageLimits", list: hugepages) { $0.json }
    object.add("network", network.json)
    object.add("rdma", RdmaLimit.json(rdma))
    object.add("unified", map: unified)
    return object.filled
  }
}

extension MemoryLimits {
  /// A size of zero asks nothing, as in runc.
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    limit = try json.filledInteger("limit")
    reservation = try json.filledInteger("reservation")
    swap = try json.filledInteger("swap")
    kernel = try json.filledInteger("kernel")
    kernelTCP = try json.filledInteger("kernelTCP")
    swappiness = try json.optional("swappiness", JSON.integer)
    disableOOMKiller = try json.optional("disableOOMKiller", JSON.flag)
    useHierarchy = try json.optional("useHierarchy", JSON.flag)
    checkBeforeUpdate = try json.optional("checkBeforeUpdate", JSON.flag)
  }

  var json: JSON? {
    var object = ObjectBuilder()
    object.add("limit", number: limit)
    object.add("reservation", number: reservation)
    object.add("swap", number: swap)
    object.add("kernel", number: kernel)
    object.add("kernelTCP", number: kernelTCP)
    object.add("swappiness", number: swappiness)
    object.add("disableOOMKiller", flag: disableOOMKiller)
    object.add("useHierarchy", flag: useHierarchy)
    object.add("checkBeforeUpdate", flag: checkBeforeUpdate)
    return object.filled
  }
}

extension CPULimits {
  /// A zero or empty value asks nothing, as in runc, save where zero is a setting (`burst`, `idle`).
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    shares = try json.filledInteger("shares")
    quota = try json.filledInteger("quota")
    burst = try json.optional("burst", JSON.integer)
    period = try json.filledInteger("period")
    realtimeRuntime = try json.filledInteger("realtimeRuntime")
    realtimePeriod = try json.filledInteger("realtimePeriod")
    cpus = try json.filledText("cpus")
    mems = try json.filledText("mems")
    idle = try json.optional("idle", JSON.integer)
  }

  var json: JSON? {
    var object = ObjectBuilder()
    object.add("shares", number: shares)
    object.add("quota", number: quota)
    object.add("burst", number: burst)
    object.add("period", number: period)
    object.add("realtimeRuntime", number: realtimeRuntime)
    object.add("realtimePeriod", number: realtimePeriod)
    object.add("cpus", text: cpus)
    object.add("mems", text: mems)
    object.add("idle", number: idle)
    return object.filled
  }
}

extension DeviceRule {
  init(decoding json: JSON) throws(DecodingError) {
    allow = try json.required("allow", JSON.flag)
    kind = try json.optional("type", DeviceRule.kind) ?? .all
    major = try json.optional("major", DeviceRule.number) ?? nil
    minor = try json.optional("minor", DeviceRule.number) ?? nil
    access = try json.required("access", DeviceRule.access)
  }

  private static func kind(_ json: JSON) throws(DecodingError) -> Kind {
    json == .string("") ? .all : try JSON.word(json, "device type")
  }

  /// A device number; -1 is any.
  private static func number(_ json: JSON) throws(DecodingError) -> UInt32? {
    if json == .integer(-1) { return nil }
    let number: UInt32 = try JSON.integer(json)
    return number
  }

  private static func access(_ json: JSON) throws(DecodingError) -> Access {
    let text = try JSON.text(json)
    guard !text.isEmpty else { throw DecodingError(.empty) }
    var access: Access = []
    for letter in text.utf8 {
      switch letter {
      case UInt8(ascii: "r"): access.insert(.read)
      case UInt8(ascii: "w"): access.insert(.write)
      case UInt8(ascii: "m"): access.insert(.makeNode)
      default: throw DecodingError(.unknownValue(found: text, name: "device access"))
      }
    }
    return access
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("allow", flag: allow)
    if kind != .all { object.add("type", text: kind.rawValue) }
    object.add("major", number: major)
    object.add("minor", number: minor)
    object.add("access", text: access.letters)
    return object.json
  }
}

extension DeviceRule.Access {
  /// The letters of the specification, such as `rwm`.
  public var letters: String {
    (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.makeNode) ? "m" : "")
  }
}
