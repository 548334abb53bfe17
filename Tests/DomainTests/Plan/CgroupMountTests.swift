import Domain
import Testing

/// Mounts of type cgroup, by the host's hierarchies and the container's namespaces.
@Suite struct CgroupMountTests {
  static let hybrid = Facts(
    cgroups: CgroupLayout(
      mode: .hybrid,
      hierarchies: [
        .init(controllers: ["cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct"),
        .init(controllers: ["name=elogind"], mountPoint: "/sys/fs/cgroup/elogind"),
        .init(controllers: [], mountPoint: "/sys/fs/cgroup/unified", isUnified: true),
      ]))

  static let location = CgroupLocation(
    driver: .cgroupfs,
    paths: [
      .init(controller: "cpu", directory: "/own/cpu"), .init(controller: "name=elogind", directory: "/own/e"),
      .init(controller: "", directory: "/own/unified"),
    ])

  static func steps(
    _ type: String, _ facts: Facts, _ types: [NamespaceType], path: String? = nil, options: [String] = ["ro"]
  ) throws -> [String] {
    let mount = Mount(destination: "/c", type: type, source: "cgroup", options: options)
    return try MountPlanTests.listing(
      mount, facts: facts, cgroup: location, MountPlanTests.with(types, path: path))
  }

  @Test("v1 with a cgroup namespace: every hierarchy is mounted")
  func hybridNamespace() throws {
    #expect(
      try CgroupMountTests.steps("cgroup", CgroupMountTests.hybrid, [.cgroup]) == [
        "mount tmpfs \"tmpfs\" on \"/c\" [] mode=755",
        "mount cgroup \"cgroup\" on \"/c/cpu,cpuacct\" [ro] cpu,cpuacct",
        "link \"/c/cpu\" to \"cpu,cpuacct\"", "link \"/c/cpuacct\" to \"cpu,cpuacct\"",
        "mount cgroup \"cgroup\" on \"/c/elogind\" [ro] none,name=elogind",
        "remount \"/c\" read-only",
      ])
  }

  @Test("without a cgroup namespace the container's own cgroups are bound", arguments: [true, false])
  func hybridBound(hasUsers: Bool) throws {
    let steps = try CgroupMountTests.steps(
      "cgroup", CgroupMountTests.hybrid, hasUsers ? [.user] : [], options: [])
    #expect(
      steps == [
        "mount tree, recursive, of \"/own/cpu\"", "mount tree, recursive, of \"/own/e\"",
        "mount tmpfs \"tmpfs\" on \"/c\" [] mode=755",
        "rbind \"/own/cpu\" on \"/c/cpu,cpuacct\" []", "link \"/c/cpu\" to \"cpu,cpuacct\"",
        "link \"/c/cpuacct\" to \"cpu,cpuacct\"", "rbind \"/own/e\" on \"/c/elogind\" []",
      ])
  }

  @Test("v2: mounted, or the own cgroup bound where users are others and the namespace is the host's")
  func unified() throws {
    let facts = Facts(cgroups: CgroupLayout(mode: .unified))
    let mounted = ["mount cgroup2 \"cgroup\" on \"/c\" [ro]"]
    for types in [[], [.cgroup], [.cgroup, .user]] as [[NamespaceType]] {
      #expect(try CgroupMountTests.steps("cgroup", facts, types) == mounted)
    }
    #expect(try CgroupMountTests.steps("cgroup2", CgroupMountTests.hybrid, [.cgroup]) == mounted)
    #expect(
      try CgroupMountTests.steps("cgroup", facts, [.user]) == [
        "mount tree, recursive, of \"/own/unified\"", "rbind \"/own/unified\" on \"/c\" [ro]",
      ])
  }

  @Test("v2: where the kernel may refuse, the own cgroup is at hand")
  func fallback() throws {
    let wanted = [
      "mount tree, recursive, of \"/own/unified\"",
      "mount cgroup2 \"cgroup\" on \"/c\" [ro] or, where refused, slot 1",
    ]
    var facts = Facts(cgroups: CgroupLayout(mode: .unified))
    #expect(try CgroupMountTests.steps("cgroup", facts, [.cgroup, .user], path: "/run/x") == wanted)
    facts.inUserNamespace = true
    #expect(try CgroupMountTests.steps("cgroup", facts, [.cgroup]) == wanted)
  }
}
