import CLinux
import CgroupV1
import Domain
import Linux
import Ports
import Testing

@testable import CgroupV2

/// The real hierarchies of this host, below `/martlet-test`.
private let layout: CgroupLayout = {
  guard let table = try? Procfs().read("self/mountinfo", limit: 16 << 20) else {
    return CgroupLayout(mode: .unified)
  }
  return CgroupLayout(mountTable: table)
}()
private let isRoot = geteuid() == 0

@Suite(.serialized) struct CgroupHostTests {
  private static let name = "/martlet-test/host-\(getpid())"

  private static func request() throws -> CgroupRequest {
    CgroupRequest(id: try ContainerID("host"), path: name)
  }

  private static func text(_ location: CgroupLocation, _ controller: String, _ file: String) -> String? {
    guard let path = location.paths.first(where: { $0.controller == controller }) else { return nil }
    return content("\(path.directory)/\(file)")
  }

  private static func content(_ path: String) -> String? {
    guard let number = try? Files.open(path, O_RDONLY).release() else { return nil }
    let descriptor = Descriptor(owning: number)
    guard let bytes = try? Files.readAll(descriptor.number, limit: 1 << 16) else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: "\n")
  }

  private static func removeParents() {
    for hierarchy in layout.hierarchies { rmdir(hierarchy.mountPoint + "/martlet-test") }
  }

  /// Whether a shell that enters a cgroup first succeeds with a command. (A plain fork is not for a process
  /// with several threads.)
  private static func succeeds(_ command: String, in directory: String) -> Bool {
    system("echo 0 > '\(directory)/cgroup.procs' && { \(command); } > /dev/null 2>&1") == 0
  }

  @Test(
    "limits reach the files of version 1",
    .enabled(if: isRoot && layout.mode != .unified, "root and cgroup v1"))
  func limits() throws {
    let manager = CgroupV1Manager(CgroupTree.trees(layout))
    let location = try manager.locate(try Self.request())
    defer {
      try? manager.destroy(location)
      Self.removeParents()
    }
    _ = try manager.createBirthplace(location).map { Descriptor(owning: $0) }
    for door in try manager.create(location, for: 1, try Self.request()) { _ = Descriptor(owning: door) }
    var resources = Resources()
    resources.memory.limit = 64 << 20
    resources.cpu.shares = 512
    resources.cpu.quota = 50_000
    resources.cpu.period = 100_000
    resources.cpu.cpus = "0"
    resources.pidsLimit = 42
    resources.devices = [
      DeviceRule(allow: false), DeviceRule(allow: false, kind: .character, major: 5, minor: 0),
    ]
    // A second time changes nothing.
    for _ in 0..<2 { try manager.apply(resources, to: location) }
    #expect(Self.text(location, "memory", "memory.limit_in_bytes") == "67108864")
    #expect(Self.text(location, "cpu", "cpu.shares") == "512")
    #expect(Self.text(location, "cpu", "cpu.cfs_quota_us") == "50000")
    #expect(Self.text(location, "cpuset", "cpuset.cpus") == "0")
    #expect(Self.text(location, "pids", "pids.max") == "42")
    let list = Self.text(location, "devices", "devices.list") ?? ""
    #expect(list.contains("c 1:3 rwm"))
    #expect(!list.contains("c 5:0"))
    #expect(!list.contains("c *:* m"))
    try manager.destroy(location)
    for path in location.paths { #expect(access(path.directory, F_OK) != 0) }
  }

  /// The tree of version 2 takes device programs on hybrid hosts too.
  @Test(
    "device programs hold, and are replaced",
    .enabled(if: isRoot && layout.hierarchies.contains(where: \.isUnified), "root and a cgroup v2 tree"))
  func deviceProgram() throws {
    let hierarchy = try #require(layout.hierarchies.first { $0.isUnified })
    let manager = CgroupV2Manager(CgroupTree(hierarchy))
    let location = try manager.locate(try Self.request())
    defer {
      try? manager.destroy(location)
      Self.removeParents()
    }
    _ = try manager.createBirthplace(location).map { Descriptor(owning: $0) }
    let directory = try #require(location.paths.first).directory
    #expect(Self.succeeds("head -c 1 /dev/zero", in: directory))
    var resources = Resources()
    resources.devices = [
      DeviceRule(allow: false), DeviceRule(allow: false, kind: .character, major: 1, minor: 5),
    ]
    try manager.apply(resources, to: location)
    #expect(!Self.succeeds("head -c 1 /dev/zero", in: directory))
    #expect(Self.succeeds("head -c 1 /dev/urandom", in: directory))
    resources.devices = [
      DeviceRule(allow: false),
      DeviceRule(allow: false, kind: .character, major: 1, minor: 9, access: .write),
    ]
    try manager.apply(resources, to: location)
    #expect(Self.succeeds("head -c 1 /dev/zero", in: directory))
    #expect(Self.succeeds("head -c 1 /dev/urandom", in: directory))
    #expect(!Self.succeeds("echo x > /dev/urandom", in: directory))
  }

  /// 64 is all that the kernel attaches to one cgroup, and then it takes no replacement either.
  @Test(
    "any number of device programs gives way to one",
    .enabled(if: isRoot && layout.hierarchies.contains(where: \.isUnified), "root and a cgroup v2 tree"),
    arguments: [0, 1, 2, 63, 64])
  func manyDevicePrograms(_ count: Int) throws {
    let hierarchy = try #require(layout.hierarchies.first { $0.isUnified })
    let manager = CgroupV2Manager(CgroupTree(hierarchy))
    let location = try manager.locate(try Self.request())
    defer {
      try? manager.destroy(location)
      Self.removeParents()
    }
    _ = try manager.createBirthplace(location).map { Descriptor(owning: $0) }
    let directory = try #require(location.paths.first).directory
    let cgroup = try Files.open(directory, O_RDONLY | O_DIRECTORY)
    let allowing = DeviceProgram.compile([DeviceRule(allow: true)])
    for _ in 0..<count {
      let program = try DeviceFilter.load(allowing)
      try DeviceFilter.attach(program.number, to: cgroup.number, DeviceFilter.allowMultiple, 0)
    }
    #expect(try DeviceFilter.attached(to: cgroup.number).count == count)
    var resources = Resources()
    resources.devices = [
      DeviceRule(allow: false), DeviceRule(allow: false, kind: .character, major: 1, minor: 5),
    ]
    if count == 64 {
      #expect(throws: CgroupError.self) { try manager.apply(resources, to: location) }
      #expect(try DeviceFilter.attached(to: cgroup.number).count == count)
      return
    }
    try manager.apply(resources, to: location)
    #expect(try DeviceFilter.attached(to: cgroup.number).count == 1)
    #expect(!Self.succeeds("head -c 1 /dev/zero", in: directory))
    #expect(Self.succeeds("head -c 1 /dev/urandom", in: directory))
  }
}
