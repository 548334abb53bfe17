import CLinux
import Domain
import Linux
import Ports

/// A plan on its way to its process.
enum PlanDelivery {
  /// Sends the plan, and one descriptor a slot, in as many batches as it takes.
  static func send(_ frame: SyncFrame, _ plan: [UInt8], _ slots: [Int32], on socket: Int32) throws(Errno) {
    var failure: Errno?
    plan.withUnsafeBytes { plan in
      slots.withUnsafeBufferPointer { slots in
        do throws(Errno) {
          try send(frame, plan, slots, on: socket)
        } catch {
          failure = error
        }
      }
    }
    if let failure { throw failure }
  }

  private static func send(
    _ frame: SyncFrame, _ plan: UnsafeRawBufferPointer, _ slots: UnsafeBufferPointer<Int32>, on socket: Int32
  ) throws(Errno) {
    var frame = frame
    var start = 0
    while slots.count - start > SyncChannel.batch {
      let batch = UnsafeBufferPointer(rebasing: slots[start..<start + SyncChannel.batch])
      try SyncChannel.send(frame, descriptors: batch, on: socket)
      start += SyncChannel.batch
      frame = SyncFrame(.descriptors)
    }
    let rest = UnsafeBufferPointer(rebasing: slots[start...])
    try SyncChannel.send(frame, followedBy: plan, descriptors: rest, on: socket)
  }
}

/// The pair on which the process hands over its terminal, in the form that console sockets have.
enum ConsolePair {
  /// Receives one descriptor with at least one byte; false when the other end closed without.
  static func receive(on socket: Int32, _ terminal: inout Int32) throws(Errno) -> Bool {
    var bytes = (0 as UInt64, 0 as UInt64, 0 as UInt64, 0 as UInt64)
    var control = (0 as UInt64, 0 as UInt64, 0 as UInt64)
    let result = withUnsafeMutablePointer(to: &bytes) { bytes in
      withUnsafeMutablePointer(to: &control) { control in
        var part = iovec(iov_base: UnsafeMutableRawPointer(bytes), iov_len: 32)
        return withUnsafeMutablePointer(to: &part) { part in
          var message = msghdr()
          message.msg_iov = part
          message.msg_iovlen = 1
          message.msg_control = UnsafeMutableRawPointer(control)
          message.msg_controllen = 24
          let result = clinux_call(
            Int(SYS_recvmsg), Int(socket), word(&message), Int(MSG_CMSG_CLOEXEC), 0, 0, 0)
          return result > 0 && message.msg_controllen < 20 ? 0 : result
        }
      }
    }
    guard result >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -result)) }
    guard result > 0 else { return false }
    terminal = Int32(truncatingIfNeeded: control.2)
    return true
  }
}

/// Failures before the init stage runs.
enum BirthFailure {
  /// The report of the process as an error.
  static func error(_ frame: SyncFrame) -> SpawnError {
    .system(
      SystemFailure(
        call: frame.failure.call.description, subject: "new process", errno: Errno(rawValue: frame.errno)))
  }
}
