import CLinux
import Domain
import Linux

/// Removes directories by descriptor; what others remove meanwhile is no error.
enum DirectoryTree {
  /// How deep a container's directory may nest.
  private static let depth = 8

  /// Removes a directory with all that is in it; a file of one of the names `last` comes last.
  static func remove(_ name: String, at parent: Int32, last: [String] = []) throws(FailedCall) {
    let bytes = name.utf8CString
    try remove(Array(bytes), at: parent, last.map { Array($0.utf8CString) }, depth: depth)
  }

  private static func remove(
    _ name: [CChar], at parent: Int32, _ last: [[CChar]], depth: Int
  ) throws(FailedCall) {
    guard depth > 0 else { throw FailedCall("unlinkat", .notEmpty) }
    guard let directory = try open(name, at: parent) else { return }
    var entries = try FailedCall.naming("getdents64") { () throws(Errno) in
      try Directories.rawNames(directory.number)
    }
    if let index = entries.firstIndex(where: last.contains) { entries.append(entries.remove(at: index)) }
    for entry in entries {
      do throws(Errno) {
        try Files.remove(entry, at: directory.number)
      } catch {
        switch error {
        case .noSuchFileOrDirectory: break
        case .isDirectory: try remove(entry, at: directory.number, [], depth: depth - 1)
        default: throw FailedCall("unlinkat", error)
        }
      }
    }
    do throws(Errno) {
      try Files.removeDirectory(name, at: parent)
    } catch {
      guard error == .noSuchFileOrDirectory else { throw FailedCall("unlinkat", error) }
    }
  }

  /// Nil when it is gone.
  private static func open(_ name: [CChar], at parent: Int32) throws(FailedCall) -> Descriptor? {
    do throws(Errno) {
      return try Files.open(name, at: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch {
      guard error == .noSuchFileOrDirectory else { throw FailedCall("openat", error) }
      return nil
    }
  }
}

/// The names in an opened directory.
enum DirectoryListing {
  /// All that are text: a container's is. The corresponding system call is `getdents64`.
  static func names(in directory: Int32) throws(Errno) -> [String] {
    _ = try call(Int32(SYS_lseek), Int(directory), 0, Int(SEEK_SET))
    return try Directories.names(directory)
  }
}
