import Domain
import Testing

@Suite struct StatisticsTests {
  private static func text(_ files: StatisticsFiles) throws -> String {
    written(ContainerStatistics(resources: try ResourceStatistics(files)).json)
  }

  /// Key by key what runc 1.4 prints for the same files; `burst` and `events` are ours.
  @Test func versionOne() throws {
    #expect(
      try Self.text(.all(.one))
        == #"{"cpu":{"usage":{"total":13330882,"percpu":[7651920,5678962],"percpu_kernel":[8000000,4000000],"#
        + #""percpu_user":[0,4000000],"kernel":10000000,"user":30000000},"throttling":{"periods":5,"#
        + #""throttledPeriods":2,"throttledTime":80245000},"burst":{"periods":1,"time":300}},"#
        + #""cpuset":{"cpus":[0,1,3],"cpu_exclusive":0,"mems":[0],"mem_hardwall":0,"mem_exclusive":0,"#
        + #""memory_migrate":0,"memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"#
        + #""sched_load_balance":1,"sched_relax_domain_level":-1},"memory":{"cache":8388608,"usage":"#
        + #"{"limit":67108864,"usage":8896512,"max":10317824,"failcnt":7},"swap":{"limit":9223372036854771712,"#
        + #""usage":8896513,"max":10317825,"failcnt":0},"kernel":{"limit":9223372036854771712,"usage":245760,"#
        + #""max":643072,"failcnt":0},"kernelTCP":{"limit":9223372036854771712,"failcnt":0},"#
        + #""raw":{"active_anon":4096,"cache":8388608,"rss":53248},"events":{"oom_kill":3}},"#
        + #""pids":{"current":1,"limit":42},"blkio":{"ioServiceBytesRecursive":[{"major":254,"op":"Read"},"#
        + #"{"major":254,"op":"Write","value":77824},{"major":254,"op":"Total","value":77824}],"#
        + #""ioServicedRecursive":[{"major":254,"op":"Read"},{"major":254,"op":"Write","value":20},"#
        + #"{"major":254,"op":"Total","value":20}]},"hugetlb":{"2MB":{"usage":2097152,"max":4194304,"#
        + #""failcnt":1}},"intel_rdt":{},"network_interfaces":null}"#)
  }

  /// `burst`, `swapOnly`, `events`, the tables behind `psi`, `rdma` and `misc` are ours.
  @Test func versionTwo() throws {
    #expect(
      try Self.text(.all(.two))
        == #"{"cpu":{"usage":{"total":472524000,"kernel":246716000,"user":225808000},"throttling":"#
        + #"{"periods":5,"throttledPeriods":2,"throttledTime":80245000},"psi":{"some":{"avg10":0.72,"#
        + #""avg60":0.13,"avg300":0.02,"total":87314},"full":{"avg10":0.54,"avg60":12.5,"avg300":100,"#
        + #""total":65122}},"burst":{"periods":4,"time":6000}},"cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"#
        + #""mem_exclusive":0,"memory_migrate":0,"memory_spread_page":0,"memory_spread_slab":0,"#
        + #""memory_pressure":0,"sched_load_balance":0,"sched_relax_domain_level":0},"memory":{"cache":9072640,"#
        + #""usage":{"limit":67108864,"usage":9617408,"max":11210752,"failcnt":0},"swap":"#
        + #"{"limit":18446744073709551615,"usage":9621504,"failcnt":0},"raw":{"active_anon":53248,"#
        + #""anon":53248,"file":9072640},"psi":{"some":{"avg10":0,"avg60":0,"avg300":0,"total":0},"#
        + #""full":{"avg10":0,"avg60":0,"avg300":0,"total":0}},"swapOnly":{"limit":18446744073709551615,"#
        + #""usage":4096,"max":8192,"failcnt":0},"events":{"high":2,"max":93,"oom":3,"oom_kill":3}},"#
        + #""pids":{"current":1},"blkio":{"ioServiceBytesRecursive":[{"major":259,"op":"Read","value":684032},"#
        + #"{"major":259,"op":"Write","value":8388608},{"major":8,"minor":16,"op":"Read"},"#
        + #"{"major":8,"minor":16,"op":"Write","value":1}],"ioServicedRecursive":[{"major":259,"op":"Read","#
        + #""value":12},{"major":259,"op":"Write","value":17},{"major":8,"minor":16,"op":"Read"},"#
        + #"{"major":8,"minor":16,"op":"Write","value":1}],"ioDiscardedBytesRecursive":[{"major":8,"minor":16,"#
        + #""op":"Discard","value":512}],"ioDiscardsRecursive":[{"major":8,"minor":16,"op":"Discard","value":1}],"#
        + #""ioCostUsage":[{"major":8,"minor":16,"value":9}]},"hugetlb":{"2MB":{"usage":4194304,"failcnt":5}},"#
        + #""intel_rdt":{},"network_interfaces":null,"rdma":{"current":[{"device":"mlx4_0","hca_handles":2,"#
        + #""hca_objects":2000}],"limit":[{"device":"mlx4_0","hca_handles":3,"#
        + #""hca_objects":18446744073709551615}]},"misc":{"res_a":{"usage":3,"events":1},"#
        + #""res_b":{"usage":0,"events":0}}}"#)
  }

  /// What a host does not account for is left out, as runc leaves it out.
  @Test func nothing() throws {
    #expect(
      try Self.text(StatisticsFiles())
        == #"{"cpu":{},"cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"#
        + #""memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,"#
        + #""sched_relax_domain_level":0},"memory":{},"pids":{},"blkio":{},"hugetlb":{},"intel_rdt":{},"#
        + #""network_interfaces":null}"#)
  }

