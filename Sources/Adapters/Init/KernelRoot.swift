import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel: RootKernel {
  func makeSymbolicLink(_ path: PlanText, target: PlanText) throws(StepFault) {
    let place = try openParent(path)
    let result = clinux_call(
      Int(SYS_symlinkat), word(target.pointer), Int(place.directory), word(place.name), 0, 0, 0)
    guard result < 0 else { return }
    guard result == -Int(EEXIST) else {
      throw StepFault(.symlink, Errno(rawValue: Int32(truncatingIfNeeded: -result)))
    }
    // An image's own link is as good; a node in its place (ptmx) would be the host's.
    guard !isLink(place.name, at: place.directory) else { return }
    try attempt(.unlink, SYS_unlinkat, Int(place.directory), word(place.name), 0)
    try attempt(
      .symlink, SYS_symlinkat, word(target.pointer), Int(place.directory), word(place.name))
  }

  private func isLink(_ name: UnsafePointer<CChar>, at directory: Int32) -> Bool {
    guard let found = try? Files.open(name, at: directory, O_PATH | O_NOFOLLOW),
      let status = try? Files.status(found.number)
    else { return false }
    return status.st_mode & 0o170000 == 0o120000
  }

  /// The directory that something is made in, with no link on the way: `/dev` of an image may be one.
  private func openParent(_ path: PlanText) throws(StepFault) -> RootFD.Parent {
    try naming(.openat2) { () throws(Errno) in
      try root.openParent(path.pointer, [.createDirectories, .noLinks])
    }
  }

  func makeDevice(_ node: DeviceOperands) throws(StepFault) {
    let place = try openParent(node.path)
    let device = LinuxKernel.device(node.major, node.minor)
    let result = clinux_call(
      Int(SYS_mknodat), Int(place.directory), word(place.name),
      Int(node.nodeType | (node.mode & 0o7777)), Int(truncatingIfNeeded: device), 0, 0)
    switch result {
    case 0 where node.uid == 0 && node.gid == 0: return
    case 0: try own(node, at: place, device: device)
    case -Int(EEXIST): try check(node, at: place, device: device)
    case -Int(EPERM): try bindHostDevice(node, at: place, device: device)
    default: throw StepFault(.mknod, Errno(rawValue: Int32(truncatingIfNeeded: -result)))
    }
  }

  /// `makedev`, whose macro Swift cannot import.
  static func device(_ major: UInt32, _ minor: UInt32) -> UInt64 {
    let (major, minor) = (UInt64(major), UInt64(minor))
    return (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFF) << 12 | (major & ~0xFFF) << 32
  }

  /// Opens what is there and makes sure that it is the node that was asked for.
  private func verified(
    _ node: DeviceOperands, _ name: UnsafePointer<CChar>, at directory: Int32, device: UInt64
  ) throws(StepFault) -> Descriptor {
    let opened = try naming(.open) { () throws(Errno) in
      try Files.open(name, at: directory, O_PATH | O_NOFOLLOW)
    }
    let status = try naming(.fstat) { () throws(Errno) in try Files.status(opened.number) }
    let isFifo = node.nodeType == 0o010000
    guard status.st_mode & 0o170000 == node.nodeType, isFifo || UInt64(status.st_rdev) == device else {
      throw StepFault(.verify, .fileExists)
    }
    return opened
  }

  private func own(_ node: DeviceOperands, at place: RootFD.Parent, device: UInt64)
    throws(StepFault)
  {
    let opened = try verified(node, place.name, at: place.directory, device: device)
    let none: StaticString = ""
    try attempt(
      .fchown, SYS_fchownat, Int(opened.number), word(none.utf8Start), Int(node.uid), Int(node.gid),
      Int(AT_EMPTY_PATH))
  }

  private func check(_ node: DeviceOperands, at place: RootFD.Parent, device: UInt64)
    throws(StepFault)
  {
    _ = try verified(node, place.name, at: place.directory, device: device)
  }

  /// Where nodes cannot be made (a user namespace), the host's own is bound: same kind and number.
  private func bindHostDevice(
    _ node: DeviceOperands, at place: RootFD.Parent, device: UInt64
  ) throws(StepFault) {
    guard node.nodeType != 0o010000 else { throw StepFault(.mknod, .notPermitted) }
    let host = try verified(node, node.path.pointer, at: currentDirectory, device: device)
    let target = try naming(.open) { () throws(Errno) in
      try Files.open(
        place.name, at: place.directory, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0)
    }
    try bind(host.number, on: target.number, recursive: false)
    try restrictDevice(place.name, at: place.directory)
  }

  /// The host's mount has flags of its own: a node is no program, whoever bound it.
  private func restrictDevice(_ name: UnsafePointer<CChar>, at directory: Int32) throws(StepFault) {
    let mounted = try naming(.open) { () throws(Errno) in
      try Files.open(name, at: directory, O_PATH | O_NOFOLLOW)
    }
    let flags: MountFlags = [.noSetUserID, .noExecution]
    do throws(StepFault) {
      try setAttributes(mounted.number, set: flags, cleared: [], recursive: false)
    } catch {
      guard error.errno.meansMissing else { throw error }
      try remountByName(mounted.number, (try currentFlags(of: mounted.number)).union(flags))
    }
  }

  func enterRoot(_ entry: RootEntry) throws(StepFault) {
    if entry == .move { try hideHostMounts() }
    try attempt(.fchdir, SYS_fchdir, Int(root.number))
    switch entry {
    case .pivot: try pivot()
    case .move: try moveOver()
    }
    let slash: StaticString = "/"
    try attempt(.chdir, SYS_chdir, word(slash.utf8Start))
    root.replace(try naming(.open) { () throws(Errno) in try Files.open("/", O_PATH | O_DIRECTORY) })
    try attempt(.fchdir, SYS_fchdir, Int(procfs))
  }

  /// The old root comes to lie over the new one, from where it is unmounted. It does not propagate
  /// (`setTreePropagation`), or the host would lose its mounts.
  private func pivot() throws(StepFault) {
    let here: StaticString = "."
    try attempt(.pivotRoot, SYS_pivot_root, word(here.utf8Start), word(here.utf8Start))
    try attempt(.umount2, SYS_umount2, word(here.utf8Start), LinuxKernel.detach)
  }

  /// `MNT_DETACH`.
  static let detach = 2

  /// `--no-pivot`: the root is moved over the old one, whose procfs and sysfs must not stay reachable.
  private func moveOver() throws(StepFault) {
    let here: StaticString = "."
    let slash: StaticString = "/"
    if !isOverOldRoot {
      let flags = MountFlags.move
      try attempt(
        .mount, SYS_mount, word(here.utf8Start), word(slash.utf8Start), 0,
        Int(truncatingIfNeeded: flags.rawValue), 0)
    }
    try attempt(.chroot, SYS_chroot, word(here.utf8Start))
  }

  func setRootPropagation(_ flags: MountFlags) throws(StepFault) {
    try setPropagation(root.number, flags)
  }

  func makeDirectory(_ path: PlanText, mode: UInt32) throws(StepFault) {
    _ = try naming(.mkdir) { () throws(Errno) in
      try root.open(path.pointer, .createDirectories, mode: mode)
    }
  }
}

