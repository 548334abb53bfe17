import Domain
import Testing

/// What one setting becomes: the files of version 1, then those of version 2, as `file=text`.
struct Conversion: Sendable, CustomTestStringConvertible {
  var name: String
  var v1: [String]?
  var v2: [String]?
  var set: @Sendable (inout Resources) -> Void

  init(
    _ name: String, v1: [String]?, v2: [String]?, _ set: @escaping @Sendable (inout Resources) -> Void
  ) {
    (self.name, self.v1, self.v2, self.set) = (name, v1, v2, set)
  }

  var testDescription: String { name }
}

private let conversions: [Conversion] = [
  Conversion("nothing", v1: [], v2: []) { _ in },
  Conversion("zeros ask nothing", v1: [], v2: []) {
    $0.memory.limit = 0
    $0.memory.swap = 0
    $0.memory.reservation = 0
    $0.cpu.shares = 0
    $0.cpu.quota = 0
    $0.cpu.period = 0
    $0.cpu.cpus = ""
  },
  Conversion("memory", v1: ["memory.limit_in_bytes=1048576"], v2: ["memory.max=1048576"]) {
    $0.memory.limit = 1 << 20
  },
  Conversion(
    "memory without a limit",
    v1: ["memory.limit_in_bytes=-1", "memory.memsw.limit_in_bytes=-1"],
    v2: ["memory.swap.max=max", "memory.max=max"]
  ) { $0.memory.limit = -1 },
  Conversion(
    "memory and swap", v1: ["memory.limit_in_bytes=100", "memory.memsw.limit_in_bytes=150"],
    v2: ["memory.swap.max=50", "memory.max=100"]
  ) {
    $0.memory.limit = 100
    $0.memory.swap = 150
  },
  Conversion(
    "no swap", v1: ["memory.limit_in_bytes=100", "memory.memsw.limit_in_bytes=100"],
    v2: ["memory.swap.max=0", "memory.max=100"]
  ) {
    $0.memory.limit = 100
    $0.memory.swap = 100
  },
  Conversion(
    "swap without a limit", v1: ["memory.limit_in_bytes=100", "memory.memsw.limit_in_bytes=-1"],
    v2: ["memory.swap.max=max", "memory.max=100"]
  ) {
    $0.memory.limit = 100
    $0.memory.swap = -1
  },
  Conversion("swap below memory", v1: nil, v2: nil) {
    $0.memory.limit = 100
    $0.memory.swap = 99
  },
  Conversion("swap alone", v1: ["memory.memsw.limit_in_bytes=100"], v2: nil) { $0.memory.swap = 100 },
  Conversion("memory below -1", v1: nil, v2: nil) { $0.memory.limit = -2 },
  Conversion("swap below -1", v1: nil, v2: nil) { $0.memory.swap = .min },
  Conversion("reservation", v1: ["memory.soft_limit_in_bytes=7"], v2: ["memory.low=7"]) {
    $0.memory.reservation = 7
  },
  Conversion("swappiness", v1: ["memory.swappiness=0"], v2: []) { $0.memory.swappiness = 0 },
  Conversion("too much swappiness", v1: nil, v2: []) { $0.memory.swappiness = 101 },
  Conversion("no OOM killer", v1: ["memory.oom_control=1"], v2: []) { $0.memory.disableOOMKiller = true },
  Conversion("shares", v1: ["cpu.shares=1024"], v2: ["cpu.weight=100"]) { $0.cpu.shares = 1024 },
  Conversion("fewest shares", v1: ["cpu.shares=2"], v2: ["cpu.weight=1"]) { $0.cpu.shares = 2 },
  Conversion("too few shares", v1: nil, v2: ["cpu.weight=1"]) { $0.cpu.shares = 1 },
  Conversion("most shares", v1: ["cpu.shares=262144"], v2: ["cpu.weight=10000"]) { $0.cpu.shares = 262_144 },
  Conversion("too many shares", v1: nil, v2: ["cpu.weight=10000"]) { $0.cpu.shares = .max },
  Conversion("quota", v1: ["cpu.cfs_quota_us=5"], v2: ["cpu.max=5 100000"]) { $0.cpu.quota = 5 },
  Conversion("no quota", v1: ["cpu.cfs_quota_us=-1"], v2: ["cpu.max=max 100000"]) { $0.cpu.quota = -1 },
  Conversion("period", v1: ["cpu.cfs_period_us=9"], v2: ["cpu.max=max 9"]) { $0.cpu.period = 9 },
  Conversion(
    "burst", v1: ["cpu.cfs_burst_us=1", "cpu.cfs_quota_us=5"], v2: ["cpu.max.burst=1", "cpu.max=5 100000"]
  ) {
    $0.cpu.burst = 1
    $0.cpu.quota = 5
  },
  Conversion("idle has no weight", v1: ["cpu.idle=1"], v2: ["cpu.idle=1"]) {
    $0.cpu.idle = 1
    $0.cpu.shares = 512
  },
  Conversion("idle no more", v1: ["cpu.idle=0", "cpu.shares=1024"], v2: ["cpu.idle=0", "cpu.weight=100"]) {
    $0.cpu.idle = 0
    $0.cpu.shares = 1024
  },
  Conversion("half idle", v1: nil, v2: nil) { $0.cpu.idle = 2 },
  Conversion("real time", v1: ["cpu.rt_period_us=9", "cpu.rt_runtime_us=5"], v2: []) {
    $0.cpu.realtimePeriod = 9
    $0.cpu.realtimeRuntime = 5
  },
  Conversion(
    "CPUs and nodes", v1: ["cpuset.cpus=0-1", "cpuset.mems=0"], v2: ["cpuset.cpus=0-1", "cpuset.mems=0"]
  ) {
    $0.cpu.cpus = "0-1"
    $0.cpu.mems = "0"
  },
  Conversion("processes", v1: ["pids.max=10"], v2: ["pids.max=10"]) { $0.pidsLimit = 10 },
  Conversion("no process", v1: ["pids.max=0"], v2: ["pids.max=0"]) { $0.pidsLimit = 0 },
  Conversion("any number of processes", v1: ["pids.max=max"], v2: ["pids.max=max"]) { $0.pidsLimit = -1 },
]

