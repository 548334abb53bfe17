import Domain

/// Control files in a value: what tests read statistics from.
struct StatisticsFiles: ControlFiles {
  /// Which version a controller is in; what is not named is in none.
  var versions: [String: CgroupVersion] = [:]
  /// What files of version 1 hold.
  var old: [String: String] = [:]
  /// What files of version 2 hold.
  var new: [String: String] = [:]

  enum Refusal: Error { case denied(String) }
  /// A file that cannot be read.
  var denied = ""

  func version(of controller: String) -> CgroupVersion? { versions[controller] }

  func read(_ file: String, _ version: CgroupVersion) throws(Refusal) -> [UInt8]? {
    if file == denied { throw .denied(file) }
    return (version == .one ? old : new)[file].map { Array($0.utf8) }
  }

  func names(of controller: String, _ version: CgroupVersion) throws(Refusal) -> [String] {
    Array((version == .one ? old : new).keys.filter { $0.hasPrefix(controller + ".") })
  }

  static let controllers = [
    "cpu", "cpuacct", "cpuset", "memory", "pids", "blkio", "io", "hugetlb", "rdma", "misc",
  ]

  /// All controllers of one version.
  static func all(_ version: CgroupVersion) -> StatisticsFiles {
    var files = StatisticsFiles()
    for controller in controllers where version == .two || controller != "io" {
      files.versions[controller] = version
    }
    if version == .one {
      files.old = Self.versionOne
    } else {
      files.new = Self.versionTwo
    }
    return files
  }

  static let versionOne = [
    "cpu.stat":
      "nr_periods 5\nnr_throttled 2\nthrottled_time 80245000\nnr_bursts 1\nburst_time 300\n",
    "cpuacct.usage": "13330882\n", "cpuacct.stat": "user 3\nsystem 1\n",
    "cpuacct.usage_percpu": "7651920 5678962 \n",
    "cpuacct.usage_all": "cpu user system\n0 0 8000000\n1 4000000 4000000\n",
    "cpuset.cpus": "0-1,3\n", "cpuset.mems": "0\n", "cpuset.cpu_exclusive": "0\n",
    "cpuset.sched_load_balance": "1\n", "cpuset.sched_relax_domain_level": "-1\n",
    "memory.usage_in_bytes": "8896512\n", "memory.max_usage_in_bytes": "10317824\n", "memory.failcnt": "7\n",
    "memory.limit_in_bytes": "67108864\n", "memory.memsw.usage_in_bytes": "8896513\n",
    "memory.memsw.max_usage_in_bytes": "10317825\n", "memory.memsw.failcnt": "0\n",
    "memory.memsw.limit_in_bytes": "9223372036854771712\n", "memory.kmem.usage_in_bytes": "245760\n",
    "memory.kmem.max_usage_in_bytes": "643072\n", "memory.kmem.failcnt": "0\n",
    "memory.kmem.limit_in_bytes": "9223372036854771712\n", "memory.kmem.tcp.usage_in_bytes": "0\n",
    "memory.kmem.tcp.max_usage_in_bytes": "0\n", "memory.kmem.tcp.failcnt": "0\n",
    "memory.kmem.tcp.limit_in_bytes": "9223372036854771712\n",
    "memory.stat": "cache 8388608\nrss 53248\nactive_anon 4096\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    "pids.current": "1\n", "pids.max": "42\n",
    "blkio.bfq.io_serviced_recursive": "Total 0\n",
    "blkio.throttle.io_service_bytes_recursive":
      "254:0 Read 0\n254:0 Write 77824\n254:0 Total 77824\nTotal 77824\n",
    "blkio.throttle.io_serviced_recursive": "254:0 Read 0\n254:0 Write 20\n254:0 Total 20\nTotal 20\n",
    "hugetlb.2MB.usage_in_bytes": "2097152\n", "hugetlb.2MB.max_usage_in_bytes": "4194304\n",
    "hugetlb.2MB.failcnt": "1\n",
  ]

  static let versionTwo = [
    "cpu.stat":
      "usage_usec 472524\nuser_usec 225808\nsystem_usec 246716\nnice_usec 0\nnr_periods 5\nnr_throttled 2\n"
      + "throttled_usec 80245\nnr_bursts 4\nburst_usec 6\n",
    "cpu.pressure":
      "some avg10=0.72 avg60=0.13 avg300=0.02 total=87314\nfull avg10=0.54 avg60=12.50 avg300=100.00 total=65122\n",
    "memory.current": "9617408\n", "memory.max": "67108864\n", "memory.peak": "11210752\n",
    "memory.swap.current": "4096\n", "memory.swap.max": "max\n", "memory.swap.peak": "8192\n",
    "memory.stat": "anon 53248\nfile 9072640\nactive_anon 53248\n",
    "memory.events": "low 0\nhigh 2\nmax 93\noom 3\noom_kill 3\noom_group_kill 0\n",
    "memory.pressure":
      "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    "pids.current": "1\n", "pids.max": "max\n",
    "io.stat":
      "259:0 rbytes=684032 wbytes=8388608 rios=12 wios=17 dbytes=0 dios=0\n"
      + "8:16 rbytes=0 wbytes=1 rios=0 wios=1 dbytes=512 dios=1 cost.usage=9\n",
    "hugetlb.2MB.current": "0\n", "hugetlb.2MB.rsvd.current": "4194304\n", "hugetlb.2MB.events": "max 5\n",
    "rdma.current": "mlx4_0 hca_handle=2 hca_object=2000\n",
    "rdma.max": "mlx4_0 hca_handle=3 hca_object=max\n",
    "misc.current": "res_a 3\nres_b 0\n", "misc.events": "res_a.max 1\nres_b.max 0\n",
  ]
}
