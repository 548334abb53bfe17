import Ports

@testable import Domain
@testable import HostProbe
@testable import Kit
@testable import Linux
@testable import Spawner

/// Lists of CPUs and memory nodes.
@Sendable func fuzzLists(_ input: [UInt8]) throws {
  guard let list = try accepted({ () throws(IndexList.Problem) in try IndexList(text(input)) }) else {
    return
  }
  try hold(try IndexList(list.description) == list, "a list is the same after it was written and read")
  try hold(IndexList(mask: list.mask) == list, "a list is the same after it became a mask")
}

/// Id maps: lines as the kernel shows them, and crun's `idmap=` text.
@Sendable func fuzzIDMaps(_ input: [UInt8]) throws {
  _ = ProbeText.isWholeRange(input)
  let mappings = text(input).split(separator: "\n").prefix(64).compactMap { IDMapping(line: $0) }
  let written = IDMapping.text(mappings).split(separator: "\n").compactMap { IDMapping(line: $0) }
  try hold(
    written == mappings || written == IDMapping.merged(mappings),
    "mappings are the same after they were written and read")
  var linux = LinuxSettings()
  linux.uidMappings = mappings
  linux.gidMappings = mappings
  linux.namespaces = [Namespace(.user)]
  let mount = Mount(destination: "/m", type: "tmpfs", source: "tmpfs", options: ["idmap=" + text(input)])
  _ = try accepted { () throws(MountMapping.Problem) in
    try MountMapping.of(mount, MountOptions(mount.options), linux)
  }
}

/// Mount options, one a line.
@Sendable func fuzzMountOptions(_ input: [UInt8]) throws {
  let lines = text(input).split(separator: "\n").map(String.init)
  let options = MountOptions(lines)
  try hold(options.set.isDisjoint(with: options.cleared), "no flag is both set and cleared")
  try hold(options.treeSet.isDisjoint(with: options.treeCleared), "no attribute is both set and cleared")
  try hold(options == MountOptions(lines + ["defaults"]), "an option that asks nothing changes nothing")
  var document = Document()
  document.linux = LinuxSettings()
  document.mounts = [Mount(destination: "/m", type: "tmpfs", source: "tmpfs", options: lines)]
  for violation in ValidationRule.violations(of: document, on: Facts()) {
    try holdOneLine(violation.description)
  }
}

/// Names: ids, cgroup paths, units, signals, users, limits, paths. The first byte chooses none: all read it.
@Sendable func fuzzNames(_ input: [UInt8]) throws {
  let name = text(input)
  if let id = try accepted(saying: \.phrase, { () throws(ContainerID.Violation) in try ContainerID(name) }) {
    try hold(id.text == name && !name.utf8.contains(UInt8(ascii: "/")), "an id is a file's name")
  }
  if let signal = Signal(name) { try hold((0...64).contains(signal.rawValue), "a signal has a number") }
  if let user = UserText(name) { try hold(user.uid != .max && user.gid != .max, "a user is one") }
  let clean = name.cleanedPath
  try hold(clean.cleanedPath == clean, "a clean path stays as it is")
  try hold(!clean.pathComponents.contains { $0 == ".." || $0 == "." }, "a clean path leads nowhere else")
  try checkCgroupName(name)
}

private func checkCgroupName(_ path: String) throws {
  let id = try ContainerID("fuzz")
  let name = try accepted(saying: { "\($0)".debugDescription }) { () throws(CgroupName.Violation) in
    try CgroupName.name(id: id, path: path, rootDigest: nil)
  }
  guard let name else { return }
  try hold(
    !name.isEmpty && !name.isAbsolutePath && !name.pathComponents.contains { $0 == "." || $0 == ".." },
    "a cgroup lies below the root")
}

/// RFC 3339.
@Sendable func fuzzTimestamps(_ input: [UInt8]) throws {
  guard let moment = Timestamp(text(input)) else { return }
  try hold(Timestamp(moment.description) == moment, "a moment is the same after it was written and read")
}

/// Arguments, one a line.
@Sendable func fuzzCommandLine(_ input: [UInt8]) throws {
  let arguments = input.split(separator: 10, omittingEmptySubsequences: false).map { text(Array($0)) }
  _ = Completion(arguments)
  let parsed = try accepted { () throws(UsageError) in try Parser.parse(arguments) }
  guard let invocation = parsed else { return }
  for option in Option.allCases {
    _ = (invocation.text(option), invocation.list(option), invocation.number(option))
  }
}

/// The text format of GVariant, and signatures of D-Bus.
@Sendable func fuzzGVariant(_ input: [UInt8]) throws {
  _ = try accepted { () throws(GVariantText.Problem) in _ = try GVariantText.parse(text(input)) }
  _ = PropertyType.list(input)
}

/// `cgroupsPath` for systemd.
@Sendable func fuzzUnitPlaces(_ input: [UInt8]) throws {
  let id = try ContainerID("fuzz")
  let place = try accepted(saying: { "\($0)".debugDescription }) { () throws(UnitPlace.Violation) in
    try UnitPlace(id: id, path: text(input), rootDigest: nil, defaultSlice: "system.slice")
  }
  guard let place else { return }
  try hold(place.unit.utf8.count <= 255, "a unit's name fits")
  try hold(
    !place.unit.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "/") }, "a unit's name is a file's name")
  try hold(
    !place.controlGroup.pathComponents.contains { $0 == ".." || $0 == "." }, "a unit's cgroup is its own")
}

/// Sizes of `update`.
@Sendable func fuzzSizes(_ input: [UInt8]) throws {
  guard let size = ByteSize.parse(text(input)) else { return }
  try hold(size >= -1, "a size is no less than none")
  try hold(ByteSize.parse("\(size)") == size, "a size is the same after it was written and read")
}

/// Files and output of the host's programs: passwd, the output of `ps`, lists of processes, options of a file
/// system.
@Sendable func fuzzHostFiles(_ input: [UInt8]) throws {
  let text = text(input)
  let names = OwnerNames(text: text)
  for uid: UInt32 in [0, 1000] { _ = names.name(uid) }
  _ = ProcessTable.rows(text, [1, 10])
  _ = CgroupPlace.numbers(input)
  for (key, value) in FileSystemMaker.options(text) {
    try hold(!key.isEmpty || value != nil, "an option has a key or a value")
  }
}
