import CLinux
package import Domain

/// Unix sockets for datagrams. Nothing about them waits: what cannot be had or taken at once is `again`.
package enum DatagramSocket {
  /// Makes one. The corresponding system call is `socket`.
  package static func make() throws(Errno) -> Descriptor {
    let flags = Int(O_CLOEXEC | O_NONBLOCK)
    return Descriptor(owning: Int32(try call(Int32(SYS_socket), Int(AF_UNIX), 2 | flags, 0)))
  }

  /// Makes one that sends to a path.
  package static func connect(_ path: String) throws(Errno) -> Descriptor {
    var address = try UnixAddress(path)
    let socket = try make()
    try address.connect(socket.number)
    return socket
  }

  /// Makes one that listens at a path, which is free, for everybody who can reach it. The corresponding system
  /// call is `bind`.
  package static func listen(_ path: String) throws(Errno) -> Descriptor {
    var address = try UnixAddress(path)
    let socket = try make()
    try address.bind(socket.number)
    // The caller's mask takes bits away.
    try Host.changeMode(path, 0o777)
    return socket
  }

  /// Sends one datagram. The corresponding system call is `sendto`.
  package static func send(_ bytes: [UInt8], on socket: Int32) throws(Errno) {
    _ = try retrying(
      Int32(SYS_sendto), Int(socket), word(bytes), bytes.count, Int(MSG_NOSIGNAL | MSG_DONTWAIT))
  }

  /// Receives one datagram; nil for one that is longer than `limit`. Descriptors that come with it are closed by
  /// the kernel. The corresponding system call is `recvfrom` with `MSG_TRUNC`.
  package static func receive(on socket: Int32, limit: Int) throws(Errno) -> [UInt8]? {
    var (length, failure): (Int, Errno?) = (0, nil)
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      do throws(Errno) {
        length = try retrying(
          Int32(SYS_recvfrom), Int(socket), word(buffer.baseAddress), limit, Int(MSG_TRUNC | MSG_DONTWAIT))
      } catch {
        failure = error
      }
      count = min(length, limit)
    }
    if let failure { throw failure }
    return length > limit ? nil : bytes
  }
}
