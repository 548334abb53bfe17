import CLinux
import Domain
import Linux

/// Removes directories by descriptor; what others remove meanwhile is no error.
enum DirectoryTree {
  /// How deep a container's directory may nest.
  private static let depth = 8

  /// Removes a directory with all that is in it; a file of one of the names `last` comes last.
  static func remove(_ name: String, at parent: Int32, last: [String] = []) throws(Errno) {
    try remove(name, at: parent, last, depth: depth)
  }

  private static func remove(
    _ name: String, at parent: Int32, _ last: [String], depth: Int
  ) throws(Errno) {
    guard depth > 0 else { throw .notEmpty }
    let directory: Descriptor
    do throws(Errno) {
      directory = try Files.open(name, at: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch {
      if error == .noSuchFileOrDirectory { return }
      throw error
    }
    var entries = try DirectoryListing.names(in: directory.number)
    if let index = entries.firstIndex(where: last.contains) { entries.append(entries.remove(at: index)) }
    for entry in entries {
      do throws(Errno) {
        try Files.remove(entry, at: directory.number)
      } catch {
        switch error {
        case .noSuchFileOrDirectory: break
        case .isDirectory: try remove(entry, at: directory.number, [], depth: depth - 1)
        default: throw error
        }
      }
    }
    do throws(Errno) {
      try Files.removeDirectory(name, at: parent)
    } catch {
      guard error == .noSuchFileOrDirectory else { throw error }
    }
  }
}

/// The names in an opened directory.
enum DirectoryListing {
  /// All but `.` and `..`. The corresponding system call is `getdents64`.
  static func names(in directory: Int32) throws(Errno) -> [String] {
    _ = try call(Int32(SYS_lseek), Int(directory), 0, Int(SEEK_SET))
    var names: [String] = []
    var failure: Errno?
    withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 8) { buffer in
      do throws(Errno) {
        while true {
          let size = try retrying(
            Int32(SYS_getdents64), Int(directory), word(buffer.baseAddress), buffer.count)
          if size == 0 { return }
          append(UnsafeRawBufferPointer(rebasing: buffer[..<size]), to: &names)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return names
  }

  /// `struct linux_dirent64`: its size at 16, its name from 19 on, ended by a zero byte.
  private static func append(_ entries: UnsafeRawBufferPointer, to names: inout [String]) {
    var offset = 0
    while offset + 19 <= entries.count {
      let size = Int(entries.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
      guard size > 19, offset + size <= entries.count else { return }
      let name = String(decoding: entries[(offset + 19)..<(offset + size)].prefix { $0 != 0 }, as: UTF8.self)
      if name != ".", name != ".." { names.append(name) }
      offset += size
    }
  }
}
