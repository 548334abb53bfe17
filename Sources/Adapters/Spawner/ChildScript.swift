import CLinux
import Domain
import Linux
import Ports

/// What a new process does between its birth and the init stage, with all that it needs made ready: the
/// process is a copy of its parent, so nothing here allocates.
struct ChildScript {
  /// The exit code of a process that could not become the init stage; its report says why.
  static let failureCode: Int32 = 1

  /// Its end of the sync socket.
  var socket: Int32
  /// The parent's end, of which it has a copy that would hide the parent's death.
  var parentSocket: Int32
  /// The number that the socket gets: the first one after the preserved descriptors.
  var socketTarget: Int32
  /// The init stage's program.
  var image: Int32
  /// Its parent's id as it sees it, or 0 when it cannot.
  var parent: Int32
  /// What becomes standard input, output and error; -1 leaves them.
  var streams: (Int32, Int32, Int32) = (-1, -1, -1)
  /// Namespaces that only the process itself can join, or -1.
  var mountNamespace: Int32 = -1
  var userNamespace: Int32 = -1
  /// The namespaces of a second process, born beside this one, that goes on in its place.
  var successor: UInt64?
  /// A new time namespace is made before, and entered after, the parent sets its clocks.
  var shiftsClocks = false
  /// The root of procfs, for the entry into the time namespace, and for a mount namespace that is joined.
  var procfs: Int32 = -1
  /// The parent has something to write before it may go on.
  var waitsForParent = false
  /// It takes the ids of its user namespace's root, without which `execve` would drop its capabilities.
  var becomesRoot = false
  /// The supplementary groups stay as they are.
  var keepsGroups = false
  /// The file of its timeline, which the init stage inherits, or -1.
  var timelineFile: Int32 = -1
  /// What it writes there.
  var timeline = TimelineMemory()
  /// `argv` and `envp`, ended by null.
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  var environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  /// Goes through all of it; whatever fails is reported to the parent. It returns only to fail.
  func run() {
    do throws(StepFault) {
      timeline.mark(.born)
      try bindToParent()
      try joinNamespaces()
      timeline.mark(.succeeding)
      try makeSuccessor()
      timeline.mark(.meeting)
      try meetParent()
      timeline.mark(.arranging)
      try takeIdentity()
      try arrangeDescriptors()
      timeline.mark(.executing)
      try execute()
    } catch {
      timeline.mark(.failed)
      let frame = SyncFrame(
        .failed, index: SyncFrame.birth, errno: error.errno.rawValue, call: error.call.rawValue)
      // Nobody else can be told when the parent is gone.
      try? SyncChannel.send(frame, on: socket)
    }
  }

  private func bindToParent() throws(StepFault) {
    _ = clinux_call(Int(SYS_close), Int(parentSocket), 0, 0, 0, 0, 0)
    try arm()
  }

  /// Dies with its parent, also when that died before the request.
  private func arm() throws(StepFault) {
    try attempt(.prctl, SYS_prctl, Int(PR_SET_PDEATHSIG), Int(SIGKILL))
    if parent != 0, clinux_call(Int(SYS_getppid), 0, 0, 0, 0, 0, 0) != Int(parent) {
      Processes.exit(ChildScript.failureCode)
    }
  }

  private func joinNamespaces() throws(StepFault) {
    if mountNamespace >= 0 {
      try attempt(.setns, SYS_setns, Int(mountNamespace), Int(CLONE_NEWNS))
    }
    if userNamespace >= 0 {
      try attempt(.setns, SYS_setns, Int(userNamespace), Int(CLONE_NEWUSER))
      // The namespaces made from here on are to belong to this user namespace's root.
      try becomeRoot()
      try arm()
    }
  }

  /// New namespaces belong to the user namespace in which their process was born: hence a second birth.
  private func makeSuccessor() throws(StepFault) {
    guard let successor else { return }
    var cloning = Cloning(successor | UInt64(CLONE_PARENT))
    let result = cloning.perform()
    guard result >= 0 else { throw StepFault(.clone3, Errno(rawValue: Int32(truncatingIfNeeded: -result))) }
    if result == 0 {
      try arm()
      return
    }
    do throws(Errno) {
      try withUnsafePointer(to: cloning.processDescriptor) { descriptor throws(Errno) in
        try SyncChannel.send(
          SyncFrame(.successor), descriptors: UnsafeBufferPointer(start: descriptor, count: 1), on: socket)
      }
    } catch {
      throw StepFault(.sendmsg, error)
    }
    Processes.exit(0)
  }

  private func meetParent() throws(StepFault) {
    if shiftsClocks {
      try attempt(.unshare, SYS_unshare, Int(CLONE_NEWTIME))
    }
    if waitsForParent {
      do throws(Errno) {
        var none = 0
        try SyncChannel.send(SyncFrame(.born), on: socket)
        guard let answer = try SyncChannel.receive(on: socket, received: &none), answer.kind == .proceed
        else { Processes.exit(ChildScript.failureCode) }
      } catch {
        throw StepFault(.recvmsg, error)
      }
    }
    if shiftsClocks {
      try enterTimeNamespace()
    }
  }

