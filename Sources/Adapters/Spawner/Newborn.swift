import CLinux
import Domain
import Linux
import Ports

/// A process that exists, and what its parent still has to do before it is handed out.
struct Newborn: ~Copyable {
  private var pid: Int32
  private var descriptor: Int32
  private var socket: Descriptor?
  private var image: Descriptor?
  private let hasSuccessor: Bool
  private let waits: Bool
  private var startTime: UInt64 = 0

  init(
    pid: Int32, descriptor: Int32, socket: consuming Descriptor?, image: consuming Descriptor?,
    hasSuccessor: Bool, waits: Bool
  ) {
    self.pid = pid
    self.descriptor = descriptor
    self.socket = consume socket
    self.image = consume image
    self.hasSuccessor = hasSuccessor
    self.waits = waits
  }

  /// Meets it where it waits, and notes who it is.
  mutating func grow(_ birth: Birth) throws(SpawnError) {
    if hasSuccessor { try meetSuccessor() }
    if waits {
      _ = try receive(.born)
      try BirthGifts.give(birth, to: pid)
      try send(SyncFrame(.proceed))
    }
    try BirthGifts.checkMappings(birth, of: pid)
    if let score = birth.oomScoreAdj { try BirthGifts.setOOMScore(score, of: pid) }
    let number = pid
    startTime = try require("read", "/proc/\(pid.decimal)/stat") { () throws(Errno) in
      try Processes.stat(number).startTime
    }
  }

  /// Hands it out.
  consuming func process(_ request: SpawnRequest) -> SpawnedProcess {
    let identity = ProcessIdentity(pid: pid, startTime: startTime)
    let connection = socket.take() ?? Descriptor(owning: -1)
    return SpawnedProcess(
      identity: identity, processDescriptor: descriptor, socket: connection, image: image.take(),
      request: request)
  }

  /// Leaves nothing behind.
  mutating func destroy() {
    try? Processes.signal(descriptor, SIGKILL)
    _ = try? Processes.reap(descriptor)
    _ = Descriptor(owning: descriptor)
    descriptor = -1
  }

  private mutating func meetSuccessor() throws(SpawnError) {
    let successor = try receive(.successor)
    guard successor >= 0 else { throw .protocolViolation("a successor without descriptor") }
    // The first process has nothing left to do; it must not stay a zombie.
    _ = try? Processes.reap(descriptor)
    _ = Descriptor(owning: descriptor)
    descriptor = successor
    pid = try require("read", "pidfd") { () throws(Errno) in try Processes.number(of: successor) }
  }

  /// The descriptor that came with the frame, or -1.
  private func receive(_ kind: SyncFrame.Kind) throws(SpawnError) -> Int32 {
    var descriptor: Int32 = -1
    let connection = number
    let frame = try require("recvmsg", "new process") { () throws(Errno) in
      try withUnsafeMutablePointer(to: &descriptor) { pointer throws(Errno) in
        var received = 0
        return try SyncChannel.receive(
          on: connection, descriptors: UnsafeMutableBufferPointer(start: pointer, count: 1),
          received: &received)
      }
    }
    guard let frame else { throw .protocolViolation("the new process died") }
    if frame.kind == .failed { throw BirthFailure.error(frame) }
    guard frame.kind == kind else { throw .protocolViolation("unexpected frame \(frame.kind.rawValue)") }
    return descriptor
  }

  private func send(_ frame: SyncFrame) throws(SpawnError) {
    let connection = number
    try require("sendmsg", "new process") { () throws(Errno) in
      try SyncChannel.send(frame, on: connection)
    }
  }

  private var number: Int32 {
    switch socket {
    case .some(let socket): socket.number
    case .none: -1
    }
  }
}
