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
    // -1 is no directory: where it is missing and needed, the hook's report says so.
    let procfs = (try? Procfs().root) ?? -1
    var entry: Int32 = -1
    var namespaces = 0
    if let target {
      entry = try openTarget(target.process)
      namespaces = Int(target.namespaces.rawValue)
    }
    defer { if entry >= 0 { _ = Descriptor(owning: entry) } }
    if let child = try fork(hook, entry: entry, namespaces: namespaces) { return child }
    become(path, arguments, environment, streams, entry: entry, namespaces: namespaces, procfs: procfs)
  }

  /// Forks; nil in the child. A process is born into the process namespace of its parent, who therefore enters
  /// the target's and goes back. The corresponding system call is `setns`.
  private static func fork(_ hook: Hook, entry: Int32, namespaces: Int) throws(SystemFailure) -> Int32? {
    var name = "clone"
    do throws(Errno) {
      guard namespaces & Int(CLONE_NEWPID) != 0 else { return try Processes.fork()?.descriptor }
      let home = try Procfs().openMagicLink(directory: "self/ns", "pid", O_RDONLY)
      name = "setns"
      _ = try call(Int32(SYS_setns), Int(entry), Int(CLONE_NEWPID))
      let child: (pid: Int32, descriptor: Int32)?
      do throws(Errno) {
        child = try Processes.fork()
      } catch {
        _ = try call(Int32(SYS_setns), Int(home.number), Int(CLONE_NEWPID))
        throw error
      }
      guard let child else { return nil }
      _ = try call(Int32(SYS_setns), Int(home.number), Int(CLONE_NEWPID))
      return child.descriptor
    } catch {
      throw SystemFailure(call: name, subject: hook.path, errno: error)
    }
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
    entry: Int32, namespaces: Int, procfs: Int32
  ) -> Never {
    do throws(Errno) {
      try resetSignals()
      // Before it enters anything: procfs may be needed for that, and is the host's until then.
      try InheritedDescriptors.mark(from: 3, procfs: procfs)
      if entry >= 0 { try enter(entry, namespaces & ~Int(CLONE_NEWPID)) }
      // A runtime that dies takes its hook along. A change of ids forgets it, so it comes after that; and a
      // runtime that was dead by then sends no signal.
      _ = try call(Int32(SYS_prctl), Int(PR_SET_PDEATHSIG), Int(SIGKILL))
      _ = try call(Int32(SYS_close), Int(streams.output.reader))
      guard !hasNoReader(streams.output.writer) else { Processes.exit(notStarted) }
      _ = try call(Int32(SYS_dup3), Int(streams.input.reader), 0, 0)
      _ = try call(Int32(SYS_dup3), Int(streams.output.writer), 1, 0)
      _ = try call(Int32(SYS_dup3), Int(streams.errors.writer), 2, 0)
      _ = try call(
        Int32(SYS_execve), word(path.pointers[0]), word(arguments.pointers),
        environment.map { word($0.pointers) } ?? word(clinux_environment()))
    } catch {
      var errno = error.rawValue
      _ = clinux_call(Int(SYS_write), Int(streams.report.writer), word(&errno), 4, 0, 0, 0)
    }
    Processes.exit(notStarted)
  }

  /// Whether a pipe's readers are gone: of the hook's output that is the runtime alone, until the hook has ended.
  /// The parent's number would not tell: it is 0 in another process namespace. The corresponding system call is
  /// `ppoll`: newer architectures have no `poll`.
  static func hasNoReader(_ writer: Int32) -> Bool {
    var looked = pollfd(fd: writer, events: 0, revents: 0)
    var noTime = timespec()
    return clinux_call(Int(SYS_ppoll), word(&looked), 1, word(&noTime), 0, 0, 0) > 0
  }

  /// Enters namespaces. In a user namespace the host's root is nobody, who would lose all rights by `execve`:
  /// the hook is that namespace's root. The corresponding system calls are `setns`, `setresgid` and `setresuid`.
  private static func enter(_ process: Int32, _ namespaces: Int) throws(Errno) {
    guard namespaces != 0 else { return }
    _ = try call(Int32(SYS_setns), Int(process), namespaces)
    guard namespaces & Int(CLONE_NEWUSER) != 0 else { return }
    _ = try call(Int32(SYS_setresgid), 0, 0, 0)
    _ = try call(Int32(SYS_setresuid), 0, 0, 0)
  }

  /// The program starts with no signal blocked or ignored by us. The corresponding system call is `rt_sigprocmask`.
  private static func resetSignals() throws(Errno) {
    clinux_restore(SIGPIPE)
    var none: UInt64 = 0
    _ = try call(Int32(SYS_rt_sigprocmask), Int(SIG_SETMASK), word(&none), 0, 8)
  }
}
