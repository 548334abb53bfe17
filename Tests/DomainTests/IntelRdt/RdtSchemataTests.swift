import Domain
import Testing

@Suite struct RdtSchemataTests {
  static let read: [(String, [String])] = [
    ("L3:0=f", ["L3:0=f"]), ("  L3:0=00f;1= ff ;", ["L3:0=00f;1=ff"]), ("MB:1=  20;0=100", ["MB:1=20;0=100"]),
    ("L3CODE:00=f;01=0xF", ["L3CODE:0=f;1=0xF"]), ("MB : 0 = 20", ["MB:0=20"]), ("L3:0=f;0=3", ["L3:0=3"]),
    ("\tL2:18446744073709551615=1\r", ["L2:18446744073709551615=1"]),
  ]

  @Test(arguments: read) func readsLines(_ line: String, _ lines: [String]) throws {
    #expect(try RdtSchemata(lines: [line]).lines == lines)
    #expect(RdtSchemata(file: Array((line + "\n").utf8)).lines == lines)
  }

  static let malformed = [
    "", "L3", "L3:", ":0=f", "L3:0", "L3:0=", "L3:=f", "L3:x=f", "L3:-1=f", "L3:0=f g", "L3:0=f;1",
    "L3 2:0=f",
    "L3:0=f\nMB:0=20", "L3:0=-1", "L3:18446744073709551616=f", "L3:0==f", "L3:;", "L\u{e9}:0=f", "L3:0=f\0",
  ]

  @Test(arguments: malformed) func refusesLines(_ line: String) {
    #expect(throws: RdtSchemaProblem.malformed(line: line)) { try RdtSchemata(lines: [line]) }
    if !line.contains("\n") { #expect(RdtSchemata(file: Array(line.utf8)).isEmpty) }
  }

  @Test func laterValuesCount() throws {
    let schemata = try RdtSchemata(lines: ["L3:0=f;1=f", "MB:0=20", "L3:1=3", "MB:1=30"])
    #expect(schemata.lines == ["L3:0=f;1=3", "MB:0=20;1=30"])
    #expect(schemata.text == "L3:0=f;1=3\nMB:0=20;1=30\n")
    let change = try RdtSchemata(lines: ["MB:0=50", "L2:0=1"])
    #expect(schemata.merging(change).lines == ["L3:0=f;1=3", "MB:0=50;1=30", "L2:0=1"])
    #expect(schemata.restricted(to: change).lines == ["MB:0=20"])
    #expect(schemata.without(change).lines == ["L3:0=f;1=3", "MB:1=30"])
  }

  @Test func longLinesAreRefused() {
    let line = "L3:0=" + String(repeating: "f", count: RdtSchemata.longest)
    #expect(throws: RdtSchemaProblem.tooLong(limit: RdtSchemata.longest)) { try RdtSchemata(lines: [line]) }
    #expect(throws: RdtSchemaProblem.tooLong(limit: RdtSchemata.longest)) {
      try RdtSchemata(lines: [String](repeating: "L3:0=f", count: 100_000))
    }
  }

  /// A class that is being locked shows no shares.
  @Test func otherLinesOfAFileArePassedOver() {
    #expect(RdtSchemata(file: Array("L3:uninitialized\n  MB:0= 100\n\n".utf8)).lines == ["MB:0=100"])
  }

  @Test func whateverIsReadIsWrittenAndReadAgain() {
    var generator = Digits(seed: 7)
    let pieces = [
      "L3", "MB", ":", "=", ";", "0", "f", " ", "\t", "x", "18446744073709551615", "\0", "é", "0x",
    ]
    for _ in 0..<20_000 {
      let line = (0..<Int(generator.next() % 12)).map { _ in
        pieces[Int(generator.next() % UInt64(pieces.count))]
      }
      guard let read = try? RdtSchemata(lines: [line.joined()]) else { continue }
      #expect((try? RdtSchemata(lines: read.lines)) == read)
    }
  }
}

/// Numbers that are the same each time.
private struct Digits {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
}

@Suite struct RdtHostTests {
  private static func host(_ cache: RdtHost.Cache, _ bandwidth: RdtHost.Bandwidth) -> RdtHost {
    RdtHost(resources: [
      .init(name: "L3", kind: .cache(cache), classes: 16, domains: [0, 1]),
      .init(name: "MB", kind: .bandwidth(bandwidth), classes: 8, domains: [0, 1]),
    ])
  }

  private static let percent = RdtHost.Bandwidth(minimum: 10, step: 10)