  private func enterTimeNamespace() throws(StepFault) {
    do throws(Errno) {
      let namespace = try Files.open("self/ns/time_for_children", at: procfs, O_RDONLY)
      _ = try call(Int32(SYS_setns), Int(namespace.number), Int(CLONE_NEWTIME))
    } catch {
      throw StepFault(.setns, error)
    }
  }

  private func takeIdentity() throws(StepFault) {
    guard becomesRoot else { return }
    try becomeRoot()
    // The kernel forgets the signal when credentials change.
    try arm()
  }

  private func becomeRoot() throws(StepFault) {
    // A namespace may forbid supplementary groups to be set; its plan says what follows from that.
    if !keepsGroups { _ = clinux_call(Int(SYS_setgroups), 0, 0, 0, 0, 0, 0) }
    try attempt(.setresgid, SYS_setresgid, 0, 0, 0)
    try attempt(.setresuid, SYS_setresuid, 0, 0, 0)
    // A change of credentials sets what `fs.suid_dumpable` says.
    try attempt(.prctl, SYS_prctl, Int(PR_SET_DUMPABLE), 0)
  }

  private func arrangeDescriptors() throws(StepFault) {
    if streams.0 >= 0 { try attempt(.dup, SYS_dup3, Int(streams.0), 0) }
    if streams.1 >= 0 { try attempt(.dup, SYS_dup3, Int(streams.1), 1) }
    if streams.2 >= 0 { try attempt(.dup, SYS_dup3, Int(streams.2), 2) }
    if socket == socketTarget {
      try attempt(.fcntl, SYS_fcntl, Int(socket), Int(F_SETFD), 0)
    } else {
      try attempt(.dup, SYS_dup3, Int(socket), Int(socketTarget), 0)
    }
    // Ours are close-on-exec from birth; this is for what the caller left open. A kernel without the
    // call leaves it to the plan's own step.
    _ = clinux_call(
      Int(SYS_close_range), Int(socketTarget) + 1, Int(UInt32.max), Int(CLOSE_RANGE_CLOEXEC), 0, 0, 0)
    if timelineFile >= 0 { try attempt(.fcntl, SYS_fcntl, Int(timelineFile), Int(F_SETFD), 0) }
  }

  /// The container starts with no signal blocked or ignored, whatever the runtime or its caller did for
  /// themselves.
  private func execute() throws(StepFault) {
    var byDefault: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    for signal in 1...64 {
      // It fails for the two signals that nobody can ignore.
      _ = clinux_call(Int(SYS_rt_sigaction), signal, word(&byDefault), 0, 8, 0, 0)
    }
    var none: UInt64 = 0
    _ = clinux_call(Int(SYS_rt_sigprocmask), Int(SIG_SETMASK), word(&none), 0, 8, 0, 0)
    var empty: CChar = 0
    let result = clinux_call(
      Int(SYS_execveat), Int(image), word(&empty), word(arguments), word(environment), Int(AT_EMPTY_PATH), 0)
    let failure = Errno(rawValue: Int32(truncatingIfNeeded: -result))
    guard failure.meansMissing else { throw StepFault(.execveat, failure) }
    try executeByName()
  }

  /// A kernel without `execveat` is told the image's name in procfs.
  private func executeByName() throws(StepFault) {
    do throws(Errno) {
      // A mount namespace that was joined has a procfs that others made: then this one was opened before.
      let root = procfs >= 0 ? procfs : try Files.open("/proc", O_PATH | O_DIRECTORY).release()
      guard try Files.fileSystemType(root) == Int(PROC_SUPER_MAGIC), try Files.status(root).st_ino == 1 else {
        throw .noSystemCall
      }
      _ = try call(Int32(SYS_fchdir), Int(root))
    } catch {
      throw StepFault(.execveat, error)
    }
    var name = ImageName(image)
    try attempt(.execve, SYS_execve, name.word, word(arguments), word(environment))
  }

  @inline(__always)
  private func attempt(
    _ name: StepCall, _ number: some BinaryInteger, _ a: Int, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0,
    _ e: Int = 0
  ) throws(StepFault) {
    let result = clinux_call(Int(number), a, b, c, d, e, 0)
    guard result >= 0 else { throw StepFault(name, Errno(rawValue: Int32(truncatingIfNeeded: -result))) }
  }
}

/// `self/fd/N`, made without allocating.
private struct ImageName {
  private var bytes: (UInt64, UInt64, UInt64) = (0, 0, 0)

  init(_ descriptor: Int32) {
    let prefix: StaticString = "self/fd/"
    var digits = 1
    var rest = descriptor / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    withUnsafeMutableBytes(of: &bytes) { bytes in
      for index in 0..<prefix.utf8CodeUnitCount { bytes[index] = prefix.utf8Start[index] }
      rest = descriptor
      for index in (0..<digits).reversed() {
        bytes[prefix.utf8CodeUnitCount + index] = UInt8(truncatingIfNeeded: 48 + rest % 10)
        rest /= 10
      }
    }
  }

  /// Its address, for the time of one call.
  var word: Int {
    mutating get { withUnsafeMutableBytes(of: &bytes) { Int(bitPattern: $0.baseAddress) } }
  }
}
