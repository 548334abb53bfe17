import CLinux
import CgroupDisabled
import CgroupV1
import CgroupV2
import Domain
import Linux
import Ports
import Testing

/// Managers over plain directories that stand for hierarchies: no root, no cgroups.
@Suite struct CgroupTreeTests {
  /// A directory of its own that is removed with it.
  private final class Scratch {
    let path: String

    init() throws {
      var template = Array("/tmp/martlet-cgroups-XXXXXX".utf8CString)
      path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { system("rm -rf '\(path)'") }

    func tree(_ name: String, _ controllers: [String], isUnified: Bool = false) -> CgroupTree {
      let hierarchy = CgroupLayout.Hierarchy(
        controllers: controllers, mountPoint: "\(path)/\(name)", isUnified: isUnified)
      return CgroupTree(hierarchy, kind: .unverified)
    }

    func directory(_ name: String) { mkdir("\(path)/\(name)", 0o755) }

    func file(_ name: String, _ text: String = "") throws {
      let opened = try Files.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
      try Files.writeAll(opened.number, text)
    }

    func text(_ name: String) throws -> String {
      let opened = try Files.open("\(path)/\(name)", O_RDONLY)
      return String(decoding: try Files.readAll(opened.number, limit: 4096), as: UTF8.self)
    }

    func has(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }
  }

  @Test func processesOfCgroupsWhoseNamesAreNoText() throws {
    let scratch = try Scratch()
    scratch.directory("v2")
    scratch.directory("v2/web")
    try scratch.file("v2/web/cgroup.procs", "1\n")
    let root = try Files.open("\(scratch.path)/v2/web", O_PATH | O_DIRECTORY)
    var above = root.number
    var opened: [Int32] = []
    defer { for number in opened { _ = Descriptor(owning: number) } }
    // Three levels of bytes that are no text, then more levels than a path can name.
    for level in 0..<30 {
      let name = level < 3 ? [CChar](arrayLiteral: -1, -2, 0) : [CChar](repeating: 97, count: 250) + [0]
      try Files.makeDirectory(name, at: above, mode: 0o755)
      let directory = try Files.open(name, at: above, O_PATH | O_DIRECTORY)
      let file = try Files.open("cgroup.procs", at: directory.number, O_WRONLY | O_CREAT, mode: 0o644)
      try Files.writeAll(file.number, "\(level + 2)\n")
      above = directory.number
      opened.append(directory.release())
    }
    let manager = CgroupV2Manager(scratch.tree("v2", [], isUnified: true))
    let location = try manager.locate(try Self.request("/web"))
    #expect(try manager.processes(in: location).sorted() == Array(1...31))
  }

  private static func request(_ path: String? = nil) throws -> CgroupRequest {
    CgroupRequest(id: try ContainerID("web"), path: path)
  }

  @Test func locationNamesEveryController() throws {
    let scratch = try Scratch()
    let manager = CgroupV1Manager([
      scratch.tree("cpu,cpuacct", ["cpu", "cpuacct"]), scratch.tree("systemd", ["name=systemd"]),
      scratch.tree("unified", [], isUnified: true),
    ])
    let location = try manager.locate(try Self.request())
    let expected = [
      ("cpu", "cpu,cpuacct"), ("cpuacct", "cpu,cpuacct"), ("name=systemd", "systemd"), ("", "unified"),
    ]
    #expect(
      location.paths
        == expected.map {
          CgroupLocation.Path(controller: $0.0, directory: "\(scratch.path)/\($0.1)/martlet/web")
        })
    #expect(!scratch.has("systemd"))
  }

