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

  /// Clones; 0 in the child, a negated errno on failure. Nothing here allocates. The corresponding system call is
  /// `clone3`; a kernel that cannot yet put the child into a cgroup lets it go there itself, and one without the
  /// call is asked for `clone`.
  mutating func perform() -> Int {
    var result = performNew(into: cgroup)
    if cgroup >= 0, result == -Int(E2BIG) || result == -Int(EINVAL) {
      result = performNew(into: -1)
      if result == 0 { enterCgroup() }
    }
    guard result == -Int(ENOSYS) || result == -Int(EPERM) else { return result }
    guard flags & Cloning.newerFlags == 0 else { return result }
    return performOld()
  }

  private mutating func performNew(into cgroup: Int32) -> Int {
    var arguments = clone_args()
    arguments.flags = flags | UInt64(CLONE_PIDFD)
    // A successor's end is signalled as its sibling's is; the kernel refuses another answer.
    arguments.exit_signal = flags & UInt64(CLONE_PARENT) == 0 ? UInt64(SIGCHLD) : 0
    if cgroup >= 0 {
      arguments.flags |= Cloning.intoCgroup
      arguments.cgroup = UInt64(cgroup)
    }
    return withUnsafeMutablePointer(to: &processDescriptor) { descriptor -> Int in
      arguments.pidfd = UInt64(UInt(bitPattern: descriptor))
      let size = cgroup >= 0 ? MemoryLayout<clone_args>.size : Cloning.firstSize
      return clinux_call(Int(SYS_clone3), word(&arguments), size, 0, 0, 0, 0)
    }
  }

  private mutating func performOld() -> Int {
    let signal = flags & UInt64(CLONE_PARENT) == 0 ? Int(SIGCHLD) : 0
    let result = withUnsafeMutablePointer(to: &processDescriptor) { descriptor in
      clinux_call(
        Int(SYS_clone), Int(truncatingIfNeeded: flags) | Int(CLONE_PIDFD) | signal, 0, word(descriptor), 0, 0,
        0)
    }
    if result == 0, cgroup >= 0 { enterCgroup() }
    return result
  }

  /// What the first version of the call took (`CLONE_ARGS_SIZE_VER0`): a larger size is refused by kernels that do
  /// not know what follows.
  private static let firstSize = 64

  /// It does not live outside of its cgroup.
  private func enterCgroup() {
    if !Cloning.enter(cgroup) { Processes.exit(ChildScript.failureCode) }
  }

  /// The child moves itself, before its first act: 0 names the writer.
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
