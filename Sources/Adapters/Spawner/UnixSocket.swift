import CLinux
import Domain
import Linux

/// Connections to Unix stream sockets by path.
enum UnixSocket {
  /// Connects. A path too long for an address is reached through its directory's descriptor. The
  /// corresponding system calls are `socket` and `connect`.
  static func connect(_ path: String) throws(Errno) -> Descriptor {
    let limit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
    guard path.utf8.count > limit else { return try connect(address: path) }
    guard let slash = path.lastIndex(of: "/") else { throw .nameTooLong }
    let directory = try Files.open(String(path[..<slash]), O_PATH | O_DIRECTORY)
    let short = "/proc/self/fd/\(directory.number)\(path[slash...])"
    guard short.utf8.count <= limit else { throw .nameTooLong }
    return try connect(address: short)
  }

  private static func connect(address path: String) throws(Errno) -> Descriptor {
    let socket = Descriptor(
      owning: Int32(try call(Int32(SYS_socket), Int(AF_UNIX), 1 | Int(O_CLOEXEC), 0)))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    _ = try retrying(
      Int32(SYS_connect), Int(socket.number), word(&address), MemoryLayout<sockaddr_un>.size)
    return socket
  }
}
