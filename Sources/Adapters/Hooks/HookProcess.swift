import CLinux
import Domain
import Linux
import Ports

/// The child that becomes a hook's program.
enum HookProcess {
  /// The exit code of a child that could not start its program; its report says why.
  static let notStarted: Int32 = 127

  /// Starts a hook: the pidfd of its process, which the caller owns.
  static func start(_ hook: Hook, _ streams: HookStreams, inside target: HookTarget?) throws(SystemFailure)
    -> Int32
  {
    let arguments = CStringArray(hook.args ?? [hook.path])
    let environment = hook.env.map { CStringArray($0) }
    let path = CStringArray([hook.path])
    var entry: Int32 = -1
    var namespaces = 0
    if let target {
      entry = try openTarget(target.process)
      namespaces = Int(target.namespaces.rawValue)
    }
    defer { if entry >= 0 { _ = Descriptor(owning: entry) } }
    do throws(Errno) {
      if let child = try Processes.fork() { return child.descriptor }
    } catch {
      throw SystemFailure(call: "clone", subject: hook.path, errno: error)
    }
    become(path, arguments, environment, streams, entry: entry, namespaces: namespaces)
  }

  private static func openTarget(_ process: ProcessIdentity) throws(SystemFailure) -> Int32 {
    do throws(Errno) {
      return try Processes.open(process).release()
    } catch {
      throw SystemFailure(call: "pidfd_open", subject: "\(process.pid)", errno: error)
    }
  }

  /// In the child: no allocation, no error but a report.
  private static func become(
    _ path: CStringArray, _ arguments: CStringArray, _ environment: CStringArray?, _ streams: HookStreams,
    entry: Int32, namespaces: Int
  ) -> Never {
    do throws(Errno) {
      // A runtime that dies takes its hook along.
      _ = try call(Int32(SYS_prctl), Int(PR_SET_PDEATHSIG), Int(SIGKILL))
      try resetSignals()
      if entry >= 0 { _ = try call(Int32(SYS_setns), Int(entry), namespaces) }
      _ = try call(Int32(SYS_dup3), Int(streams.input.reader), 0, 0)
      _ = try call(Int32(SYS_dup3), Int(streams.output.writer), 1, 0)
      _ = try call(Int32(SYS_dup3), Int(streams.errors.writer), 2, 0)
      _ = try call(Int32(SYS_close_range), 3, Int(UInt32.max), Int(CLOSE_RANGE_CLOEXEC))
      _ = try call(
        Int32(SYS_execve), word(path.pointers[0]), word(arguments.pointers),
        environment.map { word($0.pointers) } ?? word(clinux_environment()))
    } catch {
      var errno = error.rawValue
      _ = clinux_call(Int(SYS_write), Int(streams.report.writer), word(&errno), 4, 0, 0, 0)
    }
    Processes.exit(notStarted)
  }

  /// The program starts with no signal blocked or ignored by us. The corresponding system call is `rt_sigprocmask`.
  private static func resetSignals() throws(Errno) {
    clinux_restore(SIGPIPE)
    var none: UInt64 = 0
    _ = try call(Int32(SYS_rt_sigprocmask), Int(SIG_SETMASK), word(&none), 0, 8)
  }
}
