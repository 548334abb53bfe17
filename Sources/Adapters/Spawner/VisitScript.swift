import CLinux
import Domain
import Linux
import Ports

/// What a process does in the mount namespace of a container, and then ends. It allocates nothing once it runs.
struct VisitScript {
  /// What to do there.
  enum Order {
    /// Attach a tree at the destination.
    case attach(tree: Int32, isDirectory: Bool)
    /// Take away the mount of a number.
    case detach(UInt64)
    /// Look whether it is there.
    case check(UInt64)
  }

  /// How far it got.
  enum Stage: UInt32 {
    case enter, resolve, look, attach, detach
    /// What stands at the destination is another mount.
    case notThere
    /// Nothing may be mounted there.
    case forbidden
    case done
  }

  /// What it said last.
  struct Answer {
    let stage: Stage
    let errno: Errno

    /// Takes an answer from a pipe; one that was killed by somebody said nothing.
    init(reading pipe: Int32) throws(Errno) {
      var words: (UInt32, UInt32) = (0, 0)
      let count = try retrying(Int32(SYS_read), Int(pipe), word(&words), 8)
      guard count == 8, let stage = Stage(rawValue: words.0) else { throw .ioError }
      self.stage = stage
      errno = Errno(rawValue: Int32(bitPattern: words.1))
    }

    /// What was wrong; nil when nothing was.
    func error(_ destination: String) -> LiveMountError? {
      switch stage {
      case .done: nil
      case .notThere: .notThere(destination)
      case .forbidden: .forbidden(destination)
      case .enter: .system(SystemFailure(call: "setns", subject: destination, errno: errno))
      case .resolve: .system(SystemFailure(call: "openat2", subject: destination, errno: errno))
      case .look: .system(SystemFailure(call: "statx", subject: destination, errno: errno))
      case .attach: .system(SystemFailure(call: "move_mount", subject: destination, errno: errno))
      case .detach: .system(SystemFailure(call: "umount2", subject: destination, errno: errno))
      }
    }
  }

  /// `MNT_DETACH`.
  private static let detaching = 2

  private let order: Order
  private let process: Int32
  private let answer: Int32
  private let procfs: Int32
  private let destination: CStringArray
  private let root = RootFD()

  /// `procfs` is the host's, and `answer` a pipe's end; all descriptors stay the caller's.
  init(order: Order, process: Int32, procfs: Int32, answer: Int32, destination: CStringArray) {
    (self.order, self.process, self.answer, self.destination) = (order, process, answer, destination)
    self.procfs = procfs
  }

  /// Both ends, close-on-exec. The corresponding system call is `pipe2`.
  static func makePipe() throws(Errno) -> (reader: Int32, writer: Int32) {
    var ends: (Int32, Int32) = (-1, -1)
    _ = try call(Int32(SYS_pipe2), word(&ends), Int(O_CLOEXEC))
    return ends
  }

  /// Goes there, does it, says so, and ends.
  func run() -> Never {
    _ = clinux_call(Int(SYS_prctl), Int(PR_SET_PDEATHSIG), Int(SIGKILL), 0, 0, 0, 0)
    // A lock is its holder's for as long as anybody has its descriptor.
    closeOthers()
    var stage = Stage.enter
    do throws(Errno) {
      _ = try call(Int32(SYS_setns), Int(process), Int(CLONE_NEWNS))
      root.replace(try Files.open("/", O_PATH | O_DIRECTORY))
      stage = .resolve
      try perform(&stage)
      end(.done, 0)
    } catch {
      end(stage, error.rawValue)
    }
  }

