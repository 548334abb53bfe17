import CLinux
public import Domain

/// Listing directories.
public enum Directories {
  /// The names in an open directory that are of one type (`DT_…`), without `.` and `..`. The corresponding
  /// system call is `getdents64`.
  public static func names(_ directory: Int32, type: UInt8) throws(Errno) -> [String] {
    var names: [String] = []
    var buffer = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = try getEntries(directory, &buffer)
      if count == 0 { return names }
      var offset = 0
      // struct linux_dirent64: inode (8), offset (8), length (2), type (1), name with a final zero.
      while offset + headerSize < count {
        let length = Int(buffer[offset + 16]) | Int(buffer[offset + 17]) << 8
        guard length > headerSize, offset + length <= count else { throw .ioError }
        if buffer[offset + 18] == type {
          let name = buffer[(offset + headerSize)..<(offset + length)].prefix { $0 != 0 }
          let text = String(decoding: name, as: UTF8.self)
          if text != ".", text != ".." { names.append(text) }
        }
        offset += length
      }
    }
  }

  private static let headerSize = 19

  private static func getEntries(_ directory: Int32, _ buffer: inout [UInt8]) throws(Errno) -> Int {
    let size = buffer.count
    let result = buffer.withUnsafeMutableBytes {
      clinux_call(Int(SYS_getdents64), Int(directory), word($0.baseAddress), size, 0, 0, 0)
    }
    guard result >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -result)) }
    return result
  }
}
