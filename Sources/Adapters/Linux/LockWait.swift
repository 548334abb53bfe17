import CLinux
public import Domain

/// Waiting for the locks on directories, with one deadline for all of it.
public struct LockWait {
  /// How long it may take.
  public let milliseconds: Int64
  private var deadline: Int64?

  /// Nothing is waited for yet.
  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// Takes the lock on an opened directory if nobody else has it. The corresponding system call is `flock` with
  /// `LOCK_NB`.
  public static func tries(_ directory: Int32) throws(Errno) -> Bool {
    do throws(Errno) {
      _ = try retrying(Int32(SYS_flock), Int(directory), Int(LOCK_EX) | Int(LOCK_NB))
      return true
    } catch {
      guard error == .again else { throw error }
      return false
    }
  }

  /// Takes the lock as soon as nobody else has it; false when the time is over first.
  ///
  /// The kernel knows no deadline for this call. A copy of the process makes it, whose descriptor is the same open
  /// directory, so that the lock is the caller's as well; the copy's end is what is waited for.
  public mutating func untilTaken(_ directory: Int32) throws(Errno) -> Bool {
    let end = deadline ?? Waiting.deadline(after: milliseconds)
    deadline = end
    let caller = Processes.current
    guard let copy = try Processes.fork() else { LockWait.takeAndEnd(directory, caller) }
    let process = Descriptor(owning: copy.descriptor)
    let hasEnded = try? Waiting.readable(process.number, timeout: max(0, end - Waiting.now()))
    if hasEnded != true { try? Processes.signal(process.number, SIGKILL) }
    // It may have been reaped already, where a program leaves its children to the kernel.
    _ = try? Processes.reap(process.number)
    return try LockWait.tries(directory)
  }

  /// What the copy does: no allocation. It ends with its caller.
  private static func takeAndEnd(_ directory: Int32, _ caller: Int32) -> Never {
    _ = clinux_call(Int(SYS_prctl), Int(PR_SET_PDEATHSIG), Int(SIGKILL), 0, 0, 0, 0)
    var result = clinux_call(Int(SYS_getppid), 0, 0, 0, 0, 0, 0) == Int(caller) ? -Int(EINTR) : 0
    while result == -Int(EINTR) {
      result = clinux_call(Int(SYS_flock), Int(directory), Int(LOCK_EX), 0, 0, 0, 0)
    }
    Processes.exit(0)
  }
}
