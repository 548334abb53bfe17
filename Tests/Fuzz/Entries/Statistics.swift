@testable import Domain
@testable import Kit

/// Control files out of an input: a line `@NAME` begins one. The first byte says which version the controllers
/// are of.
private struct FuzzedFiles: ControlFiles {
  let version: CgroupVersion
  var files: [String: [UInt8]] = [:]

  init(_ input: [UInt8]) {
    version = (input.first ?? 0) & 1 == 0 ? .one : .two
    var name: String?
    for line in input.dropFirst().split(separator: 10, omittingEmptySubsequences: false) {
      if line.first == UInt8(ascii: "@") {
        name = text(Array(line.dropFirst()))
      } else if let name {
        files[name, default: []] += Array(line) + [10]
      }
    }
  }

  func version(of controller: String) -> CgroupVersion? { version }

  func read(_ file: String, _ version: CgroupVersion) throws(Never) -> [UInt8]? { files[file] }

  func names(of controller: String, _ version: CgroupVersion) throws(Never) -> [String] {
    files.keys.filter { $0.hasBytePrefix(controller + ".") }.sorted()
  }
}

/// Statistics out of control files: whatever these hold, the result is JSON, and its numbers are shown.
@Sendable func fuzzStatistics(_ input: [UInt8]) throws {
  let files = FuzzedFiles(input)
  let statistics = ResourceStatistics(files)
  let json = ContainerStatistics(resources: statistics).json
  try hold(try parsed(json.text()) == json, "statistics are the same after they were written and read")
  try hold(
    ResourceStatistics(files, .cpu).cpu == statistics.cpu || statistics.cpu.pressure != nil,
    "a part is read as the whole is")
  try hold(statistics.cpuset.cpus.count <= Int(IndexList.limit) + 1, "CPUs have numbers")
  var usage = Usage(statistics, at: 2)
  let earlier = usage
  usage.moment = 1_000_000_002
  usage.cpu = usage.cpu &+ UInt64(input.count)
  let row = UsageRow("fuzz", usage, since: earlier)
  try hold(row.cells.count == UsageRow.header.count, "a row has a cell for each column")
  for cell in row.cells { try holdOneLine(cell) }
  try hold(try parsed(row.json.text()) != nil, "a row is JSON")
}

/// Counters of events, before and after a line `-`.
@Sendable func fuzzMemoryEvents(_ input: [UInt8]) throws {
  let parts = input.split(
    separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false
  ).map { Array($0) }
  let (before, now) = (MemoryEvents(parts[0]), MemoryEvents(parts.count > 1 ? parts[1] : nil))
  try hold(now.since(now).isEmpty, "nothing happens in no time")
  try hold(now.since(MemoryEvents()) == now, "all happened since nothing had")
  var sum = before
  sum.add(now.since(before))
  try hold(sum.oom >= now.oom && sum.low >= now.low, "what is counted is not lost")
  if let json = now.json { try hold(try parsed(json.text()) == json, "events are JSON") }
}

/// Files and options that tell of pressure.
@Sendable func fuzzPressure(_ input: [UInt8]) throws {
  if let pressure = PressureStatistics(input) {
    for share in [pressure.some, pressure.full] {
      for average in [share.average10, share.average60, share.average300] {
        try hold(average >= 0 && average.isFinite, "a share is a number")
      }
    }
    try hold(try parsed(pressure.json.text()) != nil, "pressure is JSON")
  }
  if case .stall(let stall) = MemoryPressure(text(input)) {
    let written = stall.text.split(separator: " ").joined(separator: ":")
    try hold(MemoryPressure(written) == .stall(stall), "a stall is the same after it was written and read")
  }
}

/// Lengths of time on the command line.
@Sendable func fuzzIntervals(_ input: [UInt8]) throws {
  guard let milliseconds = Interval.milliseconds(text(input)) else { return }
  try hold(milliseconds >= 0, "no time is negative")
  // As many milliseconds are counted exactly in nanoseconds by a Double: 99 days.
  if milliseconds < 1 << 33 {
    try hold(
      Interval.milliseconds("\(milliseconds)ms") == milliseconds,
      "a time is the same after it was written and read")
  }
}
