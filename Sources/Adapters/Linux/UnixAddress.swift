import CLinux
package import Domain

/// The address of a Unix socket.
///
/// A path too long for an address is reached through its directory's descriptor, which is open for as long as this
/// value lives; a path that begins with a zero byte is the name of a socket without a file.
package struct UnixAddress: ~Copyable {
  private var address = sockaddr_un()
  private let size: Int
  private let directory: Descriptor?

  /// The longest path that fits.
  private static let limit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// Makes the address of a path.
  package init(_ path: String) throws(Errno) {
    var path = path
    var directory: Descriptor?
    if path.utf8.count > UnixAddress.limit {
      guard path.utf8.first != 0, let slash = path.lastIndex(of: "/") else { throw .nameTooLong }
      let opened = try Files.open(String(path[..<slash]), O_PATH | O_DIRECTORY)
      path = "/proc/self/fd/\(opened.number)\(path[slash...])"
      guard path.utf8.count <= UnixAddress.limit else { throw .nameTooLong }
      directory = consume opened
    }
    self.directory = directory
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    // The name of a socket without a file ends with its address.
    size =
      path.utf8.first == 0
      ? MemoryLayout<sa_family_t>.size + path.utf8.count : MemoryLayout<sockaddr_un>.size
  }

  /// Connects a socket. The corresponding system call is `connect`.
  package mutating func connect(_ socket: Int32) throws(Errno) {
    _ = try retrying(Int32(SYS_connect), Int(socket), word(&address), size)
  }

  /// Gives a socket this address. The corresponding system call is `bind`.
  package mutating func bind(_ socket: Int32) throws(Errno) {
    _ = try call(Int32(SYS_bind), Int(socket), word(&address), size)
  }
}
