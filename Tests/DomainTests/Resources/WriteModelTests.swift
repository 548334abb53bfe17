import Domain
import Glibc  // lint: allow glibc, the model has its logarithms from libm
import Testing

/// Control files as the kernel guards them, written independently of the conversions: which orders of
/// writing it refuses, and what a new cgroup holds.
private struct ModelKernel {
  var files: [String: String]
  let unlimited: Int64 = 9_223_372_036_854_771_712

  init(_ files: [String: String]) { self.files = files }

  /// A new cgroup's files.
  static func new(_ unified: Bool) -> ModelKernel {
    let shared = ["cpuset.cpus": "0-7", "cpuset.mems": "0", "pids.max": "max", "cpu.idle": "0"]
    let own =
      unified
      ? [
        "memory.max": "max", "memory.swap.max": "max", "memory.low": "0", "cpu.max": "max 100000",
        "cpu.max.burst": "0", "cpu.weight": "100",
      ]
      : [
        "memory.limit_in_bytes": "9223372036854771712", "memory.memsw.limit_in_bytes": "9223372036854771712",
        "memory.soft_limit_in_bytes": "9223372036854771712", "cpu.cfs_quota_us": "-1",
        "cpu.cfs_period_us": "100000", "cpu.cfs_burst_us": "0", "cpu.shares": "1024",
      ]
    return ModelKernel(shared.merging(own) { $1 })
  }

  func size(_ file: String) -> Int64 { size(of: files[file] ?? "-1") }

  func size(of text: String) -> Int64 { text == "-1" ? unlimited : min(Int64(text) ?? 0, unlimited) }

  /// Whether the kernel takes it.
  mutating func write(_ file: String, _ text: String) -> Bool {
    let size = size(of: text)
    switch file {
    case "memory.limit_in_bytes": guard size <= self.size("memory.memsw.limit_in_bytes") else { return false }
    case "memory.memsw.limit_in_bytes": guard size >= self.size("memory.limit_in_bytes") else { return false }
    case "cpu.shares", "cpu.weight": guard files["cpu.idle"] != "1" else { return false }
    case "cpu.cfs_burst_us":
      let quota = files["cpu.cfs_quota_us"].flatMap { Int64($0) } ?? -1
      guard quota < 0 || size <= quota else { return false }
    case "cpu.max.burst":
      let quota = files["cpu.max"].flatMap { Int64($0.split(separator: " ")[0]) }
      guard size <= quota ?? .max else { return false }
    case "cpu.cfs_quota_us", "cpu.max":
      let burst = (files["cpu.cfs_burst_us"] ?? files["cpu.max.burst"]).flatMap { Int64($0) } ?? 0
      guard let quota = Int64(text.split(separator: " ")[0]), quota >= 0 else { break }
      guard burst <= quota else { return false }
    default: break
    }
    if file == "cpu.idle", files[file] != text {
      // What becomes idle has the least weight, what is so no more the usual one.
      for (weight, idle, usual) in [("cpu.weight", "0", "100"), ("cpu.shares", "3", "1024")]
      where files[weight] != nil { files[weight] = text == "1" ? idle : usual }
    }
    files[file] = text
    return true
  }

  /// Writes as a driver does; the first write that is refused for good.
  mutating func run(_ writes: [ControlWrite]) -> ControlWrite? {
    var again: [ControlWrite] = []
    for (index, next) in writes.enumerated() {
      if !write(next.file, next.text) {
        guard case .retriedLast = next.failure else { return next }
        again.append(next)
      }
      guard index + 1 == writes.count || writes[index + 1].controller != next.controller else { continue }
      for late in again where !write(late.file, late.text) { return late }
      again = []
    }
    return nil
  }
}