  /// Each controller is read from the hierarchy that it is in; pressure from the tree of version 2.
  @Test func hybrid() throws {
    var files = StatisticsFiles.all(.one)
    files.versions["hugetlb"] = .two
    files.new = StatisticsFiles.versionTwo
    let statistics = try ResourceStatistics(files)
    #expect(statistics.cpu.total == 13_330_882)
    #expect(statistics.hugetlb.first?.usage == 4_194_304)
    #expect(statistics.cpu.pressure?.some.average10 == 0.72)
    #expect(statistics.memory.kernel.max == 643_072)
  }

  @Test(arguments: [
    (StatisticsSelection.cpu, "cpu"), (.cpuset, "cpuset"), (.memory, "memory"), (.pids, "pids"),
    (.io, "blkio"), (.hugetlb, "hugetlb"),
  ])
  func onlyWhatIsSelectedIsRead(_ selection: StatisticsSelection, _ key: String) throws {
    let all = ContainerStatistics(resources: try ResourceStatistics(StatisticsFiles.all(.one), selection))
      .json
    let none = ContainerStatistics(resources: ResourceStatistics()).json
    guard case .object(let members) = all else { return }
    for member in members {
      #expect((none[member.name] == all[member.name]) == (member.name != key), "\(member.name)")
    }
  }

  @Test func aFileThatCannotBeReadIsAnError() {
    var files = StatisticsFiles.all(.two)
    files.denied = "memory.stat"
    #expect(throws: StatisticsFiles.Refusal.self) { try ResourceStatistics(files) }
  }

  /// A scheduler that counts has more tables than the throttle.
  @Test(arguments: ["blkio.bfq", "blkio"])
  func schedulersThatCount(_ prefix: String) throws {
    var files = StatisticsFiles.all(.one)
    files.old["\(prefix).io_serviced_recursive"] = "8:0 Read 1\n8:0 Write 2\nTotal 3\n"
    files.old["\(prefix).io_service_time_recursive"] = "8:0 Read 100\n"
    files.old["\(prefix).sectors_recursive"] = "8:0 5\n"
    let tables = try ResourceStatistics(files, .io).io.tables
    #expect(tables[.serviced]?.map(\.value) == [1, 2])
    #expect(tables[.serviceTime] == [.init(major: 8, minor: 0, operation: "Read", value: 100)])
    #expect(tables[.sectors] == [.init(major: 8, minor: 0, value: 5)])
    #expect(tables[.serviceBytes] == nil)
  }

  @Test func oldKernelsCountWithoutWhatIsBelow() throws {
    var files = StatisticsFiles.all(.one)
    files.old["blkio.throttle.io_serviced_recursive"] = nil
    files.old["blkio.throttle.io_serviced"] = "8:0 Read 9\n"
    #expect(try ResourceStatistics(files, .io).io.sum(.serviced, "Read") == 9)
  }

  /// A limit of swap that with the limit of memory is more than can be counted.
  @Test(arguments: [
    ("67108864", "32890880", UInt64(99_999_744)), ("max", "0", .max), ("67108864", "max", .max),
    ("18446744073709551615", "5", .max),
  ])
  func swapIsCountedWithMemory(_ memory: String, _ swap: String, _ limit: UInt64) throws {
    var files = StatisticsFiles.all(.two)
    files.new["memory.max"] = memory
    files.new["memory.swap.max"] = swap
    #expect(try ResourceStatistics(files).memory.swap.limit == limit)
  }
}

/// What a later kernel, or an attacker, might put into the files: no trap, and nothing made up.
@Suite struct HostileStatisticsTests {
  private static let texts = [
    "", "\n", " ", "\0", "max", "-1", "18446744073709551615", "18446744073709551616",
    "99999999999999999999999999",
    "a", "a b", "a b c d e f", "= = =", "1:2", "1:2 x=", "1:2 =1", ":", "::", "1: Read 2", "1:2 Read",
    "Total",
    "some", "some avg10", "some avg10=", "some avg10=.", "some avg10=1.2.3",
    "some avg10=1.99999999999999999999",
    "full total=-1", "some avg10=18446744073709551615.99", "0-4294967295", "3-1", "0-65535,0-65535",
    "cpu user system\n0", "nr_periods", "usage_usec 18446744073709551615", "user 18446744073709551615",
    "\u{FFFD}\u{1F600} 1", String(repeating: "x 1\n", count: 5000), String(repeating: "1 ", count: 5000),
    "hca_handle=1", "dev hca_handle=max hca_object", "res_a.max 1",
  ]

  @Test(arguments: texts) func anyTextInAnyFile(_ text: String) throws {
    for version in [CgroupVersion.one, .two] {
      var files = StatisticsFiles.all(version)
      let names = version == .one ? Array(files.old.keys) : Array(files.new.keys)
      for name in names {
        if version == .one { files.old[name] = text } else { files.new[name] = text }
      }
      let statistics = try ResourceStatistics(files)
      _ = written(ContainerStatistics(resources: statistics).json)
    }
  }

  @Test(arguments: 0..<40) func randomBytes(_ seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    let alphabet: [Character] = Array("0123456789 \n:=.-maxsomefullreadtotal\t")
    for version in [CgroupVersion.one, .two] {
      for _ in 0..<25 {
        var files = StatisticsFiles.all(version)
        for name in version == .one ? Array(files.old.keys) : Array(files.new.keys) {
          let text = String((0..<(generator.next() % 80)).map { _ in generator.pick(alphabet) })
          if version == .one { files.old[name] = text } else { files.new[name] = text }
        }
        let statistics = try ResourceStatistics(files)
        let json = ContainerStatistics(resources: statistics).json
        // Whatever it was, JSON comes out that can be read again.
        #expect(throws: Never.self) { try parsed(written(json)) }
      }
    }
  }
}
