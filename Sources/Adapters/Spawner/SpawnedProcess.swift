import CLinux
public import Domain
import Linux
public import Ports

/// The parent's side of the conversation with a process on its way through a plan.
public final class SpawnedProcess: InitProcess {
  public let identity: ProcessIdentity
  public let processDescriptor: Int32

  /// How long a process that closed its socket may take to be seen dead, in milliseconds.
  private static let deathDeadline: Int64 = 10_000

  private let socket: Descriptor
  /// The program of the init stage. Where it is a mount of its own, its last descriptor ends the mount, and
  /// whoever closes that waits for all processors: not the init stage on its way.
  private var image: Descriptor?
  private let request: SpawnRequest
  private var console: Int32 = -1
  private var waitsAt: Milestone?
  private var isExecuting = false
  private var end: Processes.End?
  private var isReaped = false

  /// Takes over all descriptors.
  init(
    identity: ProcessIdentity, processDescriptor: Int32, socket: consuming Descriptor,
    image: consuming Descriptor? = nil, request: SpawnRequest
  ) {
    self.identity = identity
    self.processDescriptor = processDescriptor
    self.socket = socket
    self.image = consume image
    self.request = request
  }

  deinit {
    closeConsole()
    _ = Descriptor(owning: processDescriptor)
  }

  public func deliver(_ plan: EncodedPlan, doors: [Int32]) throws(SpawnError) {
    // Only now: the init stage starts up meanwhile.
    let frame = SyncFrame(.plan, index: UInt32(truncatingIfNeeded: plan.bytes.count))
    try send(frame, plan.bytes, slots: 0..<(request.plan.firstLateSlot ?? request.plan.slots.count), doors)
  }

  public func deliverRest(doors: [Int32]) throws(SpawnError) {
    let count = request.plan.slots.count
    try send(SyncFrame(.rest), [], slots: (request.plan.firstLateSlot ?? count)..<count, doors)
  }

  /// Sends a frame with slots, which are opened for it, and with doors.
  private func send(
    _ frame: SyncFrame, _ bytes: [UInt8], slots: Range<Int>, _ doors: [Int32]
  ) throws(SpawnError) {
    var opener = SlotOpener(doors: doors, process: identity.pid)
    try opener.open(slots, of: request, for: processDescriptor)
    let taken = opener.take()
    if taken.console >= 0 { console = taken.console }
    var frame = frame
    frame.detail = UInt32(truncatingIfNeeded: taken.descriptors.count)
    frame.call = UInt16(truncatingIfNeeded: taken.doors)
    defer { for descriptor in taken.descriptors { _ = Descriptor(owning: descriptor) } }
    do throws(Errno) {
      try PlanDelivery.send(frame, bytes, taken.descriptors, on: socket.number)
    } catch {
      try tolerateDeath(error, "\(frame.kind)")
    }
  }

  public func proceed() throws(SpawnError) {
    if waitsAt == .ready {
      // Not earlier: the limits are the program's, and might stop the init stage on its way.
      try BirthGifts.set(request.plan.birth.limits, of: identity.pid)
    }
    waitsAt = nil
    try sendProceed()
  }

  public func announceLimits() throws(SpawnError) { try sendProceed() }

  private func sendProceed() throws(SpawnError) {
    do throws(Errno) {
      try SyncChannel.send(SyncFrame(.proceed), on: socket.number)
    } catch {
      try tolerateDeath(error, "proceed")
    }
  }

  public func nextEvent() throws(SpawnError) -> InitEvent {
    while true {
      var descriptors = [
        pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: console, events: Int16(POLLIN), revents: 0),
        pollfd(fd: processDescriptor, events: Int16(POLLIN), revents: 0),
      ]
      _ = try require("poll", "init process") { () throws(Errno) in
        try Waiting.poll(&descriptors, timeout: nil)
      }
      if descriptors[1].revents != 0 {
        if let terminal = try receiveTerminal() { return .terminal(terminal) }
      } else if descriptors[0].revents != 0 {
        if let event = try receive() { return event }
      } else {
        return ending()
      }
    }
  }

  public func kill() {
    guard !isReaped else { return }
    // It fails only when the process is gone already.
    try? Processes.signal(processDescriptor, SIGKILL)
    reap()
  }

  /// One frame; nil for one that is no event.
  private func receive() throws(SpawnError) -> InitEvent? {
    var none = 0
    let frame: SyncFrame?
    do throws(Errno) {
      frame = try SyncChannel.receive(on: socket.number, received: &none)
    } catch {
      // A peer that died with our words unread.
      guard error == SpawnedProcess.reset else {
        throw .protocolViolation("unreadable frame: \(error)")
      }
      return ending()
    }
    guard let frame else { return ending() }
    switch frame.kind {
    case .reached:
      guard let milestone = Milestone(rawValue: UInt8(truncatingIfNeeded: frame.index)) else {
        throw .protocolViolation("unknown milestone \(frame.index)")
      }
      waitsAt = milestone
      return .reached(milestone)
    case .failed:
      return try failure(frame)
    case .listener:
      return .listener(try takeListener(Int(frame.index)))
    case .executing:
      isExecuting = true
      return nil
    default:
      throw .protocolViolation("unexpected frame \(frame.kind.rawValue)")
    }
  }

  /// The corresponding system call is `pidfd_getfd`.
  private func takeListener(_ number: Int) throws(SpawnError) -> Int32 {
    try require("pidfd_getfd", "seccomp listener") { () throws(Errno) in
      Int32(try call(Int32(SYS_pidfd_getfd), Int(processDescriptor), number, 0))
    }
  }

  private func failure(_ frame: SyncFrame) throws(SpawnError) -> InitEvent {
    if frame.index == SyncFrame.birth { throw BirthFailure.error(frame) }
    guard Int(frame.index) < request.plan.entries.count else {
      throw .protocolViolation("unknown step \(frame.index)")
    }
    return .failed(frame.failure)
  }

  /// The stream ended, or the process did.
  private func ending() -> InitEvent {
    if isExecuting {
      // The program is under way, and the runtime has nothing to do: now, if ever, it may wait.
      image = nil
      return .executed
    }
    reap()
    switch end {
    case .exited(let code): return .died(waitStatus: (code & 0xFF) << 8)
    case .signalled(let signal): return .died(waitStatus: signal & 0x7F)
    case nil: return .died(waitStatus: nil)
    }
  }

  private func reap() {
    guard !isReaped,
      let ended = try? Waiting.readable(processDescriptor, timeout: SpawnedProcess.deathDeadline),
      ended
    else { return }
    isReaped = true
    // Who is no child of ours (an embedder's reaper took it) has no status.
    end = try? Processes.reap(processDescriptor)
  }

  private func receiveTerminal() throws(SpawnError) -> Int32? {
    var terminal: Int32 = -1
    let received = try require("recvmsg", "console") { () throws(Errno) in
      try ConsolePair.receive(on: console, &terminal)
    }
    closeConsole()
    return received ? terminal : nil
  }

  /// A broken connection is no answer: what the process has to say, or its end, is the next event.
  private func tolerateDeath(_ error: Errno, _ subject: String) throws(SpawnError) {
    guard error == .brokenPipe || error == SpawnedProcess.reset else {
      throw .system(SystemFailure(call: "sendmsg", subject: subject, errno: error))
    }
  }

  private func closeConsole() {
    if console >= 0 { _ = Descriptor(owning: console) }
    console = -1
  }

  /// `ECONNRESET`.
  private static let reset = Errno(rawValue: 104)
}
