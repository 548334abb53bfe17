import CLinux
import Domain
import Linux

/// A socket to the kernel's `NETLINK_ROUTE`, in the network namespace that it was made in.
final class NetlinkSocket {
  private let socket: Descriptor
  private var sequence: UInt32 = 0

  /// How long the kernel may take for an answer, in milliseconds: it answers at once.
  private static let patience: Int64 = 10_000

  /// The corresponding system call is `socket`.
  init() throws(Errno) {
    socket = Descriptor(
      owning: Int32(
        try call(Int32(SYS_socket), NetlinkSocket.family, NetlinkSocket.raw | Int(O_CLOEXEC), 0)))
  }

  /// Begins a request.
  func request(_ type: UInt16, _ flags: UInt16) -> NetlinkMessage {
    sequence &+= 1
    return NetlinkMessage(type: type, flags: flags | NetlinkSocket.isRequest, sequence: sequence)
  }

  /// Sends a request and collects the messages that answer it, up to the one that ends the answer.
  func perform(_ message: NetlinkMessage) throws(Errno) -> [NetlinkAnswer] {
    try Files.write(message.finished, to: socket.number)
    var answers: [NetlinkAnswer] = []
    let deadline = Waiting.now() + NetlinkSocket.patience
    while true {
      guard try Waiting.readable(socket.number, timeout: max(deadline - Waiting.now(), 0)) else {
        throw .timedOut
      }
      for answer in NetlinkAnswer.all(in: try receive()) where answer.sequence == sequence {
        switch answer.type {
        case NetlinkSocket.error:
          let code = answer.number(Int32.self, at: 0) ?? -EINVAL
          guard code == 0 else { throw Errno(rawValue: code < 0 ? 0 &- code : EINVAL) }
          return answers
        case NetlinkSocket.done: return answers
        default: answers.append(answer)
        }
      }
    }
  }

  /// One datagram. The kernel's are at most 32 KiB; what is longer is cut, and then ends early.
  private func receive() throws(Errno) -> [UInt8] {
    var datagram = [UInt8](repeating: 0, count: 65536)
    let count = datagram.withUnsafeMutableBytes { buffer in
      clinux_call(Int(SYS_read), Int(socket.number), word(buffer.baseAddress), buffer.count, 0, 0, 0)
    }
    guard count >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -count)) }
    datagram.removeLast(datagram.count - count)
    return datagram
  }

  /// `AF_NETLINK`, `SOCK_RAW`, `NLM_F_REQUEST`, `NLMSG_ERROR` and `NLMSG_DONE`.
  private static let family = 16
  private static let raw = 3
  private static let isRequest: UInt16 = 1
  private static let error: UInt16 = 2
  private static let done: UInt16 = 3
}