/// What each file should hold in the end, by the rules one by one; nil where there is no such state.
private func expected(_ r: Resources, unified: Bool) -> [String: String]? {
  var files: [String: String] = [:]
  let (limit, swap) = (r.memory.limit ?? 0, r.memory.swap ?? 0)
  if limit < -1 || swap < -1 || r.memory.reservation ?? 0 < -1 { return nil }
  if swap > 0, swap < limit { return nil }
  if unified {
    func amount(_ value: Int64) -> String { value < 0 ? "max" : String(value) }
    if limit != 0 { files["memory.max"] = amount(limit) }
    if let low = r.memory.reservation, low != 0 { files["memory.low"] = amount(low) }
    if swap < 0 || (swap == 0 && limit < 0) { files["memory.swap.max"] = "max" }
    if swap > 0 {
      if limit == 0 { return nil }
      files["memory.swap.max"] = String(limit < 0 ? swap : swap - limit)
    }
    if r.cpu.quota ?? 0 != 0 || r.cpu.period ?? 0 != 0 {
      let quota = r.cpu.quota.map { $0 > 0 ? String($0) : "max" } ?? "max"
      let period = r.cpu.period.map { $0 == 0 ? 100_000 : $0 } ?? 100_000
      files["cpu.max"] = "\(quota) \(period)"
    }
    if let burst = r.cpu.burst { files["cpu.max.burst"] = String(burst) }
  } else {
    if limit != 0 { files["memory.limit_in_bytes"] = String(limit) }
    if let soft = r.memory.reservation, soft != 0 { files["memory.soft_limit_in_bytes"] = String(soft) }
    if swap != 0 || limit < 0 {
      files["memory.memsw.limit_in_bytes"] = String(swap == 0 ? -1 : swap)
    }
    if let quota = r.cpu.quota, quota != 0 { files["cpu.cfs_quota_us"] = String(quota) }
    if let period = r.cpu.period, period != 0 { files["cpu.cfs_period_us"] = String(period) }
    if let burst = r.cpu.burst { files["cpu.cfs_burst_us"] = String(burst) }
  }
  if let idle = r.cpu.idle {
    if idle < 0 || idle > 1 { return nil }
    files["cpu.idle"] = String(idle)
  }
  if let shares = r.cpu.shares, shares != 0 {
    if !unified, shares < 2 || shares > 262_144 { return nil }
    if r.cpu.idle != 1 {
      files[unified ? "cpu.weight" : "cpu.shares"] = String(unified ? weight(shares) : shares)
    }
  }
  if let cpus = r.cpu.cpus, cpus != "" { files["cpuset.cpus"] = cpus }
  if let mems = r.cpu.mems, mems != "" { files["cpuset.mems"] = mems }
  if let pids = r.pidsLimit { files["pids.max"] = pids < 0 ? "max" : String(pids) }
  return files
}

/// Whether no order of writing can reach a state: memory above memory and swap, or a burst above the quota.
private func isImpossible(_ state: [String: String]) -> Bool {
  let kernel = ModelKernel(state)
  let quota = state["cpu.cfs_quota_us"] ?? state["cpu.max"]?.split(separator: " ").first.map { String($0) }
  let ceiling = quota.flatMap { Int64($0) } ?? -1
  let burst = (state["cpu.cfs_burst_us"] ?? state["cpu.max.burst"]).flatMap { Int64($0) } ?? 0
  return kernel.size("memory.limit_in_bytes") > kernel.size("memory.memsw.limit_in_bytes")
    || (ceiling >= 0 && burst > ceiling)
}

/// The curve by the C library's functions.
private func weight(_ shares: UInt64) -> UInt64 {
  if shares <= 2 { return 1 }
  if shares >= 262_144 { return 10_000 }
  let l = log2(Double(shares))
  return UInt64(ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34) - 1e-10))
}

private func generated(_ random: inout Generator) -> Resources {
  var r = Resources()
  let sizes: [Int64?] = [nil, nil, 0, -1, -2, 1, 99, 100, 101, 1 << 20, .max, .min]
  r.memory.limit = random.pick(sizes)
  r.memory.swap = random.pick(sizes)
  r.memory.reservation = random.pick([nil, 0, -1, 50, 1 << 30])
  r.cpu.shares = random.pick([nil, 0, 1, 2, 3, 1023, 1024, 262_143, 262_144, .max, random.next() % 262_144])
  r.cpu.quota = random.pick([nil, 0, -1, 1000, 50_000, 200_000])
  r.cpu.period = random.pick([nil, 0, 1000, 100_000])
  r.cpu.burst = random.pick([nil, nil, 0, 500, 100_000])
  r.cpu.idle = random.pick([nil, nil, 0, 1, 2])
  r.cpu.cpus = random.pick([nil, "", "0", "0-3,7"])
  r.cpu.mems = random.pick([nil, "", "0"])
  r.pidsLimit = random.pick([nil, 0, -1, .min, 1, 32_768, .max])
  return r
}

