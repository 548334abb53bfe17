import Domain
import Testing

/// What one entry of `mounts` becomes: steps and slots.
@Suite struct MountPlanTests {
  static let ranges = [IDMapping(containerID: 0, hostID: 7, size: 3)]

  /// The slots and steps of one mount, without those that every container has.
  static func listing(
    _ mount: Mount, facts: Facts = Facts(), cgroup: CgroupLocation? = nil,
    _ change: (inout Document) -> Void = { _ in }
  ) throws -> [String] {
    var document = GoldenPlanTests.smallDocument()
    document.mounts = [mount]
    change(&document)
    var request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    request.cgroup = cgroup
    let plan = try PlanCompiler.compile(document, facts: facts, request: request)
    return plan.slots.filter { $0.origin.text.hasPrefix("/mounts") }.map(\.source.description)
      + plan.entries.filter { $0.origin.text.hasPrefix("/mounts") }.map(\.step.description)
  }

  static func with(_ types: [NamespaceType], path: String? = nil) -> (inout Document) -> Void {
    { document in
      document.linux?.namespaces += types.map { Namespace($0, path: path) }
      if types.contains(.user) {
        document.linux?.uidMappings = [
          IDMapping(containerID: 0, hostID: 0, size: 1), IDMapping(containerID: 1, hostID: 2, size: 1000),
        ]
        document.linux?.gidMappings = [IDMapping(containerID: 0, hostID: 100, size: 10)]
      }
    }
  }

  @Test("more descriptors than slots have numbers are an error, not one slot for two")
  func manyBinds() throws {
    var document = GoldenPlanTests.smallDocument()
    document.mounts = [Mount](
      repeating: Mount(destination: "/d", source: "/s", options: ["bind"]), count: 1 << 16)
    let request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    #expect(throws: PlanError(JSONPointer(text: "/mounts"), .tooManyDescriptors)) {
      try PlanCompiler.compile(document, facts: Facts(), request: request)
    }
  }

  @Test("an id-mapped bind with mappings of its own")
  func ownRanges() throws {
    var mount = Mount(destination: "/d", source: "/s", options: ["rbind", "ridmap", "rro"])
    (mount.uidMappings, mount.gidMappings) = (MountPlanTests.ranges, MountPlanTests.ranges)
    #expect(
      try MountPlanTests.listing(mount) == [
        "mount tree, recursive, of \"/s\", ids mapped by those of 1 user and 1 group ranges, recursive",
        "rbind \"/s\" on \"/d\" [], tree +[ro] -[], id-mapped",
      ])
  }

  @Test("mappings without an option map the mount alone; without mappings they are the container's")
  func wholeMapping() throws {
    var document = Document()
    document.linux = LinuxSettings()
    MountPlanTests.with([.user])(&document)
    let linux = try #require(document.linux)
    func mapping(_ mount: Mount, _ linux: LinuxSettings) throws -> MountMapping? {
      try MountMapping.of(mount, MountOptions(mount.options), linux)
    }
    var mount = Mount(destination: "/d", source: "/s", options: ["bind"])
    #expect(try mapping(mount, linux) == nil)
    mount.options = ["bind", "idmap"]
    #expect(try mapping(mount, linux) == MountMapping(.container, recursive: false))
    var joined = LinuxSettings()
    joined.namespaces = [Namespace(.user, path: "/run/u")]
    #expect(try mapping(mount, joined) == MountMapping(.namespace(path: "/run/u"), recursive: false))
    mount.options = ["bind"]
    (mount.uidMappings, mount.gidMappings) = (MountPlanTests.ranges, MountPlanTests.ranges)
    let ranges = MountMapping.Source.ranges(uids: MountPlanTests.ranges, gids: MountPlanTests.ranges)
    #expect(try mapping(mount, linux) == MountMapping(ranges, recursive: false))
  }

  @Test("ranges in the option's text, some relative to the container's")
  func optionRanges() throws {
    var document = Document()
    document.linux = LinuxSettings()
    MountPlanTests.with([.user])(&document)
    let mount = Mount(
      destination: "/d", source: "/s", options: ["bind", "idmap=uids=0-5-1#@1-3-10;gids=@0-0-1"])
    let mapping = try MountMapping.of(mount, MountOptions(mount.options), try #require(document.linux))
    #expect(
      mapping?.source
        == .ranges(
          uids: [
            IDMapping(containerID: 0, hostID: 5, size: 1), IDMapping(containerID: 1, hostID: 4, size: 10),
          ], gids: [IDMapping(containerID: 0, hostID: 100, size: 1)]))
  }

  @Test("an id-mapped file system is made by the parent")
  func fileSystem() throws {
    let mount = Mount(destination: "/t", type: "tmpfs", options: ["idmap", "ro", "size=1m"])
    #expect(
      try MountPlanTests.listing(mount, MountPlanTests.with([.user])) == [
        "new tmpfs \"tmpfs\", ids mapped by those of the container",
        "mount tmpfs \"tmpfs\" on \"/t\" [] size=1m made in slot 1", "remount \"/t\" read-only",
      ])
  }

  @Test("links: copied, bound themselves, covered themselves")
  func links() throws {
    let mount = Mount(
      destination: "/d", source: "/s", options: ["bind", "copy-symlink", "src-nofollow", "dest-nofollow"])
    #expect(
      try MountPlanTests.listing(mount) == [
        "mount tree of \"/s\" itself", "bind \"/s\" on \"/d\" [], a link copied, on the link itself",
      ])
  }

  @Test("a remount of a bind changes the mount alone")
  func remount() throws {
    let mount = Mount(destination: "/proc", type: "x", options: ["remount", "bind", "ro"])
    #expect(try MountPlanTests.listing(mount) == ["remount \"/proc\" [ro,bind]"])
    let whole = Mount(destination: "/proc", type: "x", options: ["remount", "ro", "hidepid=2"])
    #expect(try MountPlanTests.listing(whole) == ["remount \"/proc\" [ro] hidepid=2"])
  }

  @Test(
    "a relative destination is the same place as an absolute one", arguments: ["dev", "/dev/", "//dev/."])
  func relative(_ destination: String) throws {
    let mount = Mount(destination: destination, source: "/dev", options: ["rbind"])
    var document = GoldenPlanTests.smallDocument()
    document.mounts = [mount]
    let request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    let plan = try PlanCompiler.compile(document, facts: Facts(), request: request)
    #expect(!plan.entries.contains { $0.step.kind == .makeDevice })
  }
}
