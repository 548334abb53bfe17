import CLinux
import Domain
import Linux

/// The runtime's own binary in a form that no container can write to: what a new process executes.
enum RuntimeImage {
  /// Opens it. A container that reaches `/proc/PID/exe` of the init stage finds a read-only mount of
  /// nobody's namespace, or a sealed copy.
  static func open(_ path: String?) throws(Errno) -> Descriptor {
    let binary = try openBinary(path)
    if try isOnReadOnlyMount(binary.number) { return binary }
    do throws(Errno) {
      return try readOnlyClone(of: binary.number)
    } catch {
      let readable = try openBinary(path, flags: O_RDONLY)
      return try sealedCopy(of: readable.number)
    }
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

  /// A copy in memory that can no longer change. The corresponding system calls are `memfd_create`,
  /// `sendfile` and `F_ADD_SEALS`.
  private static func sealedCopy(of binary: Int32) throws(Errno) -> Descriptor {
    let copy = try MemoryFile.make("martlet", flags: allowSealing)
    let size = Int(try Files.status(binary).st_size)
    var copied = 0
    while copied < size {
      let sent = try retrying(Int32(SYS_sendfile), Int(copy.number), Int(binary), 0, size - copied)
      guard sent > 0 else { throw .ioError }
      copied += sent
    }
    _ = try call(Int32(SYS_fcntl), Int(copy.number), addSeals, allSeals)
    return copy
  }

  /// `MFD_ALLOW_SEALING`.
  private static let allowSealing: UInt32 = 2
  /// `F_ADD_SEALS`, and seal, shrink, grow and write of `F_SEAL_…`.
  private static let addSeals = 1033
  private static let allSeals = 15
}
