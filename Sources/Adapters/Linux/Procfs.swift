import CLinux
public import Domain

/// A verified handle on procfs: whatever is mounted over parts of `/proc`, paths below the handle are the
/// kernel's own.
public struct Procfs {
  /// Its root directory, which stays open as long as the process lives.
  public let root: Int32

  /// The descriptor of all handles, opened by the first; a negated errno where that fails. One that lives as
  /// long as the process shows the same procfs to whoever asks, whatever is mounted later.
  private static let shared: Int32 = {
    do throws(Errno) { return try open().release() } catch { return -error.rawValue }
  }()

  /// A handle; it fails with `notSupported` when `/proc` is not the root of a procfs.
  public init() throws(Errno) {
    guard Procfs.shared >= 0 else { throw Errno(rawValue: -Procfs.shared) }
    root = Procfs.shared
  }

  private static func open() throws(Errno) -> Descriptor {
    let opened = try Files.open("/proc", O_PATH | O_DIRECTORY)
    let type = try Files.fileSystemType(opened.number)
    let inode = try Files.status(opened.number).st_ino
    guard type == Int(PROC_SUPER_MAGIC), inode == 1 else { throw .notSupported }
    return opened
  }

  /// Opens a file below, crossing no mount and following no magic link. `self` and its like are plain
  /// links, made by procfs itself.
  public func open(_ name: UnsafePointer<CChar>, _ flags: Int32) throws(Errno) -> Descriptor {
    try KernelFiles.open(name, at: root, flags, links: .plain, procfs: root)
  }

  /// Opens what a magic link as the final component leads to, such as `PID/ns/net`.
  public func openMagicLink(
    directory: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>, _ flags: Int32
  ) throws(Errno) -> Descriptor {
    let parent = try open(directory, O_PATH | O_DIRECTORY)
    return try Files.open(name, at: parent.number, flags)
  }

  /// Reads a whole file below, at most `limit` bytes.
  public func read(_ name: UnsafePointer<CChar>, limit: Int = 1 << 20) throws(Errno) -> [UInt8] {
    // A temporary would be closed before its number is used.
    let file = try open(name, O_RDONLY)
    return try Files.readAll(file.number, limit: limit)
  }
}
