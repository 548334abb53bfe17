import CLinux
import Domain
import Linux
import Ports

/// All signals that can be held back, as a descriptor. They stay blocked until the runtime ends.
final class SignalReceiver {
  private let descriptor: Descriptor

  var number: Int32 { descriptor.number }

  /// The corresponding system calls are `rt_sigprocmask` and `signalfd4`.
  init() throws(SystemFailure) {
    // A fault of the runtime itself must end it; the kernel never blocks SIGKILL and SIGSTOP.
    var mask = ~[SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT].reduce(UInt64(0)) {
      $0 | 1 << UInt64($1 - 1)
    }
    do throws(Errno) {
      _ = try call(Int32(SYS_rt_sigprocmask), Int(SIG_BLOCK), word(&mask), 0, 8)
      descriptor = Descriptor(
        owning: Int32(
          try call(Int32(SYS_signalfd4), -1, word(&mask), 8, Int(O_CLOEXEC | O_NONBLOCK))))
    } catch {
      throw SystemFailure(call: "signalfd4", subject: "", errno: error)
    }
  }

  /// The signals that have arrived.
  func take() -> [Int32] {
    var signals: [Int32] = []
    var records = [UInt32](repeating: 0, count: 128 / 4 * 16)
    let size = records.withUnsafeMutableBytes { (try? Files.read(descriptor.number, into: $0)) ?? 0 }
    // A record is 128 bytes and begins with the signal's number.
    for index in 0..<size / 128 { signals.append(Int32(bitPattern: records[index * 32])) }
    return signals
  }
}
