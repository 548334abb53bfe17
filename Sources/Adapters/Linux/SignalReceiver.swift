import CLinux
public import Domain

/// Signals as a descriptor. They stay blocked until the runtime ends.
public final class SignalReceiver {
  private let descriptor: Descriptor

  /// The number, to wait for.
  public var number: Int32 { descriptor.number }

  /// Receives all signals that can be held back. The corresponding system calls are `rt_sigprocmask` and
  /// `signalfd4`.
  public convenience init() throws(Errno) {
    // A fault of the runtime itself must end it; the kernel never blocks SIGKILL and SIGSTOP.
    try self.init(mask: ~SignalReceiver.mask([SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT]))
  }

  /// Receives some signals.
  public convenience init(_ signals: [Int32]) throws(Errno) {
    try self.init(mask: SignalReceiver.mask(signals))
  }

  private init(mask: UInt64) throws(Errno) {
    var mask = mask
    _ = try call(Int32(SYS_rt_sigprocmask), Int(SIG_BLOCK), word(&mask), 0, 8)
    descriptor = Descriptor(
      owning: Int32(try call(Int32(SYS_signalfd4), -1, word(&mask), 8, Int(O_CLOEXEC | O_NONBLOCK))))
  }

  private static func mask(_ signals: [Int32]) -> UInt64 {
    signals.reduce(0) { $0 | 1 << UInt64(truncatingIfNeeded: $1 - 1) }
  }

  /// The signals that have arrived.
  public func take() -> [Int32] {
    var signals: [Int32] = []
    var records = [UInt32](repeating: 0, count: 128 / 4 * 16)
    let size = records.withUnsafeMutableBytes { (try? Files.read(descriptor.number, into: $0)) ?? 0 }
    // A record is 128 bytes and begins with the signal's number.
    for index in 0..<size / 128 { signals.append(Int32(bitPattern: records[index * 32])) }
    return signals
  }
}
