import Domain
import Testing

@Suite struct RootPropagationTests {
  /// A value, how the tree around the root propagates, and what the root is told once it is entered.
  static let table: [(value: String?, tree: MountFlags, root: [MountFlags])] = [
    (nil, [.slavePropagation, .recursive], [.privatePropagation]),
    ("", [.slavePropagation, .recursive], [.privatePropagation]),
    ("private", [.slavePropagation, .recursive], [.privatePropagation]),
    ("rprivate", [.privatePropagation, .recursive], []),
    ("slave", [.slavePropagation, .recursive], []),
    ("rslave", [.slavePropagation, .recursive], []),
    ("unbindable", [.slavePropagation, .recursive], [.privatePropagation, .unbindable]),
    ("runbindable", [.privatePropagation, .recursive], [[.unbindable, .recursive]]),
    ("shared", .sharedPropagation, [.privatePropagation, .sharedPropagation]),
    (
      "rshared", [.sharedPropagation, .recursive],
      [.privatePropagation, [.sharedPropagation, .recursive]]
    ),
  ]

  @Test("each value of rootfsPropagation", arguments: table)
  func steps(_ row: (value: String?, tree: MountFlags, root: [MountFlags])) throws {
    var document = ValidationTests.good()
    document.linux?.rootfsPropagation = row.value
    let request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    let plan = try PlanCompiler.compile(document, facts: Facts(), request: request)
    let trees = plan.entries.compactMap { entry -> MountFlags? in
      if case .setTreePropagation(let flags) = entry.step { flags } else { nil }
    }
    let roots = plan.entries.compactMap { entry -> MountFlags? in
      if case .setRootPropagation(let flags) = entry.step { flags } else { nil }
    }
    #expect(trees == [row.tree])
    #expect(roots == row.root)
  }

  @Test("namespaces that their own root makes are not made by the birth")
  func unshared() {
    let all = NamespaceSet([.user, .ipc, .cgroup, .mount])
    #expect(Birth(created: all).unshared == NamespaceSet([.ipc, .cgroup]))
    #expect(Birth(created: NamespaceSet([.ipc, .cgroup])).unshared == NamespaceSet(.cgroup))
    #expect(Birth(created: NamespaceSet(.ipc)).unshared.isEmpty)
  }
}