/// Limits that `generated` leaves out: those of the other controllers. No device, page size or name comes twice.
private func addOthers(_ random: inout Generator, to r: inout Resources) {
  r.memory.swappiness = random.pick([nil, nil, nil, 0, 60, 100, 101])
  r.memory.disableOOMKiller = random.pick([nil, nil, false, true])
  r.blockIO.weight = random.pick([nil, nil, 10, 11, 500, 999, 1000])
  r.blockIO.leafWeight = random.pick([nil, nil, 10, 1000])
  let devices: [(UInt32, UInt32)] = [(8, 0), (8, 16), (259, 1), (0, .max)]
  func some() -> ArraySlice<(UInt32, UInt32)> { devices.prefix(Int(random.next() % 3)) }
  r.blockIO.weightDevices = some().map {
    .init(
      major: $0.0, minor: $0.1, weight: random.pick([nil, 10, 700]), leafWeight: random.pick([nil, nil, 20]))
  }
  let rates: [UInt64] = [0, 1, 1 << 20, .max]
  func limits() -> [BlockIOLimits.DeviceRate] {
    some().map { .init(major: $0.0, minor: $0.1, rate: random.pick(rates)) }
  }
  r.blockIO.readBytes = limits()
  r.blockIO.writeBytes = limits()
  r.blockIO.readOperations = limits()
  r.blockIO.writeOperations = limits()
  r.hugepages = ["2MB", "1GB", "64KB"].prefix(Int(random.next() % 4)).map {
    HugepageLimit(pageSize: $0, limit: random.pick([0, 2 << 20, .max]))
  }
  r.rdma = ["mlx5_0", "hfi1"].prefix(Int(random.next() % 3)).map {
    RdmaLimit(device: $0, handles: random.pick([nil, 0, 7]), objects: random.pick([nil, 3, .max]))
  }
  r.network.classID = random.pick([nil, nil, 1, .max])
  r.network.priorities = random.pick([
    [], [], [.init(name: "lo", priority: 0), .init(name: "e0", priority: 9)],
  ])
}

/// What each of those becomes, as `file=text`, behind a bar what is written where the kernel has no such file:
/// the kernel's cgroup-v1 documents and cgroup-v2.rst for the files, config-linux.md for the meaning. Nil where
/// there is no such state.
private func expectedOthers(_ r: Resources, unified: Bool) -> [String]? {
  var lines: [String] = []
  for page in r.hugepages {
    let word = unified ? "max" : "limit_in_bytes"
    lines += ["", "rsvd."].map { "hugetlb.\(page.pageSize).\($0)\(word)=\(page.limit)" }
  }
  for device in r.rdma {
    let words = [device.handles.map { "hca_handle=\($0)" }, device.objects.map { "hca_object=\($0)" }]
      .compactMap { $0 }
    if !words.isEmpty { lines.append("rdma.max=" + ([device.device] + words).joined(separator: " ")) }
  }
  // Weights of 10 to 1000 onto 1 to 10000.
  func spread(_ weight: UInt16) -> Int { 1 + (Int(weight) - 10) * 9999 / 990 }
  if let weight = r.blockIO.weight {
    lines.append(
      unified
        ? "io.bfq.weight=\(weight)|io.weight=\(spread(weight))"
        : "blkio.weight=\(weight)|blkio.bfq.weight=\(weight)")
  }
  for device in r.blockIO.weightDevices {
    let place = "\(device.major):\(device.minor)"
    if let weight = device.weight {
      lines.append(
        unified
          ? "io.bfq.weight=\(place) \(weight)|io.weight=\(place) \(spread(weight))"
          : "blkio.weight_device=\(place) \(weight)|blkio.bfq.weight_device=\(place) \(weight)")
    }
    if !unified, let weight = device.leafWeight {
      lines.append("blkio.leaf_weight_device=\(place) \(weight)")
    }
  }
  let rates = [
    (r.blockIO.readBytes, "rbps", "read_bps"), (r.blockIO.writeBytes, "wbps", "write_bps"),
    (r.blockIO.readOperations, "riops", "read_iops"), (r.blockIO.writeOperations, "wiops", "write_iops"),
  ]
  for (limits, key, name) in rates {
    for limit in limits {
      let place = "\(limit.major):\(limit.minor)"
      // "max" is how version 2 says that there is no limit; version 1 takes 0 for it.
      lines.append(
        unified
          ? "io.max=\(place) \(key)=\(limit.rate == 0 ? "max" : String(limit.rate))"
          : "blkio.throttle.\(name)_device=\(place) \(limit.rate)")
    }
  }
  if unified { return lines }
  if let weight = r.blockIO.leafWeight { lines.append("blkio.leaf_weight=\(weight)") }
  if let number = r.network.classID { lines.append("net_cls.classid=\(number)") }
  lines += r.network.priorities.map { "net_prio.ifpriomap=\($0.name) \($0.priority)" }
  if r.memory.disableOOMKiller == true { lines.append("memory.oom_control=1") }
  if let swappiness = r.memory.swappiness {
    if swappiness > 100 { return nil }
    lines.append("memory.swappiness=\(swappiness)")
  }
  return lines
}

@Suite struct WriteModelTests {
  @Test func everyWeightIsTheCurves() {
    let wrong = (UInt64(0)...262_145).filter { CPULimits.weight(shares: $0) != weight($0) }
    #expect(wrong == [])
  }