@Suite struct ControlWritesTests {
  @Test(arguments: conversions) func conversion(_ conversion: Conversion) {
    var resources = Resources()
    conversion.set(&resources)
    let (v1, v2) = (try? resources.writesV1(), try? resources.writesV2())
    #expect(v1?.map { "\($0.file)=\($0.text)" } == conversion.v1)
    #expect(v2?.map { "\($0.file)=\($0.text)" } == conversion.v2)
  }

  @Test func memoryComesLast() throws {
    var resources = Resources()
    resources.memory.limit = 1
    resources.memory.reservation = 1
    resources.cpu.shares = 9
    resources.cpu.cpus = "0"
    resources.pidsLimit = 1
    #expect(try resources.writesV1().last?.file == "memory.limit_in_bytes")
    #expect(try resources.writesV2().last?.file == "memory.max")
  }

  @Test func whatIsIgnoredIsNamed() {
    var resources = Resources()
    resources.memory.kernel = 1
    resources.memory.swappiness = 3
    resources.memory.disableOOMKiller = true
    resources.cpu.realtimePeriod = 1
    #expect(
      resources.ignoredByV2 == [
        "memory.kernel", "memory.swappiness", "memory.disableOOMKiller", "cpu.realtimePeriod",
      ])
    #expect(resources.ignoredByV1 == ["memory.kernel"])
  }

  @Test(arguments: [
    (nil as Bool?, 100 as Int64?, nil as Int64?, 200 as Int64, false), (true, 100, nil, 100, true),
    (true, 101, nil, 100, false), (true, nil, 100, 100, true), (true, -1, -1, .max, false),
  ])
  func limitsBelowUsage(_ row: (Bool?, Int64?, Int64?, Int64, Bool)) {
    var memory = MemoryLimits()
    (memory.checkBeforeUpdate, memory.limit, memory.swap) = (row.0, row.1, row.2)
    #expect((memory.rejection(usage: row.3) != nil) == row.4)
  }
}