  @Test func systemdFormIsRefused() throws {
    let manager = CgroupV2Manager(try Scratch().tree("v2", [], isUnified: true))
    #expect(throws: CgroupError.systemdPath("system.slice:m:web")) {
      try manager.locate(try Self.request("system.slice:m:web"))
    }
  }

  /// The second hierarchy is missing: of the first nothing stays that was not there before.
  @Test func failedCreationRemovesWhatItMade() throws {
    let scratch = try Scratch()
    scratch.directory("pids")
    scratch.directory("pids/a")
    let manager = CgroupV1Manager([scratch.tree("pids", ["pids"]), scratch.tree("gone", ["freezer"])])
    let location = try manager.locate(try Self.request("/a/b/c"))
    #expect(throws: CgroupError.self) { try manager.create(location, for: 1, try Self.request("/any")) }
    #expect(scratch.has("pids/a"))
    #expect(!scratch.has("pids/a/b"))
  }

  /// A cgroup without the file that a process enters by: it stays, as it was there before.
  @Test func failedEntranceLeavesWhatWasThere() throws {
    let scratch = try Scratch()
    for directory in ["pids", "pids/a"] { scratch.directory(directory) }
    let manager = CgroupV1Manager([scratch.tree("pids", ["pids"])])
    #expect(throws: CgroupError.self) {
      try manager.create(try manager.locate(try Self.request("/a")), for: 1, try Self.request("/a"))
    }
    #expect(scratch.has("pids/a"))
    #expect(throws: CgroupError.self) {
      try manager.create(try manager.locate(try Self.request("/b/c")), for: 1, try Self.request("/b/c"))
    }
    #expect(!scratch.has("pids/b"))
  }

  @Test func occupiedOrFrozenIsRefused() throws {
    let scratch = try Scratch()
    for directory in ["v2", "v2/a"] { scratch.directory(directory) }
    try scratch.file("v2/a/cgroup.procs", "12\n34\n")
    try scratch.file("v2/a/cgroup.freeze", "1\n")
    let manager = CgroupV2Manager(scratch.tree("v2", [], isUnified: true))
    let location = try manager.locate(try Self.request("/a"))
    let directory = "\(scratch.path)/v2/a"
    #expect(throws: CgroupError.notEmpty(directory: directory, processes: 2)) {
      try manager.createBirthplace(location)
    }
    #expect(try manager.processes(in: location) == [12, 34])
    try scratch.file("v2/a/cgroup.procs")
    #expect(throws: CgroupError.unexpectedlyFrozen(directory: directory)) {
      try manager.createBirthplace(location)
    }
    #expect(scratch.has("v2/a"))
  }

  @Test func processesOfSubgroupsCount() throws {
    let scratch = try Scratch()
    for directory in ["v2", "v2/a", "v2/a/b", "v2/a/b/c"] {
      scratch.directory(directory)
      try scratch.file("\(directory)/cgroup.procs", "\(directory.utf8.count)\n")
    }
    let manager = CgroupV2Manager(scratch.tree("v2", [], isUnified: true))
    #expect(try manager.processes(in: try manager.locate(try Self.request("a"))) == [4, 6, 8])
  }

  @Test func limitsAreWritten() throws {
    let scratch = try Scratch()
    for directory in ["v2", "v2/a"] { scratch.directory(directory) }
    for file in ["memory.max", "cpu.weight", "pids.max"] { try scratch.file("v2/a/\(file)") }
    let manager = CgroupV2Manager(scratch.tree("v2", [], isUnified: true))
    let location = try manager.locate(try Self.request("a"))
    var resources = Resources()
    resources.memory.limit = 4096
    // Swap that the kernel cannot account is not there to be used.
    resources.memory.swap = 4096
    resources.cpu.shares = 1024
    resources.pidsLimit = -1
    try manager.apply(resources, to: location)
    #expect(try scratch.text("v2/a/memory.max") == "4096")
    #expect(try scratch.text("v2/a/cpu.weight") == "100")
    #expect(try scratch.text("v2/a/pids.max") == "max")
    resources.cpu.cpus = "0"
    #expect(throws: CgroupError.controllerMissing("cpuset")) { try manager.apply(resources, to: location) }
    resources.memory.swap = 1
    #expect(throws: CgroupError.self) { try manager.apply(resources, to: location) }
  }

  @Test func usageIsComparedFirst() throws {
    let scratch = try Scratch()
    for directory in ["v2", "v2/a"] { scratch.directory(directory) }
    try scratch.file("v2/a/memory.max", "max")
    try scratch.file("v2/a/memory.current", "5000\n")
    let manager = CgroupV2Manager(scratch.tree("v2", [], isUnified: true))
    var resources = Resources()
    resources.memory.limit = 4096
    resources.memory.checkBeforeUpdate = true
    #expect(
      throws: CgroupError.invalidValue(
        file: "memory.max", reason: "rejecting memory limit 4096 <= usage 5000")
    ) {
      try manager.apply(resources, to: try manager.locate(try Self.request("a")))
    }
    #expect(try scratch.text("v2/a/memory.max") == "max")
  }

  /// A link in a hierarchy leads nowhere, and a record cannot lead out of one.
  @Test func nothingLeavesTheTree() throws {
    let scratch = try Scratch()
    for directory in ["v2", "v2/a", "outside"] { scratch.directory(directory) }
    try scratch.file("outside/pids.max", "untouched")
    symlink("\(scratch.path)/outside/pids.max", "\(scratch.path)/v2/a/pids.max")
    let manager = CgroupV2Manager(scratch.tree("v2", [], isUnified: true))
    var resources = Resources()
    resources.pidsLimit = 1
    let inside = try manager.locate(try Self.request("a"))
    #expect(throws: CgroupError.self) { try manager.apply(resources, to: inside) }
    #expect(try scratch.text("outside/pids.max") == "untouched")
    for directory in ["v2/../outside", "outside", "v2", "v2evil/a", "v2/"] {
      let location = CgroupLocation(
        driver: .cgroupfs, paths: [.init(controller: "", directory: "\(scratch.path)/\(directory)")])
      try manager.destroy(location)
    }
    #expect(scratch.has("outside") && scratch.has("v2"))
  }

  @Test func ordinaryDirectoryIsNoHierarchy() throws {
    let scratch = try Scratch()
    scratch.directory("v2")
    let hierarchy = CgroupLayout.Hierarchy(
      controllers: [], mountPoint: "\(scratch.path)/v2", isUnified: true)
    #expect(throws: Errno.notSupported) { try CgroupTree(hierarchy).rootDescriptor() }
  }

  @Test func emptyCpusetsAreFilledFromAbove() throws {
    let scratch = try Scratch()
    for directory in ["cpuset", "cpuset/a", "cpuset/a/b"] {
      scratch.directory(directory)
      for file in ["cpuset.cpus", "cpuset.mems"] { try scratch.file("\(directory)/\(file)") }
    }
    try scratch.file("cpuset/cpuset.cpus", "0-3\n")
    try scratch.file("cpuset/cpuset.mems", "0\n")
    try scratch.file("cpuset/a/cpuset.cpus", "1\n")
    try scratch.file("cpuset/a/b/cgroup.procs")
    try scratch.file("cpuset/a/b/tasks")
    let manager = CgroupV1Manager([scratch.tree("cpuset", ["cpuset"])])
    for door in try manager.create(
      try manager.locate(try Self.request("a/b")), for: 1, try Self.request("a/b"))
    {
      _ = Descriptor(owning: door)
    }
    #expect(try scratch.text("cpuset/a/cpuset.mems") == "0")
    #expect(try scratch.text("cpuset/a/b/cpuset.cpus") == "1")
    #expect(try scratch.text("cpuset/a/b/cpuset.mems") == "0")
  }

  @Test func disabledSaysWhatItCannotDo() throws {
    let manager = CgroupDisabledManager()
    let location = try manager.locate(try Self.request())
    #expect(location == CgroupLocation(driver: .disabled))
    try manager.apply(Resources(), to: location)
    try manager.killAll(in: location)
    try manager.destroy(location)
    var resources = Resources()
    resources.devices = [DeviceRule(allow: false)]
    try manager.apply(resources, to: location)
    resources.pidsLimit = 1
    #expect(throws: CgroupError.unsupported(operation: "limit resources")) {
      try manager.apply(resources, to: location)
    }
    #expect(throws: CgroupError.unsupported(operation: "freeze")) { try manager.setFrozen(true, location) }
    #expect(throws: CgroupError.unsupported(operation: "list processes")) {
      try manager.processes(in: location)
    }
    try manager.killAll(in: location)
  }
}
