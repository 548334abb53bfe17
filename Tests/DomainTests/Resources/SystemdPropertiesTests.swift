import Testing

@testable import Domain

/// The properties that a set of limits should come to, from the rules one by one and with no look at the
/// conversion, which goes by way of control files; nil where there are none for a value.
private struct ModelUnit {
  var numbers: [String: UInt64] = [:]
  var masks: [String: Set<UInt32>] = [:]
  var rates: [String: [String: UInt64]] = [:]

  static func amount(_ value: Int64) -> UInt64 { value < 0 ? .max : UInt64(value) }

  init(_ r: Resources, _ version: UInt32) {
    let (limit, swap) = (r.memory.limit ?? 0, r.memory.swap ?? 0)
    if limit != 0 { numbers["MemoryMax"] = ModelUnit.amount(limit) }
    if let low = r.memory.reservation, low != 0 { numbers["MemoryLow"] = ModelUnit.amount(low) }
    if swap < 0 || (swap == 0 && limit < 0) { numbers["MemorySwapMax"] = .max }
    if swap > 0 { numbers["MemorySwapMax"] = UInt64(limit < 0 ? swap : swap - limit) }
    if let shares = r.cpu.shares, shares != 0, r.cpu.idle != 1 {
      numbers["CPUWeight"] = CPULimits.weight(shares: shares)
    }
    if version >= 252, r.cpu.idle == 1 { numbers["CPUWeight"] = 0 }
    if version >= 252, r.cpu.idle == 0, r.cpu.shares ?? 0 == 0 { numbers["CPUWeight"] = .max }
    takeQuota(r, version)
    if let pids = r.pidsLimit { numbers["TasksMax"] = pids < 0 ? .max : pids == 0 ? 1 : UInt64(pids) }
    if version >= 244 {
      if let cpus = r.cpu.cpus, cpus != "" { masks["AllowedCPUs"] = ModelUnit.indices(cpus) }
      if let mems = r.cpu.mems, mems != "" { masks["AllowedMemoryNodes"] = ModelUnit.indices(mems) }
    }
    if let weight = r.blockIO.weight { numbers["IOWeight"] = ModelUnit.weight(weight) }
    for device in r.blockIO.weightDevices {
      if let weight = device.weight {
        rates["IODeviceWeight", default: [:]]["\(device.major):\(device.minor)"] = ModelUnit.weight(weight)
      }
    }
    for (name, list) in [
      ("IOReadBandwidthMax", r.blockIO.readBytes), ("IOWriteBandwidthMax", r.blockIO.writeBytes),
      ("IOReadIOPSMax", r.blockIO.readOperations), ("IOWriteIOPSMax", r.blockIO.writeOperations),
    ] {
      for rate in list {
        rates[name, default: [:]]["\(rate.major):\(rate.minor)"] = rate.rate == 0 ? .max : rate.rate
      }
    }
  }

  private mutating func takeQuota(_ r: Resources, _ version: UInt32) {
    let (quota, period) = (r.cpu.quota ?? 0, r.cpu.period ?? 0)
    guard quota != 0 || period != 0 else { return }
    let length = period == 0 ? 100_000 : period
    if version >= 242 { numbers["CPUQuotaPeriodUSec"] = length }
    // Hundredths of a processor, rounded up: in exact arithmetic while the numbers are small enough for it.
    numbers["CPUQuotaPerSecUSec"] =
      quota <= 0 ? .max : (UInt64(quota) * 1_000_000 + length * 10_000 - 1) / (length * 10_000) * 10_000
  }

  static func weight(_ legacy: UInt16) -> UInt64 { 1 + (UInt64(max(legacy, 10)) - 10) * 9999 / 990 }

  static func indices(_ text: String) -> Set<UInt32> {
    Set(
      text.split(separator: ",").flatMap { part -> [UInt32] in
        let ends = part.split(separator: "-").compactMap { UInt32($0) }
        return Array(ends[0]...ends[ends.count - 1])
      })
  }