  private func perform(_ stage: inout Stage) throws(Errno) {
    guard let path = destination.pointers[0] else { throw .invalidArgument }
    switch order {
    case .attach(let tree, let isDirectory):
      let target = try root.open(path, isDirectory ? .createDirectories : .createFile)
      try judge(target.number, isDirectory, &stage)
      stage = .attach
      let none: StaticString = ""
      _ = try call(
        Int32(SYS_move_mount), Int(tree), word(none.utf8Start), Int(target.number), word(none.utf8Start),
        Int(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
    case .detach(let identity):
      let target = try find(identity, path, &stage)
      stage = .detach
      // By descriptor: whatever is renamed meanwhile, nothing else is named.
      try unmount(target.number)
      if (try? find(identity, path, &stage)) != nil { throw .busy }
    case .check(let identity):
      _ = try find(identity, path, &stage)
    }
  }

  private func find(
    _ identity: UInt64, _ path: UnsafePointer<CChar>, _ stage: inout Stage
  ) throws(Errno) -> Descriptor {
    let target: Descriptor
    do throws(Errno) {
      target = try root.open(path)
    } catch {
      if error == .noSuchFileOrDirectory || error == .notDirectory { stage = .notThere }
      throw error
    }
    stage = .look
    guard try MountIdentity.lasting(target.number) == identity else {
      stage = .notThere
      throw .invalidArgument
    }
    return target
  }

  /// A link inside may lead to any place of the container.
  private func judge(_ target: Int32, _ isDirectory: Bool, _ stage: inout Stage) throws(Errno) {
    let mode = try Files.status(target).st_mode & UInt32(S_IFMT)
    if isDirectory, mode != UInt32(S_IFDIR) { throw .notDirectory }
    if !isDirectory, mode == UInt32(S_IFDIR) { throw .isDirectory }
    let type = try Files.fileSystemType(target)
    let isKernels =
      type == Int(PROC_SUPER_MAGIC) || type == Int(SYSFS_MAGIC) || type == Int(CGROUP_SUPER_MAGIC)
      || type == Int(CGROUP2_SUPER_MAGIC)
    let isRoot = try root.isRoot(target)
    guard !isKernels, !isRoot else {
      stage = .forbidden
      throw .invalidArgument
    }
  }

  /// Unmounts what a descriptor stands for, through the host's procfs. The corresponding system call is `umount2`.
  private func unmount(_ mount: Int32) throws(Errno) {
    _ = try call(Int32(SYS_fchdir), Int(procfs))
    // "self/fd/" and a number, put together without allocation.
    var name: (UInt64, UInt64, UInt64) = (0, 0, 0)
    let result = withUnsafeMutableBytes(of: &name) { buffer -> Int in
      let prefix: StaticString = "self/fd/"
      let start = prefix.utf8CodeUnitCount
      for place in 0..<start { buffer[place] = prefix.utf8Start[place] }
      var (power, length): (Int32, Int) = (1, 1)
      while mount / power >= 10 { (power, length) = (power * 10, length + 1) }
      for place in start..<(start + length) {
        buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: mount / power % 10)
        power /= 10
      }
      return clinux_call(Int(SYS_umount2), word(buffer.baseAddress), VisitScript.detaching, 0, 0, 0, 0)
    }
    guard result >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -result)) }
  }

  private func end(_ stage: Stage, _ errno: Int32) -> Never {
    var words = (stage.rawValue, UInt32(bitPattern: errno))
    _ = clinux_call(Int(SYS_write), Int(answer), word(&words), 8, 0, 0, 0)
    Processes.exit(0)
  }

  /// Closes all descriptors but those that it needs. The corresponding system call is `close_range`.
  private func closeOthers() {
    var first: Int32 = 3
    while true {
      let next = nextNeeded(from: first)
      if next > first { closeRange(first, next - 1) }
      guard next < Int32.max else { return }
      first = next + 1
    }
  }

  private func nextNeeded(from first: Int32) -> Int32 {
    var tree: Int32 = -1
    if case .attach(let number, _) = order { tree = number }
    var next = Int32.max
    if process >= first { next = min(next, process) }
    if answer >= first { next = min(next, answer) }
    if procfs >= first { next = min(next, procfs) }
    if tree >= first { next = min(next, tree) }
    return next
  }

  private func closeRange(_ first: Int32, _ last: Int32) {
    _ = clinux_call(Int(SYS_close_range), Int(first), Int(last), 0, 0, 0, 0)
  }
}
