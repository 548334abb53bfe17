import Domain
import Testing

@Suite struct CgroupOwnerTests {
  /// The user in the container, its mappings, other namespaces, the mount's options, and who gets the cgroup.
  private static let rows: [(UInt32, [IDMapping]?, NamespaceType?, [String]?, UInt32?)] = [
    (1000, nil, .cgroup, [], 1000), (1000, nil, .cgroup, ["ro", "rw"], 1000),
    (1000, nil, .cgroup, ["ro"], nil),
    (1000, nil, nil, [], nil), (1000, nil, .cgroup, nil, nil), (0, nil, .cgroup, [], nil),
    (0, [IDMapping(containerID: 0, hostID: 5000, size: 10)], .cgroup, [], 5000),
    (7, [IDMapping(containerID: 0, hostID: 5000, size: 10)], .cgroup, [], 5007),
    (
      12,
      [
        IDMapping(containerID: 0, hostID: 5000, size: 10), IDMapping(containerID: 10, hostID: 9000, size: 10),
      ], .cgroup, [], 9002
    ),
    (20, [IDMapping(containerID: 0, hostID: 5000, size: 10)], .cgroup, [], nil),
    (9, [IDMapping(containerID: 0, hostID: .max, size: 10)], .cgroup, [], nil),
  ]

  @Test(arguments: rows.indices) func owner(_ index: Int) {
    let (user, mappings, namespace, options, owner) = CgroupOwnerTests.rows[index]
    var document = Document()
    document.process = ProcessSettings()
    document.process?.user.uid = user
    document.linux = LinuxSettings()
    if let namespace { document.linux?.namespaces.append(Namespace(namespace)) }
    if let mappings {
      document.linux?.namespaces.append(Namespace(.user))
      document.linux?.uidMappings = mappings
    }
    if let options {
      var mount = Mount(destination: "/sys/fs/cgroup/")
      (mount.type, mount.options) = ("cgroup", options)
      document.mounts.append(mount)
    }
    #expect(document.cgroupOwner == owner)
  }

  @Test func theMappingsOfANamespaceThatIsJoinedAreNotKnown() {
    var document = Document()
    document.process = ProcessSettings()
    document.linux = LinuxSettings()
    document.linux?.namespaces = [Namespace(.cgroup), Namespace(.user, path: "/proc/1/ns/user")]
    var mount = Mount(destination: "/sys/fs/cgroup")
    mount.type = "cgroup2"
    document.mounts = [mount]
    #expect(document.cgroupOwner == nil)
  }
}
