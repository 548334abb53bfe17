import CLinux
import Domain
import Linux
import Ports

/// A mounted resctrl file system, by one descriptor of its root that is opened and verified at first use.
///
/// Files below are opened without leaving it: no link, no other mount, no `..`.
final class ResctrlTree {
  let mount: RdtMount
  private let patience: Int64
  private var root: Int32 = -1

  init(_ mount: RdtMount, patience: Int64) {
    self.mount = mount
    self.patience = patience
  }

  deinit {
    if root >= 0 { Host.close(root) }
  }

  /// `RDTGROUP_SUPER_MAGIC`.
  private static let magic = 0x0765_5821

  /// The root's descriptor. It can be locked, so it is not opened by path only.
  func rootDescriptor() throws(RdtError) -> Int32 {
    if root >= 0 { return root }
    do throws(Errno) {
      let opened = try Files.open(mount.path, O_RDONLY | O_DIRECTORY)
      var isResctrl = mount.isUnverified
      if !isResctrl { isResctrl = try Files.fileSystemType(opened.number) == ResctrlTree.magic }
      if isResctrl { root = opened.release() }
    } catch {
      throw failure("openat", error)
    }
    guard root >= 0 else { throw .notResctrl(path: mount.path) }
    return root
  }

  /// Whether the file system is mounted still: no group outlives it.
  func isThere() throws(RdtError) -> Bool {
    do throws(RdtError) {
      _ = try rootDescriptor()
      return true
    } catch {
      switch error {
      case .notResctrl: return false
      case .system(let failure) where failure.errno == .noSuchFileOrDirectory: return false
      default: throw error
      }
    }
  }

  /// A failure of a call, with the place in it.
  func failure(_ call: String, _ errno: Errno, _ name: String = "") -> RdtError {
    .system(
      SystemFailure(call: call, subject: name.isEmpty ? mount.path : mount.path + "/" + name, errno: errno))
  }

  /// Opens a file or directory below. The corresponding system call is `openat2`.
  func open(_ name: String, _ flags: Int32) throws(RdtError) -> Opened {
    let root = try rootDescriptor()
    do throws(Errno) {
      return .descriptor(try open(name, flags, root))
    } catch {
      return .failed(error)
    }
  }

  /// What opening came to: callers tell apart what is missing from what failed.
  enum Opened: ~Copyable {
    case descriptor(Descriptor)
    case failed(Errno)
  }

  private func open(_ name: String, _ flags: Int32, _ root: Int32) throws(Errno) -> Descriptor {
    do throws(Errno) {
      let resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS)
      return try Files.open(name, at: root, flags, resolve: resolve)
    } catch {
      guard error == .noSystemCall else { throw error }
    }
    // No component is `..`, and there are no links in resctrl.
    let opened = try Files.open(name, at: root, flags | O_NOFOLLOW)
    let (mine, its) = (try Files.status(root), try Files.status(opened.number))
    guard mine.st_dev == its.st_dev else { throw .crossDevice }
    return opened
  }

  /// Reads a file without the end of its last line; nil when it, or its directory, is not there.
  func text(_ name: String) throws(RdtError) -> String? {
    switch try open(name, O_RDONLY) {
    case .failed(let errno):
      if ResctrlTree.meansGone(errno) { return nil }
      throw failure("openat2", errno, name)
    case .descriptor(let file):
      do throws(Errno) {
        var bytes = try Files.readAll(file.number, limit: 1 << 20)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
      } catch {
        if ResctrlTree.meansGone(error) { return nil }
        throw failure("read", error, name)
      }
    }
  }

  /// Writes a file in one piece, which the kernel takes or refuses as a whole; the errno of a refusal.
  func write(_ name: String, _ text: String) throws(RdtError) -> (call: String, errno: Errno)? {
    switch try open(name, O_WRONLY) {
    case .failed(let errno): return ("openat2", errno)
    case .descriptor(let file):
      do throws(Errno) {
        try Files.writeAll(file.number, text)
        return nil
      } catch {
        return ("write", error)
      }
    }
  }

  /// Makes a group; the errno of a refusal. The corresponding system call is `mkdirat`.
  func make(_ name: String) throws(RdtError) -> Errno? {
    let root = try rootDescriptor()
    do throws(Errno) { try Files.makeDirectory(name, at: root, mode: 0o755) } catch { return error }
    return nil
  }

  /// Removes a group with all that the kernel put into it. The corresponding system call is `unlinkat` with
  /// `AT_REMOVEDIR`.
  func remove(_ name: String) throws(RdtError) {
    let root = try rootDescriptor()
    do throws(Errno) {
      try Files.removeDirectory(name, at: root)
    } catch {
      if !ResctrlTree.meansGone(error) { throw failure("unlinkat", error, name) }
    }
  }

  /// What tells a group from a later one of its name: the number of its directory, which is not given again
  /// while the file system is mounted. Nil when it is not there, or is no directory.
  func identity(_ name: String) throws(RdtError) -> UInt64? {
    switch try open(name.isEmpty ? "." : name, O_PATH | O_DIRECTORY) {
    case .failed(let errno):
      if ResctrlTree.meansGone(errno) || errno == .notDirectory { return nil }
      throw failure("openat2", errno, name)
    case .descriptor(let directory):
      do throws(Errno) {
        return UInt64(try Files.status(directory.number).st_ino)
      } catch {
        throw failure("fstat", error, name)
      }
    }
  }

  /// The names of the directories in one; empty when it is not there.
  func directories(_ name: String) throws(RdtError) -> [String] {
    switch try open(name, O_RDONLY | O_DIRECTORY) {
    case .failed(let errno):
      if ResctrlTree.meansGone(errno) { return [] }
      throw failure("openat2", errno, name)
    case .descriptor(let directory):
      do throws(Errno) {
        return try Directories.names(directory.number, type: UInt8(DT_DIR)).sorted()
      } catch {
        if ResctrlTree.meansGone(error) { return [] }
        throw failure("getdents64", error, name)
      }
    }
  }

  /// Runs with the lock on the root by which programs agree on who changes groups, as the kernel's
  /// documentation has it; `locked` where somebody else keeps it for longer than `patience`. The corresponding
  /// system call is `flock`.
  ///
  /// The lock is that of a descriptor of its own, which is closed: that cannot fail, and giving it back can.
  func locked<Value>(_ body: () throws(RdtError) -> Value) throws(RdtError) -> Value {
    let lock = try lock()
    defer { _ = lock.number }
    return try body()
  }

  private func lock() throws(RdtError) -> Descriptor {
    let root = try rootDescriptor()
    var wait = LockWait(milliseconds: patience)
    let isTaken: Bool
    let opened: Descriptor
    do throws(Errno) {
      opened = try Files.open(".", at: root, O_RDONLY | O_DIRECTORY)
    } catch {
      throw failure("openat", error)
    }
    do throws(Errno) {
      if try LockWait.tries(opened.number) { return opened }
      isTaken = try wait.untilTaken(opened.number)
    } catch {
      throw failure("flock", error)
    }
    guard isTaken else { throw .locked(path: mount.path, milliseconds: patience) }
    return opened
  }

  /// Both are what a group answers that was removed.
  static func meansGone(_ errno: Errno) -> Bool {
    errno == .noSuchFileOrDirectory || errno == .noSuchDevice
  }
}