  /// The properties as they would be sent, read back into the same shape.
  init?(_ properties: [UnitProperty]) {
    for property in properties {
      switch property.value {
      case .uint64(let number): numbers[property.name] = number
      case .array(.byte, let bytes):
        var set: Set<UInt32> = []
        for (index, byte) in bytes.enumerated() {
          guard case .byte(let bits) = byte else { return nil }
          for bit in 0..<8 where bits & (1 << UInt8(bit)) != 0 { set.insert(UInt32(index * 8 + bit)) }
        }
        masks[property.name] = set
      case .array(.structure([.string, .uint64]), let entries):
        for entry in entries {
          guard case .structure(let members) = entry, case .string(let path) = members[0],
            case .uint64(let number) = members[1],
            path.hasPrefix("/dev/block/"), rates[property.name]?[String(path.dropFirst(11))] == nil
          else { return nil }
          rates[property.name, default: [:]][String(path.dropFirst(11))] = number
        }
      default: return nil
      }
    }
    guard Set(properties.map(\.name)).count == properties.count else { return nil }
  }

  static func == (a: ModelUnit, b: ModelUnit) -> Bool {
    a.numbers == b.numbers && a.masks == b.masks && a.rates == b.rates
  }
}

private func generated(_ random: inout Generator) -> Resources {
  var r = Resources()
  let sizes: [Int64?] = [nil, nil, 0, -1, 1, 4096, 1 << 30, .max]
  (r.memory.limit, r.memory.swap) = (random.pick(sizes), random.pick(sizes))
  r.memory.reservation = random.pick([nil, 0, -1, 50, 1 << 30])
  r.cpu.shares = random.pick([nil, 0, 1, 2, 1024, 262_144, .max, random.next() % 262_144])
  r.cpu.quota = random.pick([
    nil, 0, -1, 1, 999, 1000, 50_000, 123_456, 1_000_000, Int64(random.next() % 10_000_000),
  ])
  r.cpu.period = random.pick([nil, 0, 1000, 33_333, 100_000, 1_000_000])
  r.cpu.idle = random.pick([nil, nil, 0, 1])
  r.cpu.cpus = random.pick([nil, "", "0", "0-3,7", "63,64,1-2"])
  r.cpu.mems = random.pick([nil, "", "0", "0-1"])
  r.pidsLimit = random.pick([nil, 0, -1, 1, 32_768, .max])
  r.blockIO.weight = random.pick([nil, 10, 11, 100, 500, 1000])
  for _ in 0..<random.next() % 3 {
    let (major, minor) = (UInt32(random.next() % 3), UInt32(random.next() % 3))
    r.blockIO.weightDevices.append(.init(major: major, minor: minor, weight: random.pick([nil, 10, 1000])))
    let rate = BlockIOLimits.DeviceRate(major: major, minor: minor, rate: random.pick([0, 1, 1 << 20, .max]))
    switch random.next() % 4 {
    case 0: r.blockIO.readBytes.append(rate)
    case 1: r.blockIO.writeBytes.append(rate)
    case 2: r.blockIO.readOperations.append(rate)
    default: r.blockIO.writeOperations.append(rate)
    }
  }
  return r
}

@Suite struct SystemdPropertiesTests {
  @Test(arguments: [239, 243, 251, 257] as [UInt32]) func limitsAreProperties(_ version: UInt32) {
    var random = Generator(seed: UInt64(version))
    var compared = 0
    for number in 0..<100_000 {
      let wanted = generated(&random)
      guard let writes = try? wanted.writesV2() else { continue }
      compared += 1
      let properties = SystemdProperties.version2(writes, SystemdVersion(version))
      guard let unit = ModelUnit(properties) else {
        Issue.record("\(number): malformed \(properties)")
        continue
      }
      let model = ModelUnit(wanted, version)
      if !(unit == model) { Issue.record("\(number): \(unit) is not \(model)") }
    }
    #expect(compared > 50_000)
  }

