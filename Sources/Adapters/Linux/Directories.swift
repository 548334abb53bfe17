import CLinux
public import Domain

/// Listing directories.
public enum Directories {
  /// The names in an open directory, as the file system has them: bytes that end with a zero, and need be no text.
  /// Only those of one type (`DT_…`), if that is given; never `.` and `..`. The corresponding system call is
  /// `getdents64`.
  public static func rawNames(_ directory: Int32, type: UInt8? = nil) throws(Errno) -> [[CChar]] {
    var names: [[CChar]] = []
    var failure: Errno?
    withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 8) { buffer in
      do throws(Errno) {
        while true {
          let size = try retrying(
            Int32(SYS_getdents64), Int(directory), word(buffer.baseAddress), buffer.count)
          if size == 0 { return }
          try append(UnsafeRawBufferPointer(rebasing: buffer[..<size]), type, to: &names)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return names
  }

  /// The names that are text: all where nobody but the host makes them.
  public static func names(_ directory: Int32, type: UInt8? = nil) throws(Errno) -> [String] {
    try rawNames(directory, type: type).compactMap {
      String(validating: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// `struct linux_dirent64`: inode (8), offset (8), length (2), type (1), name with a final zero.
  private static func append(
    _ entries: UnsafeRawBufferPointer, _ type: UInt8?, to names: inout [[CChar]]
  ) throws(Errno) {
    var offset = 0
    while offset + headerSize < entries.count {
      let size = Int(entries.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
      guard size > headerSize, offset + size <= entries.count else { throw .ioError }
      let name = entries[(offset + headerSize)..<(offset + size)].prefix { $0 != 0 }
      if type == nil || entries[offset + 18] == type, !name.elementsEqual(".".utf8),
        !name.elementsEqual("..".utf8)
      {
        names.append(name.map { CChar(bitPattern: $0) } + [0])
      }
      offset += size
    }
  }

  private static let headerSize = 19
}
