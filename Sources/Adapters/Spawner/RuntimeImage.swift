import CLinux
import Domain
import Linux

/// The runtime's own binary in a form that no container can write to: what a new process executes.
enum RuntimeImage {
  /// Opens it. A container that reaches `/proc/PID/exe` of the init stage finds a read-only mount of
  /// nobody's namespace, or a sealed copy.
  ///
  /// `amongOthers`: it is executed in a user namespace in which others live already. Whoever has CAP_SYS_PTRACE
  /// there could look into it, were it not for a program that they may not read: that is always a copy.
  static func open(_ path: String?, amongOthers: Bool) throws(Errno) -> Descriptor {
    if !amongOthers {
      let binary = try openBinary(path)
      if try isOnReadOnlyMount(binary.number) { return binary }
      // A kernel that lacks one of the calls, or a caller who may not clone.
      if let clone = try? readOnlyClone(of: binary.number) { return clone }
    }
    let readable = try openBinary(path, flags: O_RDONLY)
    return try MemoryFile.copyProgram(readable.number)
  }

  private static func openBinary(_ path: String?, flags: Int32 = O_PATH) throws(Errno) -> Descriptor {
    guard let path else { return try Procfs().openMagicLink(directory: "self", "exe", flags) }
    return try Files.open(path, flags)
  }

  private static func isOnReadOnlyMount(_ binary: Int32) throws(Errno) -> Bool {
    var status = statfs()
    guard fstatfs(binary, &status) == 0 else { throw lastErrno() }
    return status.f_flags & 1 != 0
  }

  /// A detached clone of the binary's mount. The corresponding system calls are `open_tree` and
  /// `mount_setattr`.
  private static func readOnlyClone(of binary: Int32) throws(Errno) -> Descriptor {
    var empty: CChar = 0
    let flags = Int(AT_EMPTY_PATH) | Int(OPEN_TREE_CLONE) | Int(O_CLOEXEC)
    let tree = Descriptor(owning: Int32(try call(Int32(SYS_open_tree), Int(binary), word(&empty), flags)))
    var attributes = mount_attr(
      attr_set: UInt64(MOUNT_ATTR_RDONLY) | UInt64(MOUNT_ATTR_NOSUID), attr_clr: 0, propagation: 0,
      userns_fd: 0)
    _ = try call(
      Int32(SYS_mount_setattr), Int(tree.number), word(&empty), Int(AT_EMPTY_PATH), word(&attributes),
      MemoryLayout<mount_attr>.size)
    return tree
  }
}