  private static let unified: [(file: String, text: String, property: UnitProperty?)] = [
    ("memory.high", "1G", UnitProperty("MemoryHigh", .uint64(1 << 30))),
    ("memory.min", "max", UnitProperty("MemoryMin", .uint64(.max))),
    ("memory.max", "12 ", nil), ("memory.max", "", nil), ("memory.max", "-1", nil), ("memory.max", "k", nil),
    ("cpu.max", "max", UnitProperty("CPUQuotaPerSecUSec", .uint64(.max))),
    ("cpu.max", "50000", UnitProperty("CPUQuotaPerSecUSec", .uint64(500_000))), ("cpu.max", "1 0", nil),
    ("cpu.max", "a b", nil), ("cpu.max", "1 2 3", nil),
    ("cpu.idle", "1", UnitProperty("CPUWeight", .uint64(0))), ("cpu.idle", "2", nil),
    ("cpu.weight", "77", UnitProperty("CPUWeight", .uint64(77))),
    ("cpuset.cpus", "0,9", UnitProperty("AllowedCPUs", .bytes([1, 2, 0, 0, 0, 0, 0, 0]))),
    ("cpuset.cpus", "x", nil), ("pids.max", "0", UnitProperty("TasksMax", .uint64(1))),
    ("io.weight", "default 200", UnitProperty("IOWeight", .uint64(200))), ("io.weight", "0", nil),
    ("io.weight", "8:x 5", nil), ("io.bfq.weight", "1000", UnitProperty("IOWeight", .uint64(10_000))),
    (
      "io.max", "8:0 rbps=max riops=2x",
      UnitProperty(
        "IOReadBandwidthMax",
        .array(.structure([.string, .uint64]), [.structure([.string("/dev/block/8:0"), .uint64(.max)])]))
    ),
    ("memory.zswap.max", "0", UnitProperty("MemoryZSwapMax", .uint64(0))), ("memory.oom.group", "1", nil),
    ("hugetlb.2MB.max", "0", nil), ("cgroup.freeze", "1", nil),
  ]

