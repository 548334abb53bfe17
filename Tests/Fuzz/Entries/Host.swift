import CLinux
import Ports

@testable import Domain
@testable import HostProbe
@testable import Init
@testable import Kit
@testable import Linux
@testable import Seccomp
@testable import StateDirectory

/// `/proc/self/mountinfo`: as the composition reads it for cgroups, and as the init process does, in place.
@Sendable func fuzzMountTable(_ input: [UInt8]) throws {
  let layout = CgroupLayout(mountTable: input)
  let places = layout.hierarchies.map(\.mountPoint)
  try hold(Set(places).count == places.count, "what lies below another mount does not count")
  if let place = ProbeText.mountPoint(of: "resctrl", input) {
    try hold(!place.isEmpty && !place.utf8.contains(10), "a mount point is a field")
  }
  try input.withUnsafeBytes { bytes in
    let table = MountTable(bytes)
    var (end, count) = (bytes.count, 0)
    while let line = table.line(before: end), count < 256 {
      try hold(line.upperBound <= end && !line.isEmpty, "lines come one before the other")
      (end, count) = (line.lowerBound, count + 1)
      guard let entry = table.entry(line) else { continue }
      try hold(
        line.lowerBound <= entry.path.lowerBound && entry.type.upperBound <= line.upperBound,
        "fields lie in their line")
      try hold(table.descends(entry, from: entry.number), "a mount is below itself")
      _ = (table.isKernelState(entry), table.descends(entry, from: 1))
      try checkPath(table, entry)
    }
  }
}

/// A path fits where it is copied to, and ends there.
private func checkPath(_ table: MountTable, _ entry: MountTable.Entry) throws {
  let capacity = 32
  try withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
    buffer.initialize(repeating: 1)
    guard let place = buffer.baseAddress else { return }
    let fits = table.copyPath(entry, to: place, capacity: capacity)
    try hold(fits == (entry.path.count < capacity), "a path fits where there is room")
    if fits { try hold(buffer.prefix(entry.path.count + 1).contains(0), "a path ends") }
  }
}

/// Files below `/proc/PID`: `stat`, `status`, `cgroup` and those of `fdinfo`; and `/proc/filesystems`.
@Sendable func fuzzProcessFiles(_ input: [UInt8]) throws {
  _ = ProbeText.hasFileSystem("cgroup2", input)
  if let stat = Processes.parseStat(input) {
    let line = "1 (a) b) \(stat.isAlive ? "S" : "Z")" + String(repeating: " 0", count: 16)
    let again = Processes.parseStat(Array("\(line) 1 0 \(stat.startTime) 0\n".utf8))
    try hold(
      again?.startTime == stat.startTime && again?.isAlive == stat.isAlive,
      "a process is the same after it was written and read")
  }
  for number in [Processes.innerNumber(status: input), Processes.number(descriptorInfo: input)] {
    if let number { try hold(number > 0, "a process has a number") }
  }
  if let identity = MountIdentity.identity(descriptorInfo: input) {
    let again = MountIdentity.identity(descriptorInfo: Array("pos:\t0\nmnt_id:\t\(identity)\n".utf8))
    try hold(again == identity, "a mount has a number")
  }
  if let group = CgroupForest.unifiedGroup(input) {
    try hold(!group.utf8.contains(10), "a cgroup is a line")
  }
}

/// What martlet keeps on disk beside its records: filters of containers and of profiles, and names of
/// preparations.
@Sendable func fuzzKeptFiles(_ input: [UInt8]) throws {
  let sealed = SHA256.digest(of: input) + input
  for bytes in [input, sealed] {
    guard let filter = SeccompCache.decode(bytes) else { continue }
    try hold(filter.program.count % 8 == 0 && !filter.program.isEmpty, "a program is a list of instructions")
    let again = SeccompCache.decode(SeccompCache.encode(filter))
    try hold(
      again?.program == filter.program && again?.flags == filter.flags && again?.warnings == filter.warnings,
      "a filter is the same after it was kept")
  }
  if let filter = FilterFile.decode(input) {
    try hold(FilterFile.decode(FilterFile.encode(filter)) == filter, "a filter is the same after it was kept")
  }
  guard let worker = Preparation.worker(named: text(input)) else { return }
  let name = Preparation.name(of: try ContainerID("fuzz"), by: worker)
  try hold(Preparation.worker(named: name) == worker, "a preparation names its process")
}

/// What a control file showed, behind a line `-` what is written to it, behind another the file's name.
@Sendable func fuzzControlFormats(_ input: [UInt8]) throws {
  let parts = text(input).split(
    separator: "\n-\n", maxSplits: 2, omittingEmptySubsequences: false
  ).map { String($0) }
  guard parts.count == 3 else { return }
  let format = ControlFormat(file: parts[2])
  let back = format.restoration(of: parts[1], present: parts[0])
  guard let back else { return }
  try hold(!format.isAct, "nothing takes an act back")
  guard let again = format.restoration(of: back, present: parts[0]) else { return }
  if case .whole = format {
    try hold(again == back, "what is set back to a state is set back to it once more")
  }
}

/// Messages: any text is shown on one line, and a log of JSON gives it back.
@Sendable func fuzzMessages(_ input: [UInt8]) throws {
  let message = text(input)
  try holdOneLine(message)
  let shown = Log.oneLine(message)
  try hold(Log.oneLine(shown) == shown, "what is shown is shown as it is")
  let line = Log.line(.warning, message, .json, time: Timestamp(seconds: 1, nanoseconds: 0))
  guard case .string(let logged)? = try parsed(Array(line.utf8))?["msg"] else {
    throw Finding(description: "a line of the log is JSON")
  }
  try hold(logged.utf8.elementsEqual(message.utf8), "a log gives a message back")
}
