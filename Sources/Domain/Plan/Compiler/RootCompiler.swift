extension PlanCompiler {
  /// The root file system up to the point at which it is entered.
  static func addRoot(
    _ root: Root, _ document: Document, _ linux: LinuxSettings, _ birth: Birth, _ facts: Facts,
    _ request: PlanRequest, to builder: inout PlanBuilder
  ) throws(PlanError) {
    guard linux.namespaces.contains(where: { $0.type == .mount }) else {
      throw PlanError(Origin.namespaces, .needsMountNamespace)
    }
    let propagation = try RootPropagation(linux.rootfsPropagation)
    let path = absolute(root.path, in: request.bundle)
    let origin = Origin.root.appending("path")
    let slot = builder.slot(.mountTree(MountTree(path: path, recursive: true)), origin)
    builder.add(.setTreePropagation(propagation.tree), origin)
    builder.add(.attachRoot(slot, path: path), origin)
    var stages = CgroupStages(document, birth, facts, request.cgroup)
    for (index, mount) in document.mounts.enumerated() {
      stages.prepare(mount, &builder)
      try addMount(mount, at: index, linux, facts, request, to: &builder)
    }
    stages.finish(&builder)
    if let directory = request.noticeDirectory { addNoticeMount(directory, to: &builder) }
    addDevices(document, linux, facts, to: &builder)
    if needsMountedMilestone(document.hooks) {
      builder.add(.reach(.mounted), Origin.hooks)
    }
    if request.waitsForStart { builder.add(.isolateDescriptorNames, Origin.builtIn) }
    builder.add(.enterRoot(request.avoidsPivot ? .move : .pivot), origin)
    if propagation.cutsOff {
      builder.add(.setRootPropagation(.privatePropagation), RootPropagation.origin)
    }
    if let cwd = document.process?.cwd, cwd != "/" {
      builder.add(.makeDirectory(path: cwd, mode: 0o755), Origin.cwd)
    }
  }

  /// The socket to the manager of services, at a place of its own above all else that is mounted there.
  private static func addNoticeMount(_ directory: String, to builder: inout PlanBuilder) {
    let slot = builder.slot(.mountTree(MountTree(path: directory, recursive: false)), Origin.builtIn)
    builder.add(
      .bind(
        BindMount(
          source: slot, path: directory, destination: ServiceNotice.directory, recursive: false,
          flags: [.readOnly, .noSetUserID, .noDevices, .noExecution])), Origin.builtIn)
  }

  /// What is done once nothing more is made inside the root: delayed `ro`, and the file mode mask.
  static func addFinishedRoot(_ root: Root, _ mounts: [Mount], _ user: User, to builder: inout PlanBuilder) {
    for (index, mount) in mounts.enumerated() {
      let options = mount.sortedOptions
      guard delaysReadOnly(mount, options) else { continue }
      builder.add(.remountReadOnly(path: mount.destination), Origin.mounts.appending(index))
    }
    if root.readonly {
      builder.add(.remountReadOnly(path: "/"), Origin.root.appending("readonly"))
    }
    builder.add(.setFileModeMask(user.umask ?? 0o022), Origin.user.appending("umask"))
  }

  /// What is asked of the whole root comes after all that is bound inside: an unbindable mount cannot be
  /// cloned for that any more.
  static func addRootPropagation(_ linux: LinuxSettings, to builder: inout PlanBuilder) throws(PlanError) {
    guard let flags = try RootPropagation(linux.rootfsPropagation).root else { return }
    builder.add(.setRootPropagation(flags), RootPropagation.origin)
  }

  static func addPathProtection(_ linux: LinuxSettings, to builder: inout PlanBuilder) {
    for (index, path) in linux.readonlyPaths.enumerated() {
      builder.add(.protectReadOnly(path: path), JSONPointer(text: "/linux/readonlyPaths").appending(index))
    }
    var masked = NameIndex()
    for (index, path) in linux.maskedPaths.enumerated() where masked.remember(path) == nil {
      builder.add(.mask(path: path), JSONPointer(text: "/linux/maskedPaths").appending(index))
    }
  }

  /// A tmpfs and whatever is mounted on `/dev` get read-only last, so that mount points and nodes can
  /// still be made inside.
  static func delaysReadOnly(_ mount: Mount, _ options: MountOptions) -> Bool {
    guard options.set.contains(.readOnly), options.bind == nil, !options.remount else { return false }
    return mount.type == "tmpfs" || mount.place == "/dev"
  }

  static func absolute(_ path: String, in bundle: String) -> String {
    path.utf8.first == UInt8(ascii: "/") ? path : bundle + "/" + path
  }

  private static func needsMountedMilestone(_ hooks: Hooks) -> Bool {
    !(hooks.prestart.isEmpty && hooks.createRuntime.isEmpty && hooks.createContainer.isEmpty)
  }
}