  @Test func unifiedFilesAreProperties() throws {
    for (file, text, property) in SystemdPropertiesTests.unified {
      let write = ControlWrite("any", file, text)
      #expect(
        SystemdProperties.version2([write], SystemdVersion(257)) == (property.map { [$0] } ?? []),
        "\(file) \(text)")
    }
    var resources = Resources()
    (resources.cpu.shares, resources.unified) = (1024, [Annotation(name: "cpu.weight", value: "33")])
    #expect(
      SystemdProperties.version2(try resources.writesV2(), SystemdVersion(257)) == [
        UnitProperty("CPUWeight", .uint64(33))
      ])
    // Far more than any number of processors can give.
    resources = Resources()
    (resources.cpu.quota, resources.cpu.period) = (.max, 1)
    #expect(
      SystemdProperties.version2(try resources.writesV2(), SystemdVersion(257)).last
        == UnitProperty("CPUQuotaPerSecUSec", .uint64(.max)))
  }

  @Test func limitsOfVersion1AreProperties() throws {
    var r = Resources()
    (r.memory.limit, r.cpu.shares, r.cpu.quota, r.cpu.period, r.pidsLimit) = (
      1 << 20, 512, 30_000, 60_000, -1
    )
    r.blockIO.weight = 300
    r.blockIO.readBytes = [.init(major: 8, minor: 16, rate: 5)]
    let properties = SystemdProperties.version1(try r.writesV1(), SystemdVersion(245))
    let device = PropertyValue.array(
      .structure([.string, .uint64]), [.structure([.string("/dev/block/8:16"), .uint64(5)])])
    #expect(
      Set(properties.map { "\($0)" })
        == Set(
          [
            UnitProperty("MemoryLimit", .uint64(1 << 20)), UnitProperty("CPUShares", .uint64(512)),
            UnitProperty("CPUQuotaPerSecUSec", .uint64(500_000)),
            UnitProperty("CPUQuotaPeriodUSec", .uint64(60_000)), UnitProperty("TasksMax", .uint64(.max)),
            UnitProperty("BlockIOWeight", .uint64(300)),
            UnitProperty("BlockIOReadBandwidth", device),
          ].map { "\($0)" }))
    (r, r.cpu.quota) = (Resources(), -1)
    #expect(
      SystemdProperties.version1(try r.writesV1(), SystemdVersion(245)) == [
        UnitProperty("CPUQuotaPerSecUSec", .uint64(.max))
      ])
  }

  /// systemd's filter permits all that the rules permit, and exactly that where no rule takes a part out of a
  /// wildcard.
  @Test func devicesAreProperties() {
    var random = Generator(seed: 3)
    let numbers: [UInt32?] = [nil, 1, 5, 10]
    var (exact, wider) = (0, 0)
    for _ in 0..<5_000 {
      let rules = (0..<random.next() % 5).map { _ in
        DeviceRule(
          allow: random.pick([true, false]), kind: random.pick(DeviceRule.Kind.allCases),
          major: random.pick(numbers), minor: random.pick(numbers),
          access: DeviceRule.Access(rawValue: UInt8(random.next() % 8)))
      }
      let allowed = SystemdProperties.allowedDevices(rules)
      let effective = DeviceRule.effective(rules)
      var isExact = true
      for kind in [DeviceRule.Kind.block, .character] {
        for (major, minor) in [(1, 1), (1, 3), (1, 5), (5, 1), (5, 5), (10, 200), (136, 9), (77, 78)]
          as [(UInt32, UInt32)]
        {
          for access in [DeviceRule.Access.read, .write, .makeNode] {
            let isPermitted = DeviceRule.permits(
              effective, kind: kind, major: major, minor: minor, access: access)
            let device = DeviceRule(allow: true, kind: kind, major: major, minor: minor)
            let isAllowed =
              allowed.map { $0.contains { $0.covers(device) && $0.access.contains(access) } } ?? true
            if isPermitted, !isAllowed {
              Issue.record("\(rules): \(kind) \(major):\(minor) \(access) is refused")
            }
            if isPermitted != isAllowed { isExact = false }
          }
        }
      }
      if isExact { exact += 1 } else { wider += 1 }
    }
    #expect(exact > 2_000)
    #expect(wider > 10)
  }

  @Test func devicesHaveNames() {
    let deny = DeviceRule(allow: false)
    func names(_ rule: DeviceRule, _ version: UInt32) -> [String] {
      let last = SystemdProperties.devices([deny, rule], SystemdVersion(version)).last
      guard case .array(_, let entries)? = last?.value else { return [] }
      return entries.compactMap {
        guard case .structure(let members) = $0, case .string(let name) = members[0],
          case .string(let access) = members[1]
        else { return nil }
        return "\(name) \(access)"
      }
    }
    #expect(
      names(DeviceRule(allow: true, kind: .block, major: 8, minor: 1, access: .read), 257).contains(
        "/dev/block/8:1 r"))
    #expect(
      names(DeviceRule(allow: true, kind: .character, major: 9, access: .read), 257).contains("char-9 r"))
    #expect(
      names(DeviceRule(allow: true, kind: .character, major: 9, access: .read), 239).contains("char-* r"))
    #expect(names(DeviceRule(allow: true, kind: .block, minor: 9, access: .write), 257).contains("block-* w"))
    #expect(names(deny, 257).contains("/dev/char/1:3 rwm"))
    #expect(
      SystemdProperties.devices([DeviceRule(allow: true)], SystemdVersion(257)).first
        == UnitProperty("DevicePolicy", .string("auto")))
    // The first empties the list of before.
    #expect(
      SystemdProperties.devices([deny], SystemdVersion(257)).map(\.name) == [
        "DevicePolicy", "DeviceAllow", "DeviceAllow",
      ])
  }
}
