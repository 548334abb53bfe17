extension PlanCompiler {
  /// A mount of type cgroup: the v2 tree, or on v1 a tmpfs with one directory for each hierarchy. As with
  /// runc, a v2 tree beside v1 hierarchies is not shown.
  static func addCgroupMount(
    _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer, _ linux: LinuxSettings, _ facts: Facts,
    _ request: PlanRequest, to builder: inout PlanBuilder
  ) {
    guard facts.cgroups.mode != .unified, mount.type == "cgroup" else {
      addUnified(on: mount.destination, options, origin, linux, facts, request, to: &builder)
      return
    }
    builder.add(
      .mount(
        FileSystemMount(
          type: "tmpfs", source: "tmpfs", destination: mount.destination,
          flags: options.set.subtracting(.readOnly),
          data: labelled("mode=755", "tmpfs", linux.mountLabel, by: request.mountContext),
          plainTarget: true)), origin)
    for hierarchy in facts.cgroups.hierarchies where !hierarchy.isUnified {
      addHierarchy(hierarchy, mount, options, origin, linux, request, to: &builder)
    }
    if options.set.contains(.readOnly) {
      builder.add(.remountReadOnly(path: mount.destination), origin)
    }
  }

  /// The v2 tree. In a user namespace it can be mounted only with a cgroup namespace of its own: without
  /// one the container gets its own cgroup to see, never those of others. Where the namespace is not the
  /// user namespace's, the kernel may refuse.
  private static func addUnified(
    on destination: String, _ options: MountOptions, _ origin: JSONPointer, _ linux: LinuxSettings,
    _ facts: Facts, _ request: PlanRequest, to builder: inout PlanBuilder
  ) {
    let own = request.cgroup?.paths.first { $0.controller.isEmpty }?.directory
    let (user, cgroup) = (linux.namespace(.user), linux.namespace(.cgroup))
    if user != nil, cgroup == nil, let own {
      addOwnCgroup(own, on: destination, options, origin, to: &builder)
      return
    }
    let mayBeRefused = (user != nil && cgroup?.isNew == false) || facts.inUserNamespace
    let fallback = mayBeRefused ? own : nil
    let slot = fallback.map { builder.slot(.mountTree(MountTree(path: $0, recursive: true)), origin) }
    builder.add(
      .mount(
        FileSystemMount(
          type: "cgroup2", source: "cgroup", destination: destination, flags: options.set,
          data: options.data, plainTarget: true,
          substitute: slot.map { .init(tree: $0, isFallback: true) })), origin)
  }

  private static func addOwnCgroup(
    _ directory: String, on destination: String, _ options: MountOptions, _ origin: JSONPointer,
    to builder: inout PlanBuilder
  ) {
    let slot = builder.slot(.mountTree(MountTree(path: directory, recursive: true)), origin)
    builder.add(
      .bind(
        BindMount(
          source: slot, path: directory, destination: destination, recursive: true, flags: options.set)),
      origin)
  }

  private static func addHierarchy(
    _ hierarchy: CgroupLayout.Hierarchy, _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer,
    _ linux: LinuxSettings, _ request: PlanRequest, to builder: inout PlanBuilder
  ) {
    let name = String(hierarchy.mountPoint.fields(at: "/").last ?? "")
    let destination = mount.destination + "/" + name
    if linux.namespace(.cgroup) != nil {
      builder.add(
        .mount(
          FileSystemMount(
            type: "cgroup", source: "cgroup", destination: destination, flags: options.set,
            data: hierarchyData(hierarchy.controllers))), origin)
    } else if let own = request.cgroup?.paths.first(where: { hierarchy.controllers.contains($0.controller) })
    {
      addOwnCgroup(own.directory, on: destination, options, origin, to: &builder)
    }
    guard hierarchy.controllers.count > 1 else { return }
    for controller in hierarchy.controllers where controller != name {
      builder.add(.makeSymbolicLink(path: mount.destination + "/" + controller, target: name), origin)
    }
  }

  /// The data of a v1 hierarchy: its controllers; `none` stands for those of one that only has a name.
  private static func hierarchyData(_ controllers: [String]) -> String {
    let hasController = controllers.contains { !$0.hasBytePrefix("name=") }
    return (hasController ? "" : "none,") + controllers.joined(separator: ",")
  }
}

extension LinuxSettings {
  /// The entry for a kind of namespace, if there is one.
  func namespace(_ type: NamespaceType) -> Namespace? { namespaces.first { $0.type == type } }
}

extension Namespace {
  /// It is made, not joined.
  var isNew: Bool { (path ?? "").isEmpty }
}
