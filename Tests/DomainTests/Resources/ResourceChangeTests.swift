import Domain
import Testing

/// What an update writes to a cgroup, and what takes it back: `file=text`.
private struct UpdateCase: Sendable, CustomTestStringConvertible {
  var name: String
  var unified = true
  var present: [String: String]
  var writes: [String]
  var back: [String]
  var recorded: @Sendable (inout Resources) -> Void = { _ in }
  var given: @Sendable (inout Resources) -> Void

  var testDescription: String { name }
}

private let updates: [UpdateCase] = [
  UpdateCase(
    name: "one value", present: ["pids.max": "max"], writes: ["pids.max=5"], back: ["pids.max=max"]
  ) { $0.pidsLimit = 5 },
  UpdateCase(
    name: "v1 memory is raised: memory and swap first", unified: false,
    present: ["memory.limit_in_bytes": "100", "memory.memsw.limit_in_bytes": "150"],
    writes: ["memory.memsw.limit_in_bytes=300", "memory.limit_in_bytes=200"],
    back: ["memory.limit_in_bytes=100", "memory.memsw.limit_in_bytes=150"]
  ) {
    $0.memory.limit = 200
    $0.memory.swap = 300
  },
  UpdateCase(
    name: "v1 memory is lowered: memory first", unified: false,
    present: ["memory.limit_in_bytes": "200", "memory.memsw.limit_in_bytes": "300"],
    writes: ["memory.limit_in_bytes=100", "memory.memsw.limit_in_bytes=150"],
    back: ["memory.memsw.limit_in_bytes=300", "memory.limit_in_bytes=200"]
  ) {
    $0.memory.limit = 100
    $0.memory.swap = 150
  },
  UpdateCase(
    name: "v1 memory without end", unified: false,
    present: ["memory.limit_in_bytes": "200", "memory.memsw.limit_in_bytes": "300"],
    writes: ["memory.memsw.limit_in_bytes=-1", "memory.limit_in_bytes=-1"],
    back: ["memory.limit_in_bytes=200", "memory.memsw.limit_in_bytes=300"],
    recorded: {
      $0.memory.limit = 200
      $0.memory.swap = 300
    }
  ) { $0.memory.limit = -1 },
  UpdateCase(
    name: "v2 swap follows memory", present: ["memory.max": "100", "memory.swap.max": "50"],
    writes: ["memory.swap.max=30", "memory.max=120"], back: ["memory.max=100", "memory.swap.max=50"],
    recorded: {
      $0.memory.limit = 100
      $0.memory.swap = 150
    }
  ) { $0.memory.limit = 120 },
  UpdateCase(
    name: "v2 swap alone takes the recorded memory", present: ["memory.max": "100", "memory.swap.max": "50"],
    writes: ["memory.swap.max=0", "memory.max=100"], back: ["memory.max=100", "memory.swap.max=50"],
    recorded: {
      $0.memory.limit = 100
      $0.memory.swap = 150
    }
  ) { $0.memory.swap = 100 },
  UpdateCase(
    name: "memory comes behind what can be taken back",
    present: ["memory.max": "max", "pids.max": "max", "memory.reclaim": "", "memory.high": "max"],
    writes: ["pids.max=9", "memory.max=5", "memory.high=4", "memory.reclaim=1"],
    back: ["memory.high=max", "memory.max=max", "pids.max=max"]
  ) {
    $0.memory.limit = 5
    $0.unified = [
      Annotation(name: "memory.reclaim", value: "1"), Annotation(name: "memory.high", value: "4"),
    ]
    $0.pidsLimit = 9
  },
  UpdateCase(
    name: "v1 a longer period first", unified: false,
    present: ["cpu.cfs_quota_us": "25000", "cpu.cfs_period_us": "50000"],
    writes: ["cpu.cfs_period_us=100000", "cpu.cfs_quota_us=50000"],
    back: ["cpu.cfs_quota_us=25000", "cpu.cfs_period_us=50000"]
  ) {
    $0.cpu.quota = 50_000
    $0.cpu.period = 100_000
  },
  UpdateCase(
    name: "v1 a shorter period last", unified: false,
    present: ["cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000"],
    writes: ["cpu.cfs_quota_us=25000", "cpu.cfs_period_us=50000"],
    back: ["cpu.cfs_period_us=100000", "cpu.cfs_quota_us=50000"]
  ) {
    $0.cpu.quota = 25_000
    $0.cpu.period = 50_000
  },
  UpdateCase(
    name: "v2 the other half of cpu.max comes from the record", present: ["cpu.max": "7000 9000"],
    writes: ["cpu.max=5000 8000"], back: ["cpu.max=7000 9000"],
    recorded: { $0.cpu.period = 8000 }
  ) { $0.cpu.quota = 5000 },
  UpdateCase(
    name: "v2 or stays as it is", present: ["cpu.max": "7000 9000"], writes: ["cpu.max=7000 8000"],
    back: ["cpu.max=7000 9000"]
  ) { $0.cpu.period = 8000 },
  UpdateCase(
    name: "v2 or stays as it is (period)", present: ["cpu.max": "max 9000"], writes: ["cpu.max=5000 9000"],
    back: ["cpu.max=max 9000"]
  ) { $0.cpu.quota = 5000 },
  UpdateCase(
    name: "a burst above the old quota comes after it", present: ["cpu.max": "5 9", "cpu.max.burst": "5"],
    writes: ["cpu.max=8 9", "cpu.max.burst=8"], back: ["cpu.max.burst=5", "cpu.max=5 9"]
  ) {
    $0.cpu.quota = 8
    $0.cpu.burst = 8
  },
  UpdateCase(
    name: "what becomes idle loses its weight", present: ["cpu.idle": "0", "cpu.weight": "50"],
    writes: ["cpu.idle=1"], back: ["cpu.idle=0", "cpu.weight=50"]
  ) { $0.cpu.idle = 1 },
  UpdateCase(
    name: "what is idle no more gets its recorded weight", present: ["cpu.idle": "1", "cpu.weight": "0"],
    writes: ["cpu.idle=0", "cpu.weight=1"], back: ["cpu.idle=1"],
    recorded: {
      $0.cpu.idle = 1
      $0.cpu.shares = 2
    }
  ) { $0.cpu.idle = 0 },
  UpdateCase(
    name: "devices of block I/O",
    present: [
      "io.max": "8:0 rbps=5 wbps=max riops=max wiops=9\n8:1 rbps=1", "io.bfq.weight": "default 100\n8:1 7",
    ],
    writes: ["io.bfq.weight=8:0 50", "io.bfq.weight=8:1 60", "io.max=8:0 rbps=max", "io.max=8:2 wiops=3"],
    back: ["io.max=8:2 wiops=max", "io.max=8:0 rbps=5", "io.bfq.weight=8:1 7", "io.bfq.weight=8:0 default"]
  ) {
    $0.blockIO.readBytes = [.init(major: 8, minor: 0, rate: 0)]
    $0.blockIO.writeOperations = [.init(major: 8, minor: 2, rate: 3)]
    $0.blockIO.weightDevices = [
      .init(major: 8, minor: 0, weight: 50), .init(major: 8, minor: 1, weight: 60),
    ]
  },
  UpdateCase(
    name: "weights of block I/O", present: ["io.weight": "default 100\n8:1 7"],
    writes: ["io.weight=1"], back: ["io.weight=default 100"]
  ) { $0.blockIO.weight = 10 },
  UpdateCase(
    name: "v1 devices of block I/O", unified: false,
    present: ["blkio.throttle.read_bps_device": "8:0 12", "blkio.bfq.weight": "100"],
    writes: [
      "blkio.bfq.weight=10", "blkio.throttle.read_bps_device=8:0 5", "blkio.throttle.read_bps_device=8:1 6",
    ],
    back: [
      "blkio.throttle.read_bps_device=8:1 0", "blkio.throttle.read_bps_device=8:0 12", "blkio.bfq.weight=100",
    ]
  ) {
    $0.blockIO.weight = 10
    $0.blockIO.readBytes = [.init(major: 8, minor: 0, rate: 5), .init(major: 8, minor: 1, rate: 6)]
  },
  UpdateCase(
    name: "v1 files of many lines", unified: false,
    present: ["memory.oom_control": "oom_kill_disable 0\nunder_oom 0", "net_prio.ifpriomap": "lo 3\neth0 0"],
    writes: ["net_prio.ifpriomap=lo 5", "memory.oom_control=1"],
    back: ["memory.oom_control=0", "net_prio.ifpriomap=lo 3"]
  ) {
    $0.memory.disableOOMKiller = true
    $0.network.priorities = [.init(name: "lo", priority: 5)]
  },
  UpdateCase(
    name: "v2 files of many lines",
    present: [
      "rdma.max": "a hca_handle=2 hca_object=max", "misc.max": "sev 3", "cpuset.cpus": "",
      "cgroup.subtree_control": "cpu io", "cpuset.cpus.partition": "root invalid (because)",
    ],
    writes: [
      "cpuset.cpus=0", "rdma.max=a hca_handle=7", "rdma.max=b hca_object=8", "misc.max=sev 1",
      "cgroup.subtree_control=+cpu -io +pids", "cpuset.cpus.partition=member",
    ],
    back: [
      "cpuset.cpus.partition=root", "cgroup.subtree_control=+io -pids", "misc.max=sev 3",
      "rdma.max=b hca_object=max", "rdma.max=a hca_handle=2", "cpuset.cpus=\n",
    ]
  ) {
    $0.cpu.cpus = "0"
    $0.rdma = [RdmaLimit(device: "a", handles: 7), RdmaLimit(device: "b", objects: 8)]
    $0.unified = [
      Annotation(name: "misc.max", value: "sev 1"),
      Annotation(name: "cgroup.subtree_control", value: "+cpu -io +pids"),
      Annotation(name: "cpuset.cpus.partition", value: "member"),
    ]
  },
  UpdateCase(
    name: "what the kernel need not have", present: ["hugetlb.2MB.max": "max", "memory.max": "max"],
    writes: ["hugetlb.2MB.max=0", "memory.max=4"], back: ["memory.max=max", "hugetlb.2MB.max=max"]
  ) {
    $0.hugepages = [HugepageLimit(pageSize: "2MB", limit: 0)]
    $0.memory.limit = 4
    $0.memory.swap = 4
  },
]

