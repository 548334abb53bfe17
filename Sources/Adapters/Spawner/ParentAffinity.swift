import CLinux
import Domain
import Linux
import Ports

/// The CPUs that the parent runs on for the time of a clone, because the child is born on its parent's.
struct ParentAffinity {
  /// The parent's own, once it has left them.
  private var home: [UInt8] = []

  /// Takes on the CPUs of a list. The corresponding system call is `sched_setaffinity`.
  mutating func narrow(to cpus: IndexList) throws(SpawnError) {
    do throws(Errno) {
      // As many bits as any kernel counts: a shorter buffer is refused.
      var mask = [UInt8](repeating: 0, count: Int(IndexList.limit) / 8 + 1)
      let size = mask.withUnsafeMutableBytes {
        clinux_call(Int(SYS_sched_getaffinity), 0, $0.count, word($0.baseAddress), 0, 0, 0)
      }
      guard size >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -size)) }
      try ParentAffinity.set(cpus.mask)
      home = Array(mask.prefix(size))
    } catch {
      throw .affinity(
        origin: JSONPointer(text: "/process/execCPUAffinity/initial"),
        SystemFailure(call: "sched_setaffinity", subject: "\(cpus)", errno: error))
    }
  }

  /// Goes back. A parent that cannot, since its own CPUs went away, stays where it is: it has little to do.
  func widen() {
    guard !home.isEmpty else { return }
    try? ParentAffinity.set(home)
  }

  private static func set(_ mask: [UInt8]) throws(Errno) {
    let result = mask.withUnsafeBytes {
      clinux_call(Int(SYS_sched_setaffinity), 0, $0.count, word($0.baseAddress), 0, 0, 0)
    }
    guard result >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -result)) }
  }
}
