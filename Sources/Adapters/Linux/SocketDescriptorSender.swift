import CLinux
import Domain
public import Ports

/// Gives descriptors away over Unix stream sockets.
public final class SocketDescriptorSender: DescriptorSender {
  /// How long a receiver may take, in seconds.
  private static let deadline = 10

  /// Opens nothing.
  public init() {}

  public func send(_ descriptor: Int32, with text: [UInt8], to path: String) throws(SystemFailure) {
    do throws(Errno) {
      let socket = try UnixSocket.connect(path, deadline: SocketDescriptorSender.deadline)
      var failure: Errno?
      text.withUnsafeBytes { bytes in
        do throws(Errno) {
          let sent = try SocketDescriptorSender.sendFirst(bytes, descriptor, on: socket.number)
          try Files.writeAll(socket.number, UnsafeRawBufferPointer(rebasing: bytes[sent...]))
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
    } catch {
      throw SystemFailure(call: "sendmsg", subject: path, errno: error)
    }
  }

  /// The message that the descriptor comes with; how much of the text went along. The corresponding system
  /// call is `sendmsg` with `SCM_RIGHTS`.
  private static func sendFirst(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, on socket: Int32
  ) throws(Errno) -> Int {
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
}
