extension PlanCompiler {
  /// One entry of `mounts`.
  static func addMount(
    _ mount: Mount, at index: Int, _ linux: LinuxSettings, _ facts: Facts, _ request: PlanRequest,
    to builder: inout PlanBuilder
  ) throws(PlanError) {
    let origin = Origin.mounts.appending(index)
    let options = mount.sortedOptions
    var treeIsDone = false
    if options.remount {
      addRemount(mount, options, origin, to: &builder)
    } else if options.bind != nil {
      try addBind(mount, options, origin, linux, request, to: &builder)
      treeIsDone = true
    } else if mount.isCgroup {
      addCgroupMount(mount, options, origin, linux, facts, request, to: &builder)
    } else {
      try addFileSystem(mount, options, origin, linux, request, to: &builder)
    }
    if !treeIsDone, !options.treeSet.isEmpty || !options.treeCleared.isEmpty {
      builder.add(
        .setTreeAttributes(
          destination: mount.destination, set: options.treeSet, cleared: options.treeCleared), origin)
    }
    for flags in options.propagation {
      builder.add(.setPropagation(destination: mount.destination, flags), origin)
    }
  }

  /// With `bind` only the mount itself changes; without, its file system, for all who have it mounted.
  private static func addRemount(
    _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer, to builder: inout PlanBuilder
  ) {
    let flags = options.bind == nil ? options.set : options.set.union(.bind)
    builder.add(
      .remount(destination: mount.destination, flags: flags, cleared: options.cleared, data: options.data),
      origin)
  }

  private static func addBind(
    _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer, _ linux: LinuxSettings,
    _ request: PlanRequest, to builder: inout PlanBuilder
  ) throws(PlanError) {
    guard options.data.isEmpty else {
      throw PlanError(origin.appending("options"), .dataOnBindMount(options.data))
    }
    guard let source = mount.source, !source.isEmpty else {
      throw PlanError(origin.appending("source"), .missing)
    }
    let mapping = try mapping(mount, options, origin, linux)
    let tree = MountTree(
      path: absolute(source, in: request.bundle), recursive: options.bind == .recursive,
      followsLink: !options.bindsSourceLink && !options.copiesLink, mapping: mapping)
    let slot = builder.slot(.mountTree(tree), origin.appending("source"))
    var traits: BindMount.Traits = []
    if mapping != nil { traits.insert(.idMapped) }
    if options.copiesLink { traits.insert(.copiesLink) }
    if options.coversTargetLink { traits.insert(.coversTargetLink) }
    builder.add(
      .bind(
        BindMount(
          source: slot, path: tree.path, destination: mount.destination, recursive: tree.recursive,
          flags: options.set, cleared: options.cleared, treeSet: options.treeSet,
          treeCleared: options.treeCleared, traits: traits)), origin)
  }

  private static func mapping(
    _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer, _ linux: LinuxSettings
  ) throws(PlanError) -> MountMapping? {
    do throws(MountMapping.Problem) {
      return try MountMapping.of(mount, options, linux)
    } catch {
      throw PlanError(origin, .mapping(error))
    }
  }

  private static func addFileSystem(
    _ mount: Mount, _ options: MountOptions, _ origin: JSONPointer, _ linux: LinuxSettings,
    _ request: PlanRequest, to builder: inout PlanBuilder
  ) throws(PlanError) {
    let type = mount.type ?? ""
    let source = mount.source ?? type
    let data = labelled(options.data, type, linux.mountLabel, by: request.mountContext)
    let flags = delaysReadOnly(mount, options) ? options.set.subtracting(.readOnly) : options.set
    var made: FileSystemMount.Substitute?
    if let mapping = try mapping(mount, options, origin, linux) {
      let system = DetachedFileSystem(
        type: type, source: source, flags: flags, data: data, mapping: mapping)
      made = .init(tree: builder.slot(.fileSystem(system), origin), isFallback: false)
    }
    builder.add(
      .mount(
        FileSystemMount(
          type: type, source: source, destination: mount.destination, flags: flags, data: data,
          plainTarget: type == "proc" || type == "sysfs", copyUp: options.copyUp,
          inheritMode: type == "tmpfs" && !setsMode(options.data), substitute: made)), origin)
    // Its mount takes no label as an option.
    if let label = linux.mountLabel, type == "mqueue" {
      builder.add(.setFileLabel(path: mount.destination, label: label), Origin.mountLabel)
    }
  }

  /// Whether file-system data has a `mode=` of its own.
  private static func setsMode(_ data: String) -> Bool {
    data.fields(at: ",").contains { $0.hasBytePrefix("mode=") }
  }
}

extension Mount {
  /// It shows the host's hierarchies of cgroups, whatever their number.
  var isCgroup: Bool { type == "cgroup" || type == "cgroup2" }
}