  /// What a kernel holds after the writes is what the rules say, whichever limits it held before.
  @Test(arguments: [false, true]) func writesReachTheState(_ unified: Bool) {
    var random = Generator(seed: 1)
    var (refused, impossible, reached) = (0, 0, 0)
    for number in 0..<100_000 {
      let wanted = generated(&random)
      let writes = unified ? try? wanted.writesV2() : try? wanted.writesV1()
      let state = expected(wanted, unified: unified)
      guard let writes, let state else {
        refused += 1
        if (writes == nil) != (state == nil) { Issue.record("\(number): \(wanted)") }
        continue
      }
      var kernel = ModelKernel([:])
      if let refusal = kernel.run(writes) {
        impossible += 1
        if !isImpossible(state) { Issue.record("\(number): \(refusal.file) refused: \(wanted)") }
        continue
      }
      reached += 1
      if kernel.files != state { Issue.record("\(number): \(kernel.files) is not \(state)") }
    }
    #expect(refused > 10_000)
    #expect(impossible > 1_000)
    #expect(reached > 10_000)
  }

  /// From any permitted pair of version 1 limits to any other: no order of raising and lowering is refused.
  @Test func memoryLimitsMoveFreely() {
    let sizes: [Int64] = [100, 200, 300, -1]
    let pairs = sizes.flatMap { limit in
      sizes.filter { swap in swap == -1 || (limit != -1 && swap >= limit) }.map { (limit, $0) }
    }
    for from in pairs {
      for to in pairs {
        var kernel = ModelKernel([:])
        for (limit, swap) in [from, to] {
          var resources = Resources()
          (resources.memory.limit, resources.memory.swap) = (limit, swap)
          let refusal = (try? resources.writesV1()).flatMap { kernel.run($0) }
          #expect(refusal == nil, "from \(from) to \(to)")
        }
        #expect(kernel.files["memory.limit_in_bytes"] == "\(to.0)")
        #expect(kernel.files["memory.memsw.limit_in_bytes"] == "\(to.1)")
      }
    }
  }

  /// Whatever write of an update is refused, what takes it back leads to where it began, and no write is
  /// refused for the sake of another one.
  @Test(arguments: [false, true]) func updatesAreTakenBack(_ unified: Bool) throws {
    var random = Generator(seed: 4)
    var (updates, struck) = (0, 0)
    for number in 0..<100_000 {
      let (recorded, given) = (generated(&random), generated(&random))
      let change = ResourceChange(given: given, recorded: recorded)
      var kernel = ModelKernel.new(unified)
      guard let first = unified ? try? recorded.writesV2() : try? recorded.writesV1(),
        kernel.run(first) == nil, let effective = try? change.effective(),
        let writes = unified ? try? effective.writesV2() : try? effective.writesV1(),
        let merged = expected(change.merged, unified: unified), !isImpossible(merged)
      else { continue }
      updates += 1
      let before = kernel.files
      let update = try CgroupUpdate(change, writes, present: before)
      for refused in 0...update.writes.count {
        kernel.files = before
        for write in update.writes.prefix(refused) where !kernel.write(write.file, write.text) {
          Issue.record("\(number): \(write) refused: \(recorded) \(given)")
        }
        for write in update.restoration where !kernel.write(write.file, write.text) {
          Issue.record("\(number): \(write) refused on the way back: \(recorded) \(given)")
        }
        struck += 1
        if kernel.files != before { Issue.record("\(number): \(kernel.files) is not \(before)") }
      }
    }
    #expect(updates > 5_000)
    #expect(struck > 40_000)
  }

  /// All that is written, and nothing else: 100,000 sets of limits on each version.
  @Test(arguments: [false, true]) func everyFileIsTheModels(_ unified: Bool) {
    var random = Generator(seed: 5)
    var (accepted, refused) = (0, 0)
    while accepted < 100_000, refused < 1_000_000 {
      var wanted = generated(&random)
      addOthers(&random, to: &wanted)
      let writes = unified ? try? wanted.writesV2() : try? wanted.writesV1()
      let state = expected(wanted, unified: unified)
      let others = expectedOthers(wanted, unified: unified)
      guard let writes, let state, let others else {
        refused += 1
        if (writes == nil) != (state == nil || others == nil) { Issue.record("\(wanted)") }
        continue
      }
      accepted += 1
      let model = state.map { name, text in
        let short = name.split(separator: ".").last.map { String($0) } ?? ""
        return name.contains("cpuset") && !unified ? "\(name)=\(text)|\(short)=\(text)" : "\(name)=\(text)"
      }
      let lines = writes.map { write in
        "\(write.file)=\(write.text)" + (write.alternative.map { "|\($0.file)=\($0.text)" } ?? "")
      }
      if lines.sorted() != (model + others).sorted() { Issue.record("\(lines) is not \(model + others)") }
    }
    #expect(accepted == 100_000)
    #expect(refused > 10_000)
  }
}
