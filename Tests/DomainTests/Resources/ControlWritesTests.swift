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
  Conversion("a share of block I/O", v1: ["blkio.weight=10"], v2: ["io.bfq.weight=10"]) {
    $0.blockIO.weight = 10
  },
  Conversion(
    "shares of block devices",
    v1: [
      "blkio.leaf_weight=20", "blkio.weight_device=8:0 500", "blkio.leaf_weight_device=8:0 300",
      "blkio.leaf_weight_device=8:16 10",
    ], v2: ["io.bfq.weight=8:0 500"]
  ) {
    $0.blockIO.leafWeight = 20
    $0.blockIO.weightDevices = [
      .init(major: 8, minor: 0, weight: 500, leafWeight: 300), .init(major: 8, minor: 16, leafWeight: 10),
    ]
  },
  Conversion(
    "rates of block devices",
    v1: [
      "blkio.throttle.read_bps_device=8:0 0", "blkio.throttle.write_bps_device=8:0 1",
      "blkio.throttle.read_iops_device=8:0 2", "blkio.throttle.write_iops_device=8:1 18446744073709551615",
    ],
    v2: [
      "io.max=8:0 rbps=max", "io.max=8:0 wbps=1", "io.max=8:0 riops=2",
      "io.max=8:1 wiops=18446744073709551615",
    ]
  ) {
    $0.blockIO.readBytes = [.init(major: 8, minor: 0, rate: 0)]
    $0.blockIO.writeBytes = [.init(major: 8, minor: 0, rate: 1)]
    $0.blockIO.readOperations = [.init(major: 8, minor: 0, rate: 2)]
    $0.blockIO.writeOperations = [.init(major: 8, minor: 1, rate: .max)]
  },
  Conversion(
    "huge pages", v1: ["hugetlb.2MB.limit_in_bytes=0", "hugetlb.2MB.rsvd.limit_in_bytes=0"],
    v2: ["hugetlb.2MB.max=0", "hugetlb.2MB.rsvd.max=0"]
  ) { $0.hugepages = [HugepageLimit(pageSize: "2MB", limit: 0)] },
  Conversion(
    "rdma", v1: ["rdma.max=a hca_handle=3 hca_object=0", "rdma.max=b hca_object=7"],
    v2: ["rdma.max=a hca_handle=3 hca_object=0", "rdma.max=b hca_object=7"]
  ) {
    $0.rdma = [
      RdmaLimit(device: "a", handles: 3, objects: 0), RdmaLimit(device: "b", objects: 7),
      RdmaLimit(device: "c"),
    ]
  },
  Conversion("network", v1: ["net_cls.classid=9", "net_prio.ifpriomap=lo 5"], v2: []) {
    $0.network.classID = 9
    $0.network.priorities = [.init(name: "lo", priority: 5)]
  },
  Conversion("unified, line by line", v1: nil, v2: ["memory.max=5", "io.max=a", "io.max=b", "cgroup.type=t"])
  {
    $0.unified = [
      Annotation(name: "io.max", value: "a\nb\n"), Annotation(name: "memory.high", value: ""),
      Annotation(name: "cgroup.type", value: "t"),
    ]
    $0.memory.limit = 5
  },
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

  @Test(
    "ten to a thousand become one to ten thousand",
    arguments: [(10, 1), (11, 11), (100, 910), (500, 4950), (999, 9989), (1000, 10000)] as [(UInt16, Int)])
  func blockIOWeights(_ weight: UInt16, _ wanted: Int) throws {
    var resources = Resources()
    resources.blockIO.weight = weight
    resources.blockIO.weightDevices = [.init(major: 1, minor: 2, weight: weight)]
    let writes = try resources.writesV2()
    #expect(writes.map { $0.alternative?.file } == ["io.weight", "io.weight"])
    #expect(writes.map { $0.alternative?.text } == ["\(wanted)", "1:2 \(wanted)"])
    #expect(try resources.writesV1().first?.alternative?.file == "blkio.bfq.weight")
  }

  /// A cpuset hierarchy that is mounted with `noprefix` has short names.
  @Test func cpusetsHaveTwoNames() throws {
    var resources = Resources()
    (resources.cpu.cpus, resources.cpu.mems) = ("0-1", "0")
    #expect(try resources.writesV1().map { $0.alternative?.file } == ["cpus", "mems"])
    #expect(try resources.writesV2().map { $0.alternative?.file } == [nil, nil])
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
    resources.network.classID = 1
    resources.blockIO.leafWeight = 10
    resources.memory.swappiness = 3
    resources.memory.disableOOMKiller = true
    resources.cpu.realtimePeriod = 1
    #expect(
      resources.ignoredByV2 == [
        "memory.kernel", "memory.swappiness", "memory.disableOOMKiller", "cpu.realtimePeriod",
        "blockIO.leafWeight", "network.classID",
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
