import CLinux
import Domain
import Linux
import Ports

/// The first program of a new process: it receives its plan from the parent and goes through it.
public enum InitStage {
  /// The largest plan that is taken.
  private static let planLimit = 64 << 20

  /// Runs to the end: the program of the plan takes the process over, or it exits. `timeline` is a descriptor, or
  /// -1.
  public static func run(socket: Int32, timeline: Int32 = -1) -> Never {
    // Before anything else: from here on nobody in the container looks into this process.
    _ = clinux_call(Int(SYS_prctl), Int(PR_SET_DUMPABLE), 0, 0, 0, 0, 0)
    _ = clinux_call(Int(SYS_fcntl), Int(socket), Int(F_SETFD), Int(FD_CLOEXEC), 0, 0, 0)
    do throws(Errno) {
      let timeline = try open(timeline)
      timeline.mark(.started)
      try Host.openMissingStreams()
      guard let delivery = try receive(on: socket) else { Processes.exit(1) }
      timeline.mark(.planned)
      let kernel = try LinuxKernel(
        socket: socket, plan: delivery.plan.count, slots: delivery.slots, doors: delivery.doors,
        timeline: timeline)
      interpret(delivery.plan, on: kernel)
    } catch {
      let frame = SyncFrame(
        .failed, index: SyncFrame.birth, errno: error.rawValue, call: StepCall.decode.rawValue)
      try? SyncChannel.send(frame, on: socket)
    }
    Processes.exit(1)
  }

  /// The memory is all that stays of the descriptor.
  private static func open(_ timeline: Int32) throws(Errno) -> TimelineMemory {
    guard timeline >= 0 else { return TimelineMemory() }
    defer { _ = Descriptor(owning: timeline) }
    return try TimelineMemory(timeline)
  }

  private static func interpret(_ plan: UnsafeRawBufferPointer, on kernel: LinuxKernel) {
    do throws(StepFailure) {
      try Ports.run(plan, on: kernel)
    } catch {
      kernel.timeline.mark(.failed)
      report(error, of: kernel)
    }
  }

  /// To the parent while it listens, else to whoever called `start`.
  private static func report(_ failure: StepFailure, of kernel: LinuxKernel) {
    if kernel.socket >= 0 {
      tell(SyncFrame(failure), on: kernel.socket)
    } else if kernel.fifo >= 0 {
      var frame = (
        UInt32(truncatingIfNeeded: failure.index), failure.errno.rawValue, UInt32(failure.call.rawValue),
        failure.detail
      )
      withUnsafeBytes(of: &frame) { bytes in try? Files.writeAll(kernel.fifo, bytes) }
    }
  }

  /// A filter may be in force by now that refuses `sendmsg`, but allows `write`.
  private static func tell(_ frame: SyncFrame, on socket: Int32) {
    do throws(Errno) {
      try SyncChannel.send(frame, on: socket)
    } catch {
      var words = frame.words
      withUnsafeBytes(of: &words) { bytes in try? Files.writeAll(socket, bytes) }
    }
  }

  /// A plan and its descriptors; slots that come late are -1.
  private struct Delivery {
    var plan: UnsafeRawBufferPointer
    var slots: UnsafeMutableBufferPointer<Int32>
    var doors: UnsafeMutableBufferPointer<Int32>
  }

  /// Waits for the plan; nil when the parent is gone.
  private static func receive(on socket: Int32) throws(Errno) -> Delivery? {
    Waiting.watch(socket, microseconds: 500)
    guard let arrived = try Descriptors.receive(.plan, on: socket) else { return nil }
    let size = Int(arrived.frame.index)
    guard size <= planLimit else { throw .invalidArgument }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 8)
    let bytes = UnsafeMutableRawBufferPointer(rebasing: block[..<size])
    try SyncChannel.receive(on: socket, into: bytes)
    let plan = UnsafeRawBufferPointer(bytes)
    let slots = UnsafeMutableBufferPointer<Int32>.allocate(
      capacity: max(Ports.slotCount(of: plan), arrived.slots.count))
    for index in slots.indices { slots[index] = index < arrived.slots.count ? arrived.slots[index] : -1 }
    return Delivery(plan: plan, slots: slots, doors: arrived.doors)
  }
}

/// Descriptors that came with a frame: slots of the plan, and doors of cgroups.
struct Descriptors {
  /// The frame.
  let frame: SyncFrame
  /// Slots, in order.
  let slots: UnsafeMutableBufferPointer<Int32>
  /// Doors.
  let doors: UnsafeMutableBufferPointer<Int32>

  /// Waits for a frame of this kind and all that comes with it; nil when the parent is gone. What it allocates
  /// is never freed: it comes twice at most.
  static func receive(_ kind: SyncFrame.Kind, on socket: Int32) throws(Errno) -> Descriptors? {
    let first = UnsafeMutableBufferPointer<Int32>.allocate(capacity: SyncChannel.batch)
    var received = 0
    guard let frame = try SyncChannel.receive(on: socket, descriptors: first, received: &received) else {
      return nil
    }
    let (count, doors) = (Int(frame.detail), Int(frame.call))
    guard frame.kind == kind, count <= Int(UInt16.max), doors <= count, received <= count else {
      throw .invalidArgument
    }
    var all = first
    if received < count {
      all = .allocate(capacity: count)
      for index in 0..<received { all[index] = first[index] }
    }
    while received < count {
      var more = 0
      let rest = UnsafeMutableBufferPointer(rebasing: all[received...])
      guard let frame = try SyncChannel.receive(on: socket, descriptors: rest, received: &more) else {
        return nil
      }
      guard frame.kind == .descriptors, more > 0 else { throw .invalidArgument }
      received += more
    }
    return Descriptors(
      frame: frame, slots: UnsafeMutableBufferPointer(rebasing: all[..<(count - doors)]),
      doors: UnsafeMutableBufferPointer(rebasing: all[(count - doors)..<count]))
  }
}