  /// Against the definition, over all masks of nine bits.
  @Test(arguments: [0, 1, 2, 3] as [UInt64], [false, true, nil] as [Bool?])
  func masksAreJudgedByTheirBits(_ minimum: UInt64, _ allowsGaps: Bool?) {
    let host = Self.host(.init(mask: 0xFF, minimumBits: minimum, allowsGaps: allowsGaps), Self.percent)
    for mask in 0..<UInt64(512) {
      let bits = (0..<9).map { mask & (1 << UInt64($0)) != 0 }
      let runs = bits.split(separator: false)
      let isWithin = mask < 256 && (mask != 0 || minimum == 0)
      let isOneRow = runs.count <= 1 || allowsGaps != false
      let isLong = mask == 0 || UInt64(runs.first?.count ?? 0) >= minimum
      let schemata = RdtSchemata(file: Array("L3:1=\(String(mask, radix: 16))\n".utf8))
      let isTaken = (try? host.check(schemata)) != nil
      #expect(isTaken == (isWithin && isOneRow && isLong), "\(mask)")
    }
  }

  static let bandwidths: [(RdtHost.Unit, String, Bool)] = [
    (.percent, "9", false), (.percent, "10", true), (.percent, "11", true), (.percent, "100", true),
    (.percent, "101", false), (.mebibytes, "0", true), (.mebibytes, "4294967295", true),
    (.mebibytes, "4294967296", false), (.unknown, "2048", true), (.percent, "f", false),
    (.percent, "0x10", false), (.unknown, "99999999999999999999999", false),
  ]

  @Test(arguments: bandwidths) func bandwidthsAreJudged(
    _ unit: RdtHost.Unit, _ value: String, _ isTaken: Bool
  ) {
    let host = Self.host(.init(mask: 0xF), .init(minimum: 10, step: 10, unit: unit))
    let schemata = RdtSchemata(file: Array("MB:0=\(value)\n".utf8))
    #expect(((try? host.check(schemata)) != nil) == isTaken)
  }

  // unit, what is wanted, what is there, the first that differs
  static let comparisons: [(RdtHost.Unit, [String], [String], String?)] = [
    (.percent, ["L3:0=f"], ["L3:0=00f;1=3"], nil), (.percent, ["L3:0=0xF;1=3"], ["L3:1=03;0=f"], nil),
    (.percent, ["L3:0=f;1=f"], ["L3:0=f;1=3"], "L3:1=f"), (.percent, ["L3:0=f"], ["L3:1=f"], "L3:0=f"),
    (.percent, ["MB:0=11"], ["MB:0=20"], nil), (.percent, ["MB:0=20"], ["MB:0=020"], nil),
    (.percent, ["MB:0=11"], ["MB:0=10"], "MB:0=11"), (.mebibytes, ["MB:0=11"], ["MB:0=20"], "MB:0=11"),
    (.mebibytes, ["MB:0=11"], ["MB:0=11"], nil), (.percent, ["X:0=f"], ["X:0=0f"], "X:0=f"),
    (.percent, [], ["L3:0=f"], nil),
  ]

  @Test(arguments: comparisons)
  func whatIsWantedIsCompared(
    _ unit: RdtHost.Unit, _ wanted: [String], _ found: [String], _ difference: String?
  ) throws {
    let host = Self.host(.init(mask: 0xFF), .init(minimum: 10, step: 10, unit: unit))
    let entry = host.difference(try RdtSchemata(lines: wanted), try RdtSchemata(lines: found))
    #expect(entry?.description == difference)
  }

  static let units: [(String, Bool, RdtHost.Unit)] = [
    ("MB:0=100;1=100", false, .percent), ("MB:0=4294967295;1=50", false, .mebibytes),
    ("MB:0=2048;1=2048", false, .unknown), ("MB:0=50;1=50", true, .mebibytes),
  ]

  @Test(arguments: units) func theUnitIsToldByWhatIsThere(
    _ root: String, _ countsBandwidth: Bool, _ unit: RdtHost.Unit
  ) throws {
    let files = ["num_closids": "8", "min_bandwidth": "10", "bandwidth_gran": "10", "delay_linear": "1"]
    let host = RdtHost(
      [.init(name: "MB") { files[$0] }], root: try RdtSchemata(lines: [root]),
      countsBandwidth: countsBandwidth)
    #expect(
      host.resource("MB")
        == .init(
          name: "MB", kind: .bandwidth(.init(minimum: 10, step: 10, unit: unit)), classes: 8, domains: [0, 1])
    )
  }

  @Test func infoIsRead() throws {
    let files: [String: [String: String]] = [
      "L3": [
        "num_closids": "16", "cbm_mask": "7ff", "min_cbm_bits": "2", "shareable_bits": "600",
        "sparse_masks": "1",
      ],
      "L3_MON": ["mon_features": "llc_occupancy\nmbm_total_bytes"], "X": ["num_closids": "4"], "Y": [:],
    ]
    let host = RdtHost(
      files.keys.sorted().map { name in .init(name: name) { files[name]?[$0] } },
      root: try RdtSchemata(lines: ["L3:0=7ff;4=7ff", "X:1=1"]), countsBandwidth: false)
    #expect(host.events == ["llc_occupancy", "mbm_total_bytes"])
    #expect(
      host.resources == [
        .init(
          name: "L3", kind: .cache(.init(mask: 0x7FF, minimumBits: 2, allowsGaps: true, shareable: 0x600)),
          classes: 16, domains: [0, 4]),
        .init(name: "X", kind: .other, classes: 4, domains: [1]),
      ])
    #expect(throws: RdtSchemaProblem.self) { try host.check(RdtSchemata(lines: ["X:2=any"])) }
    try host.check(RdtSchemata(lines: ["X:1=any"]))
  }
}