@Suite struct ResourceChangeTests {
  @Test(arguments: updates) fileprivate func update(_ update: UpdateCase) throws {
    var (recorded, given) = (Resources(), Resources())
    update.recorded(&recorded)
    update.given(&given)
    let change = ResourceChange(given: given, recorded: recorded)
    let effective = try change.effective()
    let writes = update.unified ? try effective.writesV2() : try effective.writesV1()
    let result = try CgroupUpdate(change, writes, present: update.present)
    #expect(result.writes.map { "\($0.file)=\($0.text)" } == update.writes)
    #expect(result.restoration.map { "\($0.file)=\($0.text)" } == update.back)
  }

  @Test func aFileThatIsNotThereIsSaidBeforeTheFirstWrite() {
    var given = Resources()
    given.pidsLimit = 1
    let change = ResourceChange(given: given, recorded: Resources())
    #expect(throws: CgroupUpdate.MissingFile.self) {
      try CgroupUpdate(change, try given.writesV2(), present: [:])
    }
  }

  @Test func sharesOfAnIdleCgroupAreRefused() {
    var (recorded, given) = (Resources(), Resources())
    recorded.cpu.idle = 1
    given.cpu.shares = 5
    let change = ResourceChange(given: given, recorded: recorded)
    #expect(throws: InexpressibleLimit.self) { try change.effective() }
  }

  @Test func onlyWhatIsGivenChanges() {
    var (recorded, given) = (Resources(), Resources())
    recorded.memory.limit = 1
    recorded.memory.swap = 2
    recorded.cpu.cpus = "0"
    recorded.pidsLimit = 3
    recorded.unified = [Annotation(name: "a.b", value: "1"), Annotation(name: "c.d", value: "2")]
    recorded.hugepages = [HugepageLimit(pageSize: "2MB", limit: 1), HugepageLimit(pageSize: "1GB", limit: 2)]
    recorded.rdma = [RdmaLimit(device: "a", handles: 1, objects: 2)]
    recorded.blockIO.weightDevices = [.init(major: 1, minor: 2, weight: 30, leafWeight: 40)]
    recorded.devices = [DeviceRule(allow: false)]
    #expect(recorded.changed(by: Resources()) == recorded)
    #expect(Resources().changed(by: recorded) == recorded)
    given.memory.limit = -1
    given.unified = [Annotation(name: "a.b", value: "7")]
    given.hugepages = [HugepageLimit(pageSize: "2MB", limit: 9)]
    given.rdma = [RdmaLimit(device: "a", objects: 5)]
    given.blockIO.weightDevices = [.init(major: 1, minor: 2, weight: 50)]
    var wanted = recorded
    wanted.memory.limit = -1
    wanted.memory.swap = nil
    wanted.unified = [Annotation(name: "c.d", value: "2"), Annotation(name: "a.b", value: "7")]
    wanted.hugepages = [HugepageLimit(pageSize: "1GB", limit: 2), HugepageLimit(pageSize: "2MB", limit: 9)]
    wanted.rdma = [RdmaLimit(device: "a", handles: 1, objects: 5)]
    wanted.blockIO.weightDevices = [.init(major: 1, minor: 2, weight: 50, leafWeight: 40)]
    #expect(recorded.changed(by: given) == wanted)
  }

  static let sizes: [(String, Int64?)] = [
    ("0", 0), ("4096", 4096), ("10M", 10 << 20), ("1g", 1 << 30), ("1.5k", 1536), ("2 MiB", 2 << 20),
    ("3kb", 3072), ("7B", 7), (".5k", 512), ("1p", 1 << 50), ("-1", -1), ("-2", nil), ("", nil), ("M", nil),
    ("1x", nil), ("1kk", nil), ("1 k b", nil), ("9223372036854775807", .max), ("9223372036854775808", nil),
    ("8388608t", nil), ("1.0000000000000000000000001m", 1 << 20), ("0x10", nil), ("１", nil), ("1,5k", nil),
  ]

  @Test(arguments: sizes) func size(_ text: String, _ bytes: Int64?) {
    #expect(ByteSize.parse(text) == bytes)
  }
}