extension LinuxKernel {
  func remountReadOnly(_ path: PlanText) throws(StepFault) {
    let mounted = try naming(.openat2) { () throws(Errno) in try root.open(path.pointer) }
    try setReadOnly(mounted.number)
  }

  func protectReadOnly(_ path: PlanText) throws(StepFault) {
    let target = try naming(.openat2) { () throws(Errno) in try root.open(path.pointer) }
    // What lies over the root itself is nothing that the process would see.
    if try isRoot(target.number) { return try setReadOnly(target.number) }
    // Read-only before it is attached: there is no moment at which it can be written.
    do throws(StepFault) {
      let tree = try cloneTree(target.number, recursive: true)
      try setAttributes(tree.number, set: .readOnly, cleared: [], recursive: false)
      try attach(tree.number, to: target.number)
    } catch {
      guard error.errno.meansMissing else { throw error }
      try bind(target.number, on: target.number, recursive: true)
      let mounted = try naming(.openat2) { () throws(Errno) in try root.open(path.pointer) }
      try setReadOnly(mounted.number)
    }
  }

  private func isRoot(_ descriptor: Int32) throws(StepFault) -> Bool {
    try naming(.fstat) { () throws(Errno) in try root.isRoot(descriptor) }
  }

  func mask(_ path: PlanText) throws(StepFault) {
    let target = try naming(.openat2) { () throws(Errno) in try root.open(path.pointer) }
    let status = try naming(.fstat) { () throws(Errno) in try Files.status(target.number) }
    guard try !isRoot(target.number) else { throw StepFault(.verify, .invalidArgument) }
    if status.st_mode & 0o170000 == 0o040000 {
      try maskDirectory(path, target.number)
    } else {
      try bind(try openNull(), on: target.number, recursive: false)
    }
  }

  /// The container's `/dev/null`, verified to be just that. A missing one is no missing path to mask.
  func openNull() throws(StepFault) -> Int32 {
    if null >= 0 { return null }
    do throws(Errno) {
      let opened = try root.open("/dev/null", .noLinks)
      let status = try Files.status(opened.number)
      guard status.st_mode & 0o170000 == 0o020000, UInt64(status.st_rdev) == LinuxKernel.device(1, 3) else {
        throw .invalidArgument
      }
      null = opened.release()
    } catch {
      throw StepFault(.verify, .noSuchDevice)
    }
    return null
  }

  /// The first masked directory gets an empty file system, the others a clone of it.
  private func maskDirectory(_ path: PlanText, _ target: Int32) throws(StepFault) {
    if emptyDirectory >= 0 { return try bind(emptyDirectory, on: target, recursive: false) }
    do throws(StepFault) {
      try mountEmpty(on: target, "nr_blocks=1,nr_inodes=1")
    } catch {
      // Some kernels do not count the root's own inode.
      guard error.call == .mount, error.errno == .invalidArgument || error.errno == .noSpace else {
        throw error
      }
      try mountEmpty(on: target, "nr_blocks=1,nr_inodes=2")
    }
    emptyDirectory = try naming(.openat2) { () throws(Errno) in try root.open(path.pointer).release() }
  }

  private func mountEmpty(on target: Int32, _ data: StaticString) throws(StepFault) {
    let type: StaticString = "tmpfs"
    let here: StaticString = "."
    try attempt(.fchdir, SYS_fchdir, Int(target))
    defer { _ = clinux_call(Int(SYS_fchdir), Int(procfs), 0, 0, 0, 0, 0) }
    try attempt(
      .mount, SYS_mount, word(type.utf8Start), word(here.utf8Start), word(type.utf8Start),
      Int(truncatingIfNeeded: MountFlags.readOnly.rawValue), word(data.utf8Start))
  }
}
