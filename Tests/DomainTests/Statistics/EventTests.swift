import Domain
import Testing

@Suite struct EventTests {
  private static func events(_ text: String) -> MemoryEvents { MemoryEvents(Array(text.utf8)) }

  @Test func differences() {
    let before = Self.events("low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n")
    let after = Self.events("low 1\nhigh 4\nmax 3\noom 4\noom_kill 8\noom_group_kill 7\nnew_kind 5\n")
    let difference = after.since(before)
    #expect(difference.high == 2)
    #expect(difference.oomKill == 3)
    #expect(difference.oomGroupKill == 1)
    #expect(difference.json.map { written($0) } == #"{"high":2,"oom_kill":3,"oom_group_kill":1}"#)
    #expect(after.since(after).isEmpty)
    #expect(after.since(after).json == nil)
  }

  /// A cgroup that was removed and made again counts from 0.
  @Test func aCounterThatWentBack() {
    #expect(Self.events("oom_kill 2").since(Self.events("oom_kill 7")).oomKill == 2)
  }

  @Test func sums() {
    var sum = Self.events("oom_kill 18446744073709551615\nlow 1")
    sum.add(Self.events("oom_kill 1\nlow 1"))
    #expect(sum.oomKill == .max)
    #expect(sum.low == 2)
  }

  @Test func lines() throws {
    let id = try ContainerID("web")
    #expect(written(ContainerEvent.outOfMemory.json(id)) == #"{"type":"oom","id":"web"}"#)
    #expect(
      written(ContainerEvent.memory(Self.events("max 2")).json(id))
        == #"{"type":"memory","id":"web","data":{"max":2}}"#)
    #expect(
      written(ContainerEvent.pressure("low").json(id))
        == #"{"type":"pressure","id":"web","data":{"pressure":"low"}}"#)
    let statistics = ContainerEvent.statistics(ContainerStatistics(resources: ResourceStatistics()))
    #expect(written(statistics.json(id)).hasPrefix(#"{"type":"stats","id":"web","data":{"cpu":{},"#))
  }

  @Test(arguments: [
    ("low", MemoryPressure.level(.low)), ("medium", .level(.medium)), ("critical", .level(.critical)),
    ("some:150000:1000000", .stall(.init(threshold: 150_000, window: 1_000_000))),
    ("full:1:2", .stall(.init(isFull: true, threshold: 1, window: 2))),
  ])
  func pressures(_ text: String, _ pressure: MemoryPressure) {
    #expect(MemoryPressure(text) == pressure)
  }

  @Test(arguments: [
    "", "high", "some", "some:1", "some:1:2:3", "some:-1:2", "some:x:2", "any:1:2", "some::2",
  ])
  func noPressures(_ text: String) {
    #expect(MemoryPressure(text) == nil)
  }

  @Test func triggers() {
    #expect(MemoryPressure.Stall(threshold: 150_000).text == "some 150000 2000000")
    #expect(MemoryPressure.Level.critical.stall.text == "full 200000 2000000")
    // A process without CAP_SYS_RESOURCE may ask for multiples of two seconds only.
    for level in MemoryPressure.Level.allCases { #expect(level.stall.window % 2_000_000 == 0) }
  }

  @Test(arguments: [
    ("5s", Int64(5000)), ("500ms", 500), ("1m30s", 90_000), ("1.5h", 5_400_000), ("7", 7000), ("1us", 1),
    ("0", 0), ("0s", 0), ("1µs", 1), ("2400000h", 8_640_000_000_000),
  ])
  func intervals(_ text: String, _ milliseconds: Int64) {
    #expect(Interval.milliseconds(text) == milliseconds)
  }

  @Test(arguments: [
    "", "s", "5x", "-5s", "5s3", "1e3s", ".s", "..1s", "5 s", "99999999999999999999h", "nan", "+5",
  ])
  func noIntervals(_ text: String) {
    #expect(Interval.milliseconds(text) == nil)
  }
}

@Suite struct UsageTests {
  private static func usage(cpu: UInt64, memory: UInt64, limit: UInt64 = 0, at moment: UInt64) -> Usage {
    var statistics = ResourceStatistics()
    statistics.cpu.total = cpu
    statistics.memory.usage.usage = memory
    statistics.memory.usage.limit = limit
    return Usage(statistics, at: moment)
  }

  @Test func percentOfACPU() {
    let first = Self.usage(cpu: 1_000, memory: 0, at: 10_000)
    #expect(Self.usage(cpu: 2_500, memory: 0, at: 11_000).cpuPercent(since: first) == 150)
    #expect(Self.usage(cpu: 900, memory: 0, at: 11_000).cpuPercent(since: first) == 0)
    #expect(Self.usage(cpu: 900, memory: 0, at: 10_000).cpuPercent(since: first) == nil)
    #expect(first.cpuPercent(since: nil) == nil)
  }

  @Test(arguments: [
    (UInt64(64 << 20), UInt64?(64 << 20)), (.max, nil), (9_223_372_036_854_771_712, nil), (0, nil),
  ])
  func limits(_ limit: UInt64, _ shown: UInt64?) {
    #expect(Self.usage(cpu: 0, memory: 0, limit: limit, at: 0).memoryLimit == shown)
  }

  @Test func cells() {
    let earlier = Self.usage(cpu: 0, memory: 0, at: 0)
    let usage = Self.usage(cpu: 125, memory: 1_572_864, limit: 64 << 20, at: 1000)
    let row = UsageRow("web", usage, since: earlier)
    #expect(row.cells == ["web", "12.50", "1.5MiB", "64.0MiB", "2.34", "0", "0B", "0B"])
    #expect(row.cells.count == UsageRow.header.count)
    #expect(UsageRow("off", nil, since: nil).cells == ["off", "-", "-", "-", "-", "-", "-", "-"])
    #expect(written(UsageRow("off", nil, since: nil).json) == #"{"id":"off"}"#)
    #expect(written(row.json).hasPrefix(#"{"id":"web","cpuPercent":12.5,"cpu":125,"memory":1572864,"#))
  }

  @Test(arguments: [
    (UsageRow.Order.cpu, ["b", "a", "c", "d"]), (.memory, ["c", "a", "b", "d"]), (.id, ["a", "b", "c", "d"]),
  ])
  func orders(_ order: UsageRow.Order, _ names: [String]) {
    let earlier = Self.usage(cpu: 0, memory: 0, at: 0)
    var rows = [
      UsageRow("d", nil, since: nil), UsageRow("c", Self.usage(cpu: 5, memory: 9, at: 10), since: earlier),
      UsageRow("b", Self.usage(cpu: 7, memory: 2, at: 10), since: earlier),
      UsageRow("a", Self.usage(cpu: 5, memory: 2, at: 10), since: earlier),
    ]
    UsageRow.sort(&rows, by: order)
    #expect(rows.map(\.id) == names)
  }

  @Test(arguments: [
    (UInt64(0), "0B"), (1023, "1023B"), (1024, "1.0KiB"), (1_048_576, "1.0MiB"), (1_610_612_736, "1.5GiB"),
    (.max, "16.0EiB"),
  ])
  func bytes(_ count: UInt64, _ text: String) {
    #expect(Quantity.bytes(count) == text)
  }

  @Test(arguments: [
    (0.0, "0.00"), (0.005, "0.01"), (12.345, "12.35"), (99.999, "100.00"), (.infinity, "-"),
  ])
  func decimals(_ number: Double, _ text: String) {
    #expect(Quantity.decimal(number, digits: 2) == text)
  }
}
