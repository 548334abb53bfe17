import CLinux
import Domain
import Linux

/// The clone that gives birth to a process.
struct Cloning {
  /// `CLONE_…`: new namespaces, and `CLONE_PARENT` for a successor.
  var flags: UInt64
  /// `CLONE_INTO_CGROUP`: a cgroup's directory, or -1.
  var cgroup: Int32 = -1
  /// The new process's pidfd, once it is born.
  var processDescriptor: Int32 = -1

  init(_ flags: UInt64, cgroup: Int32 = -1) {
    self.flags = flags
    self.cgroup = cgroup
  }

  /// Namespaces that plain `clone` cannot make: their bits are its exit signal.
  static let newerFlags = UInt64(CLONE_NEWTIME)

  /// Clones; 0 in the child, a negated errno on failure. Nothing here allocates. The corresponding
  /// system call is `clone3`, or `clone` where that is refused.
  mutating func perform() -> Int {
    var arguments = clone_args()
    let result = withUnsafeMutablePointer(to: &processDescriptor) { descriptor -> Int in
      arguments.flags = flags | UInt64(CLONE_PIDFD)
      arguments.pidfd = UInt64(UInt(bitPattern: descriptor))
      // A successor's end is signalled as its sibling's is; the kernel refuses another answer.
      arguments.exit_signal = flags & UInt64(CLONE_PARENT) == 0 ? UInt64(SIGCHLD) : 0
      if cgroup >= 0 {
        arguments.flags |= Cloning.intoCgroup
        arguments.cgroup = UInt64(cgroup)
      }
      return clinux_call(
        Int(SYS_clone3), word(&arguments), MemoryLayout<clone_args>.size, 0, 0, 0, 0)
    }
    guard result == -Int(ENOSYS) else { return result }
    return performOld()
  }

  private mutating func performOld() -> Int {
    guard flags & Cloning.newerFlags == 0 else { return -Int(ENOSYS) }
    let signal = flags & UInt64(CLONE_PARENT) == 0 ? Int(SIGCHLD) : 0
    let result = withUnsafeMutablePointer(to: &processDescriptor) { descriptor in
      clinux_call(
        Int(SYS_clone), Int(truncatingIfNeeded: flags) | Int(CLONE_PIDFD) | signal, 0, word(descriptor), 0, 0,
        0)
    }
    if result == 0, cgroup >= 0, !Cloning.enter(cgroup) { Processes.exit(ChildScript.failureCode) }
    return result
  }

  /// The child of a plain `clone` moves itself, before its first act: 0 names the writer.
  private static func enter(_ cgroup: Int32) -> Bool {
    do throws(Errno) {
      let file = try Files.open("cgroup.procs", at: cgroup, O_WRONLY)
      var digit = UInt8(ascii: "0")
      try withUnsafeBytes(of: &digit) { (bytes) throws(Errno) in try Files.writeAll(file.number, bytes) }
      return true
    } catch {
      return false
    }
  }

  /// `CLONE_INTO_CGROUP`, whose macro does not fit an int.
  private static let intoCgroup: UInt64 = 0x2_0000_0000
}
