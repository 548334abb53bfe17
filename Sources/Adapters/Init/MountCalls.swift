import CLinux
import Domain
import Linux
import Ports

/// The mount calls on descriptors, each with its fallback for a kernel that lacks it.
extension LinuxKernel {
  /// Mounts a file system on the directory behind a descriptor. The corresponding system call is `mount`,
  /// onto the working directory.
  func mount(
    _ type: PlanText, _ source: PlanText, on target: Int32, _ flags: MountFlags,
    data: UnsafePointer<CChar>?
  ) throws(StepFault) {
    try attempt(.fchdir, SYS_fchdir, Int(target))
    defer { _ = clinux_call(Int(SYS_fchdir), Int(procfs), 0, 0, 0, 0, 0) }
    let here: StaticString = "."
    try attempt(
      .mount, SYS_mount, word(source.pointer), word(here.utf8Start), word(type.pointer),
      Int(truncatingIfNeeded: flags.rawValue), word(data))
  }

  /// Mounts a detached tree, or moves an attached one. The corresponding system call is `move_mount`.
  func attach(_ tree: Int32, to target: Int32) throws(StepFault) {
    let none: StaticString = ""
    try attempt(
      .moveMount, SYS_move_mount, Int(tree), word(none.utf8Start), Int(target), word(none.utf8Start),
      Int(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
  }

  /// A detached clone of what is mounted behind a descriptor. The corresponding system call is `open_tree`.
  func cloneTree(_ source: Int32, recursive: Bool) throws(StepFault) -> Descriptor {
    try naming(.openTree) { () throws(Errno) in
      let flags =
        Int(OPEN_TREE_CLONE) | Int(O_CLOEXEC) | Int(AT_EMPTY_PATH) | (recursive ? Int(AT_RECURSIVE) : 0)
      let none: StaticString = ""
      return Descriptor(
        owning: Int32(try call(Int32(SYS_open_tree), Int(source), word(none.utf8Start), flags)))
    }
  }

  /// Binds one descriptor's file or directory on another's. The corresponding system calls are `open_tree`
  /// and `move_mount`, or `mount` with `MS_BIND`.
  func bind(_ source: Int32, on target: Int32, recursive: Bool) throws(StepFault) {
    do throws(StepFault) {
      let tree = try cloneTree(source, recursive: recursive)
      try attach(tree.number, to: target)
    } catch {
      guard error.errno.meansMissing else { throw error }
      try bindByName(source, on: target, recursive: recursive)
    }
  }

  /// The same by `mount` alone, for a source that is in this process's mount namespace.
  func bindByName(_ source: Int32, on target: Int32, recursive: Bool) throws(StepFault) {
    var from: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    _ = name(of: source)
    memcpy(&from, buffer, 31)
    let flags = MountFlags.bind.union(recursive ? .recursive : [])
    try attempt(
      .mount, SYS_mount, word(&from), word(name(of: target)), 0, Int(truncatingIfNeeded: flags.rawValue), 0)
  }

  /// Sets and clears attributes of a mount, or of all mounts of its tree. The corresponding system call is
  /// `mount_setattr`.
  func setAttributes(
    _ mount: Int32, set: MountFlags, cleared: MountFlags, recursive: Bool
  ) throws(StepFault) {
    var attributes = mount_attr()
    attributes.attr_set = MountAttributes.bits(set)
    attributes.attr_clr = MountAttributes.bits(cleared)
    if !set.union(cleared).isDisjoint(with: .accessTimes) {
      attributes.attr_clr |= UInt64(MOUNT_ATTR__ATIME)
    }
    try setAttributes(mount, &attributes, recursive: recursive)
  }

  /// Keeps a tree of the host that is not attached yet from giving its mounts back. There is no other call for it:
  /// `mount` would not ask whose the mount is, and change one of the host's.
  func isolate(_ tree: Int32, recursive: Bool) throws(StepFault) {
    var attributes = mount_attr()
    attributes.propagation = isolation.rawValue
    try setAttributes(tree, &attributes, recursive: recursive)
  }

  /// Sets how a mount of this process's mount namespace, or all mounts of its tree, propagate.
  func setPropagation(_ mount: Int32, _ flags: MountFlags) throws(StepFault) {
    var attributes = mount_attr()
    attributes.propagation = flags.intersection(.propagation).rawValue
    do throws(StepFault) {
      try setAttributes(mount, &attributes, recursive: flags.contains(.recursive))
    } catch {
      guard error.errno.meansMissing else { throw error }
      try attempt(
        .mount, SYS_mount, 0, word(name(of: mount)), 0, Int(truncatingIfNeeded: flags.rawValue), 0)
    }
  }

  private func setAttributes(
    _ mount: Int32, _ attributes: inout mount_attr, recursive: Bool
  ) throws(StepFault) {
    let none: StaticString = ""
    try attempt(
      .mountSetattr, SYS_mount_setattr, Int(mount), word(none.utf8Start),
      Int(AT_EMPTY_PATH) | (recursive ? Int(AT_RECURSIVE) : 0), word(&attributes),
      MemoryLayout<mount_attr>.size)
  }

  /// Makes one mount read-only, whatever else it is.
  func setReadOnly(_ mount: Int32) throws(StepFault) {
    do throws(StepFault) {
      try setAttributes(mount, set: .readOnly, cleared: [], recursive: false)
    } catch {
      guard error.errno.meansMissing else { throw error }
      try remountByName(mount, (try currentFlags(of: mount)).union(.readOnly))
    }
  }

  /// Changes one mount's flags by `mount` with `MS_REMOUNT`.
  func remountByName(_ mount: Int32, _ flags: MountFlags) throws(StepFault) {
    let all = flags.union([.bind, .remount])
    try attempt(.mount, SYS_mount, 0, word(name(of: mount)), 0, Int(truncatingIfNeeded: all.rawValue), 0)
  }

  /// The flags that a mount has. The corresponding system call is `fstatfs`.
  func currentFlags(of mount: Int32) throws(StepFault) -> MountFlags {
    var status = statfs()
    guard fstatfs(mount, &status) == 0 else { throw StepFault(.fstatfs, lastErrno()) }
    return MountAttributes.flags(ofStatus: UInt64(truncatingIfNeeded: status.f_flags))
  }
}

/// `MS_…` flags as the other interfaces number them.
enum MountAttributes {
  /// Flags with a bit in `struct mount_attr`.
  static let settable: MountFlags = [
    .readOnly, .noSetUserID, .noDevices, .noExecution, .noDirectoryAccessTime, .noSymbolicLinks,
  ]

  /// Flags that say when access times are kept.
  static let times: MountFlags = MountFlags.accessTimes.union(.noDirectoryAccessTime)

  /// `MOUNT_ATTR_…`; the access times are an enumeration there.
  static func bits(_ flags: MountFlags) -> UInt64 {
    var bits: UInt64 = 0
    if flags.contains(.readOnly) { bits |= 0x1 }
    if flags.contains(.noSetUserID) { bits |= 0x2 }
    if flags.contains(.noDevices) { bits |= 0x4 }
    if flags.contains(.noExecution) { bits |= 0x8 }
    if flags.contains(.noAccessTime) { bits |= 0x10 }
    if flags.contains(.strictAccessTime) { bits |= 0x20 }
    if flags.contains(.noDirectoryAccessTime) { bits |= 0x80 }
    if flags.contains(.noSymbolicLinks) { bits |= 0x20_0000 }
    return bits
  }

  /// The flags with which a refused change is tried again: those in force that the kernel may have locked
  /// are kept. Nil when the document clears one of them by name, or keeps access times another way.
  static func keeping(_ current: MountFlags, in flags: MountFlags, cleared: MountFlags) -> MountFlags? {
    let kept = current.intersection(lockable)
    let times = flags.intersection(.accessTimes)
    let currentTimes = kept.intersection(.accessTimes)
    // What updates access times always has no bit of its own in `statfs`.
    let isSame = times == currentTimes || (times == .strictAccessTime && currentTimes.isEmpty)
    guard kept.isDisjoint(with: cleared), times.isEmpty || isSame else { return nil }
    return flags.union(kept)
  }

  /// What the kernel locks on a mount that came from a more privileged user namespace.
  private static let lockable: MountFlags = [
    .readOnly, .noSetUserID, .noDevices, .noExecution, .noAccessTime, .noDirectoryAccessTime,
    .relativeAccessTime,
  ]

  /// `ST_…` of `statfs`: the first four are the same bits.
  static func flags(ofStatus status: UInt64) -> MountFlags {
    var flags = MountFlags(rawValue: status & 0xF)
    if status & 0x400 != 0 { flags.insert(.noAccessTime) }
    if status & 0x800 != 0 { flags.insert(.noDirectoryAccessTime) }
    if status & 0x1000 != 0 { flags.insert(.relativeAccessTime) }
    if status & 0x2000 != 0 { flags.insert(.noSymbolicLinks) }
    return flags
  }
}
