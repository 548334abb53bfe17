import CLinux
import Domain
import Linux
import Ports

/// A connected stream socket, each use of which has a deadline.
final class BusStream {
  private let socket: Descriptor
  private var received: [UInt8] = []
  /// How many of the received bytes are used up.
  private var used = 0

  /// Takes a connected socket over.
  init(_ socket: consuming Descriptor) {
    self.socket = socket
  }

  /// Sends all bytes. The corresponding system call is `sendto`.
  func send(_ bytes: [UInt8], until deadline: BusDeadline) throws(ServiceManagerProblem) {
    var done = 0
    while done < bytes.count {
      let result = bytes.withUnsafeBytes { buffer in
        clinux_call(
          Int(SYS_sendto), Int(socket.number), word(buffer.baseAddress) + done, bytes.count - done,
          Int(MSG_NOSIGNAL | MSG_DONTWAIT), 0, 0)
      }
      if result > 0 {
        done += result
      } else {
        try wait(afterFailure: result, "sendto", for: Int16(POLLOUT), until: deadline)
      }
    }
  }

  /// Receives more bytes. Descriptors that come along are dropped by the kernel. The corresponding system
  /// call is `recvfrom`.
  private func receive(until deadline: BusDeadline) throws(ServiceManagerProblem) {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let result = chunk.withUnsafeMutableBytes { buffer in
        clinux_call(
          Int(SYS_recvfrom), Int(socket.number), word(buffer.baseAddress), buffer.count,
          Int(MSG_DONTWAIT), 0, 0)
      }
      if result > 0 {
        if used > 0 { received.removeFirst(used) }
        used = 0
        received += chunk[..<result]
        return
      }
      guard result < 0 else { throw .disconnected }
      try wait(afterFailure: result, "recvfrom", for: Int16(POLLIN), until: deadline)
    }
  }

  /// Waits where a call would have; any other failure is one.
  private func wait(
    afterFailure result: Int, _ call: String, for events: Int16, until deadline: BusDeadline
  ) throws(ServiceManagerProblem) {
    let errno = Errno(rawValue: Int32(truncatingIfNeeded: -result))
    switch errno {
    case .interrupted: return
    case .brokenPipe, Errno(rawValue: ECONNRESET): throw .disconnected
    case .again: break
    default: throw .system(SystemFailure(call: call, subject: "bus", errno: errno))
    }
    var descriptors = [pollfd(fd: socket.number, events: events, revents: 0)]
    let isReady: Bool
    do throws(Errno) {
      isReady = try Waiting.poll(&descriptors, timeout: deadline.left)
    } catch {
      throw .system(SystemFailure(call: "poll", subject: "bus", errno: error))
    }
    guard isReady else { throw .timedOut(milliseconds: deadline.patience) }
  }

  /// A line without its end, `\r\n`.
  func line(until deadline: BusDeadline) throws(ServiceManagerProblem) -> String {
    while true {
      let pending = received[used...]
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        guard end > pending.startIndex, received[end - 1] == UInt8(ascii: "\r") else {
          throw .malformedAnswer("line of authentication")
        }
        used = end + 1
        return String(decoding: pending[..<(end - 1)], as: UTF8.self)
      }
      guard pending.count < BusStream.longestLine else { throw .malformedAnswer("line of authentication") }
      try receive(until: deadline)
    }
  }

  private static let longestLine = 4096

  /// The next message.
  func message(until deadline: BusDeadline) throws(ServiceManagerProblem) -> BusMessage {
    while true {
      do throws(WireError) {
        if let length = try BusMessage.length(received[used...]), received.count - used >= length {
          let bytes = Array(received[used..<used + length])
          used += length
          return try BusMessage(decoding: bytes)
        }
      } catch {
        throw .malformedAnswer(error.description)
      }
      try receive(until: deadline)
    }
  }
}

/// The moment up to which something is waited for.
public struct BusDeadline: Equatable, Sendable {
  /// How long that was at the begin, in milliseconds.
  let patience: Int64
  private let moment: Int64

  /// So many milliseconds from now.
  public init(milliseconds: Int64) {
    patience = milliseconds
    moment = Waiting.deadline(after: milliseconds)
  }

  /// Milliseconds that are left.
  var left: Int64 { max(0, moment - Waiting.now()) }
}
