import CLinux
public import Domain

extension Processes {
  /// Makes a copy of the caller, which must have one thread; nil is the copy's own answer. The copy may
  /// allocate nothing and must end in `execve` or `exit`. Where other threads are, it may throw nothing either: a
  /// program can have asked Swift to be told of errors, as swift-testing does, and the lock behind that may be held
  /// by a thread that the copy does not have. The corresponding system call is `clone` with `CLONE_PIDFD`.
  public static func fork() throws(Errno) -> (pid: Int32, descriptor: Int32)? {
    var descriptor: Int32 = -1
    let flags = Int(CLONE_PIDFD) | Int(SIGCHLD)
    let pid = try withUnsafeMutablePointer(to: &descriptor) { pointer throws(Errno) in
      try call(Int32(SYS_clone), flags, 0, word(pointer), 0, 0)
    }
    return pid == 0 ? nil : (Int32(pid), descriptor)
  }

  /// Ends the caller at once. The corresponding system call is `exit_group`.
  public static func exit(_ code: Int32) -> Never {
    while true {
      _ = clinux_call(Int(SYS_exit_group), Int(code), 0, 0, 0, 0, 0)
    }
  }

  /// How a process ended.
  public enum End: Equatable, Sendable {
    /// It exited with a code.
    case exited(Int32)
    /// A signal ended it.
    case signalled(Int32)
  }

  /// Reaps the child behind a pidfd, waiting for its end. The corresponding system call is `waitid` with
  /// `P_PIDFD`; a kernel that does not know that yet is given the child's number.
  public static func reap(_ processDescriptor: Int32) throws(Errno) -> End {
    var information = siginfo_t()
    do throws(Errno) {
      _ = try retrying(
        Int32(SYS_waitid), Int(P_PIDFD.rawValue), Int(processDescriptor), word(&information), Int(WEXITED), 0)
    } catch {
      guard error == .invalidArgument else { throw error }
      let pid = try number(of: processDescriptor)
      _ = try retrying(
        Int32(SYS_waitid), Int(P_PID.rawValue), Int(pid), word(&information), Int(WEXITED), 0)
    }
    let status = clinux_status(&information)
    return information.si_code == CLD_EXITED ? .exited(status) : .signalled(status)
  }
}
