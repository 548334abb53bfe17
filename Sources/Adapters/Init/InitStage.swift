import CLinux
import Domain
import Linux
import Ports

/// The first program of a new process: it receives its plan from the parent and goes through it.
public enum InitStage {
  /// The largest plan that is taken.
  private static let planLimit = 64 << 20

  /// Runs to the end: the program of the plan takes the process over, or it exits.
  public static func run(socket: Int32) -> Never {
    // Before anything else: from here on nobody in the container looks into this process.
    _ = clinux_call(Int(SYS_prctl), Int(PR_SET_DUMPABLE), 0, 0, 0, 0, 0)
    _ = clinux_call(Int(SYS_fcntl), Int(socket), Int(F_SETFD), Int(FD_CLOEXEC), 0, 0, 0)
    do throws(Errno) {
      try Host.openMissingStreams()
      guard let delivery = try receive(on: socket) else { Processes.exit(1) }
      // What comes beyond the plan's own slots are doors of cgroups.
      let own = min(Ports.slotCount(of: delivery.plan), delivery.slots.count)
      let kernel = try LinuxKernel(
        socket: socket, slots: UnsafeMutableBufferPointer(rebasing: delivery.slots[..<own]),
        doors: UnsafeMutableBufferPointer(rebasing: delivery.slots[own...]))
      interpret(delivery.plan, on: kernel)
    } catch {
      let frame = SyncFrame(
        .failed, index: SyncFrame.birth, errno: error.rawValue, call: StepCall.decode.rawValue)
      try? SyncChannel.send(frame, on: socket)
    }
    Processes.exit(1)
  }

  private static func interpret(_ plan: UnsafeRawBufferPointer, on kernel: LinuxKernel) {
    do throws(StepFailure) {
      try Ports.run(plan, on: kernel)
    } catch {
      report(error, of: kernel)
    }
  }

  /// To the parent while it listens, else to whoever called `start`.
  private static func report(_ failure: StepFailure, of kernel: LinuxKernel) {
    if kernel.socket >= 0 {
      try? SyncChannel.send(SyncFrame(failure), on: kernel.socket)
    } else if kernel.fifo >= 0 {
      var frame = (
        UInt32(truncatingIfNeeded: failure.index), failure.errno.rawValue, UInt32(failure.call.rawValue),
        failure.detail
      )
      withUnsafeBytes(of: &frame) { bytes in try? Files.writeAll(kernel.fifo, bytes) }
    }
  }

  /// A plan and its descriptors.
  private struct Delivery {
    var plan: UnsafeRawBufferPointer
    var slots: UnsafeMutableBufferPointer<Int32>
  }

  /// Waits for the plan; nil when the parent is gone.
  private static func receive(on socket: Int32) throws(Errno) -> Delivery? {
    let first = UnsafeMutableBufferPointer<Int32>.allocate(capacity: SyncChannel.batch)
    defer { first.deallocate() }
    var received = 0
    Waiting.watch(socket, microseconds: 500)
    guard let frame = try SyncChannel.receive(on: socket, descriptors: first, received: &received) else {
      return nil
    }
    let (size, count) = (Int(frame.index), Int(frame.detail))
    guard frame.kind == .plan, size <= planLimit, count <= Int(UInt16.max) else { throw .invalidArgument }
    let slots = UnsafeMutableBufferPointer<Int32>.allocate(capacity: max(count, 1))
    var total = 0
    while true {
      for index in 0..<min(received, count - total) { slots[total + index] = first[index] }
      total += received
      guard total < count else { break }
      guard let more = try SyncChannel.receive(on: socket, descriptors: first, received: &received) else {
        return nil
      }
      guard more.kind == .descriptors, received > 0 else { throw .invalidArgument }
    }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 8)
    try SyncChannel.receive(on: socket, into: UnsafeMutableRawBufferPointer(rebasing: block[..<size]))
    return Delivery(
      plan: UnsafeRawBufferPointer(rebasing: block[..<size]),
      slots: UnsafeMutableBufferPointer(rebasing: slots[..<count]))
  }
}
