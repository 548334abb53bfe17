extension PlanCompiler {
  /// One entry of `mounts`.
  static func addMount(
    _ mount: Mount, at index: Int, _ linux: LinuxSettings, _ facts: Facts, _ request: PlanRequest,
    to builder: inout PlanBuilder
  ) throws(PlanError) {
    let origin = Origin.mounts.appending(index)
    let options = mount.sortedOptions
    guard !options.idMapped else {
      throw PlanError(origin.appending("options"), .unsupportedMountOption("idmap"))
    }
    if options.remount {
      // With `bind` only the mount itself changes; without, its file system, for all who have it mounted.
      let flags = options.bind == nil ? options.set : options.set.union(.bind)
      builder.add(
        .remount(destination: mount.destination, flags: flags, cleared: options.cleared, data: options.data),
        origin)
    } else if options.bind != nil {
      try addBind(mount, options, origin, request, to: &builder)
    } else if mount.type == "cgroup" || mount.type == "cgroup2" {
      addCgroupMount(mount, options, origin, linux, facts, request, to: &builder)
    } else {
      addFileSystem(mount, options, origin, linux.mountLabel, to: &builder)
    }
    if !options.treeSet.isEmpty || !options.treeCleared.isEmpty {
      builder.add(
        .setTreeAttributes(
          destination: mount.destination, set: options.treeSet, cleared: options.treeCleared), origin)
    }
    for flags in options.propagation {
      builder.add(.setPropagation(destination: mount.destination, flags), origin)
    }
  }

  private static func addBind(
    _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer, _ request: PlanRequest,
    to builder: inout PlanBuilder
  ) throws(PlanError) {
    guard options.data.isEmpty else {
      throw PlanError(origin.appending("options"), .dataOnBindMount(options.data))
    }
    guard let source = mount.source, !source.isEmpty else {
      throw PlanError(origin.appending("source"), .missing)
    }
    let path = absolute(source, in: request.bundle)
    let recursive = options.bind == .recursive
    let slot = builder.slot(
      .mountTree(path: path, recursive: recursive), origin.appending("source"))
    builder.add(
      .bind(
        BindMount(
          source: slot, path: path, destination: mount.destination, recursive: recursive, flags: options.set,
          cleared: options.cleared)), origin)
  }

  private static func addFileSystem(
    _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer, _ label: String?,
    to builder: inout PlanBuilder
  ) {
    let type = mount.type ?? ""
    let flags = delaysReadOnly(mount, options) ? options.set.subtracting(.readOnly) : options.set
    builder.add(
      .mount(
        FileSystemMount(
          type: type, source: mount.source ?? type, destination: mount.destination, flags: flags,
          data: labelled(options.data, type, label), plainTarget: type == "proc" || type == "sysfs",
          copyUp: options.copyUp, inheritMode: type == "tmpfs" && !setsMode(options.data))), origin)
    // Its mount takes no label as an option.
    if let label, type == "mqueue" {
      builder.add(.setFileLabel(path: mount.destination, label: label), Origin.mountLabel)
    }
  }

  /// Whether file-system data has a `mode=` of its own.
  private static func setsMode(_ data: String) -> Bool {
    data.split(separator: ",").contains { $0.hasPrefix("mode=") }
  }

  /// A mount of type cgroup: the v2 tree, or on v1 a tmpfs with one directory for each hierarchy.
  private static func addCgroupMount(
    _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer, _ linux: LinuxSettings, _ facts: Facts,
    _ request: PlanRequest, to builder: inout PlanBuilder
  ) {
    guard facts.cgroups.mode != .unified, mount.type == "cgroup" else {
      if needsBind(linux), let own = request.cgroup?.paths.first(where: { $0.controller.isEmpty }) {
        addOwnCgroup(own.directory, on: mount.destination, options, origin, to: &builder)
        return
      }
      builder.add(
        .mount(
          FileSystemMount(
            type: "cgroup2", source: "cgroup", destination: mount.destination, flags: options.set,
            data: options.data, plainTarget: true)), origin)
      return
    }
    builder.add(
      .mount(
        FileSystemMount(
          type: "tmpfs", source: "tmpfs", destination: mount.destination,
          flags: options.set.subtracting(.readOnly), data: labelled("mode=755", "tmpfs", linux.mountLabel),
          plainTarget: true)), origin)
    let ownNamespace = linux.namespaces.contains { $0.type == .cgroup }
    for hierarchy in facts.cgroups.hierarchies where !hierarchy.isUnified {
      addHierarchy(hierarchy, mount, options, origin, ownNamespace, request, to: &builder)
    }
    if options.set.contains(.readOnly) {
      builder.add(.remountReadOnly(path: mount.destination), origin)
    }
  }

  /// In a user namespace the tree can be mounted only with a cgroup namespace of its own. Without one the
  /// container gets its own cgroup to see, never those of others.
  private static func needsBind(_ linux: LinuxSettings) -> Bool {
    let types = linux.namespaces.map(\.type)
    return types.contains(.user) && !types.contains(.cgroup)
  }

  private static func addOwnCgroup(
    _ directory: String, on destination: String, _ options: MountOptions, _ origin: JSONPointer,
    to builder: inout PlanBuilder
  ) {
    let slot = builder.slot(.mountTree(path: directory, recursive: true), origin)
    builder.add(
      .bind(
        BindMount(
          source: slot, path: directory, destination: destination, recursive: true, flags: options.set)),
      origin)
  }

  private static func addHierarchy(
    _ hierarchy: CgroupLayout.Hierarchy, _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer,
    _ ownNamespace: Bool, _ request: PlanRequest, to builder: inout PlanBuilder
  ) {
    let name = String(hierarchy.mountPoint.split(separator: "/").last ?? "")
    let destination = mount.destination + "/" + name
    if ownNamespace {
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

  /// The data of a v1 hierarchy: its controllers, or its name when it has none.
  private static func hierarchyData(_ controllers: [String]) -> String {
    controllers == ["name=systemd"] ? "none,name=systemd" : controllers.joined(separator: ",")
  }
}