@Suite struct RdtStatisticsTests {
  static let counters: [(String, RdtStatistics.Counter?)] = [
    ("0", .bytes(0)), ("18446744073709551615", .bytes(.max)), ("Unavailable", .unavailable),
    ("Error", .failed),
    ("Unassigned", .unassigned), ("", nil), ("-1", nil), ("1 2", nil), ("18446744073709551616", nil),
  ]

  @Test(arguments: counters) func countersAreRead(_ text: String, _ counter: RdtStatistics.Counter?) {
    #expect(RdtStatistics.Counter(text) == counter)
  }

  @Test func keysAreLibcontainers() throws {
    let host = RdtHost(resources: [
      .init(name: "L3CODE", kind: .cache(.init(mask: 0xFFF)), classes: 8, domains: [0]),
      .init(name: "MB", kind: .bandwidth(.init(minimum: 10, step: 10)), classes: 8, domains: [0]),
    ])
    var statistics = RdtStatistics(
      host, root: try RdtSchemata(lines: ["L3CODE:0=fff", "MB:0=100"]),
      schemata: try RdtSchemata(lines: ["L3CODE:0=f", "MB:0=20"]))
    statistics.domains = [
      .init(number: 0, occupancy: .bytes(7), totalBytes: .bytes(9), localBytes: .unavailable),
      .init(number: 1, occupancy: .failed),
    ]
    #expect(
      written(statistics.json) == #"{"l3_cache_info":{"cbm_mask":"fff","min_cbm_bits":1,"num_closids":8},"#
        + #""l3_cache_schema_root":"L3CODE:0=fff","l3_cache_schema":"L3CODE:0=f","#
        + #""mem_bw_info":{"bandwidth_gran":10,"delay_linear":1,"min_bandwidth":10,"num_closids":8},"#
        + #""mem_bw_schema_root":"MB:0=100","mem_bw_schema":"MB:0=20","schemata":["L3CODE:0=f","MB:0=20"],"#
        + #""mbm_stats":[{"mbm_total_bytes":9}],"cmt_stats":[{"llc_occupancy":7},{}]}"#)
    #expect(written(RdtStatistics().json) == "{}")
  }
}

@Suite struct RdtLocationTests {
  static let names: [(String, Bool)] = [
    ("a", true), ("web.1+x", true), ("é", true), (String(repeating: "a", count: 255), true), ("tasks", true),
    ("", false), (".", false), ("..", false), ("a/b", false), ("/", false), ("info", false),
    ("mon_groups", false), ("mon_data", false), ("a\nb", false), ("a\0b", false), ("\u{7f}", false),
    (String(repeating: "a", count: 256), false),
  ]

  @Test(arguments: names) func namesAreOneComponent(_ name: String, _ isName: Bool) {
    #expect(RdtGroup.isName(name) == isName)
  }

  @Test func pathsAreLibcontainers() {
    var location = RdtLocation(
      mount: RdtMount(path: "/sys/fs/resctrl"), group: "gold", isNew: false, isShared: true, monitoring: "a")
    #expect(location.path == "/sys/fs/resctrl/gold")
    #expect(location.monitoringPath == "/sys/fs/resctrl/gold/mon_groups/a")
    location.group = ""
    #expect(location.path == "/sys/fs/resctrl")
    #expect(location.monitoringPath == "/sys/fs/resctrl/mon_groups/a")
  }

  /// A record that was tampered with leads to no other directory.
  @Test(arguments: ["../x", "a/b", "info", ".."]) func aRecordLeadsNowhereElse(_ name: String) throws {
    for member in ["group", "monitoring"] {
      var members = ["group": "\"g\"", "monitoring": "\"m\""]
      members[member] = "\"\(name)\""
      let text = members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
      let json = try parsed(
        #"{"version":1,"id":"a","bundle":"/b","created":"1970-01-01T00:00:00Z","creator_pid":1,"creator_start":1,"#
          + #""driver":"disabled","cgroup_paths":{},"rdt":{"mount":"/m","new":true,"shared":false,\#(text)}}"#
      )
      #expect(throws: DecodingError.self) { try IntentRecord(decoding: json) }
    }
  }
}
