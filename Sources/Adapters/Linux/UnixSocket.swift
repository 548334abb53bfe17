import CLinux
package import Domain

/// Connections to Unix stream sockets by path.
package enum UnixSocket {
  /// How long a peer may take, in seconds.
  package static let patience = 10

  /// Connects. A path too long for an address is reached through its directory's descriptor; one that begins
  /// with a zero byte is the name of a socket without a file. A peer that takes nothing for `deadline` seconds,
  /// is `timedOut` now, and `again` when it is sent something later. The corresponding system calls are `socket`,
  /// `setsockopt` with `SO_SNDTIMEO`, and `connect`.
  package static func connect(_ path: String, deadline: Int = patience) throws(Errno) -> Descriptor {
    var address = try UnixAddress(path)
    let socket = Descriptor(
      owning: Int32(try call(Int32(SYS_socket), Int(AF_UNIX), 1 | Int(O_CLOEXEC), 0)))
    var time = timeval(tv_sec: deadline, tv_usec: 0)
    _ = try call(
      Int32(SYS_setsockopt), Int(socket.number), Int(SOL_SOCKET), Int(SO_SNDTIMEO), word(&time),
      MemoryLayout<timeval>.size)
    do throws(Errno) {
      try address.connect(socket.number)
    } catch {
      throw error == .again ? .timedOut : error
    }
    return socket
  }

  /// Sends bytes, of which there is at least one, and a descriptor with them; how many bytes went along. It
  /// allocates nothing. The corresponding system call is `sendmsg` with `SCM_RIGHTS`.
  package static func send(
    _ bytes: UnsafeRawBufferPointer, with descriptor: Int32, on socket: Int32
  ) throws(Errno) -> Int {
    // `struct cmsghdr` with one descriptor: 20 bytes, in a place of 24.
    var control: (UInt64, Int32, Int32, Int32, Int32) = (20, SOL_SOCKET, 1, descriptor, 0)
    var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
    let result = withUnsafeMutablePointer(to: &part) { part in
      withUnsafeMutablePointer(to: &control) { control in
        var message = msghdr()
        message.msg_iov = part
        message.msg_iovlen = 1
        message.msg_control = UnsafeMutableRawPointer(control)
        message.msg_controllen = 24
        return clinux_call(Int(SYS_sendmsg), Int(socket), word(&message), Int(MSG_NOSIGNAL), 0, 0, 0)
      }
    }
    guard result > 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -result)) }
    return result
  }

  /// The same with bytes of an array.
  package static func send(_ bytes: [UInt8], with descriptor: Int32, on socket: Int32) throws(Errno) -> Int {
    let result = bytes.withUnsafeBytes { buffer -> Result<Int, Errno> in
      do throws(Errno) {
        return .success(try send(buffer, with: descriptor, on: socket))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
