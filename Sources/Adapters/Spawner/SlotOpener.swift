import CLinux
import Domain
import Linux
import Ports

/// Opens what stands behind a plan's slots.
struct SlotOpener: ~Copyable {
  /// One descriptor a slot, in order.
  private(set) var descriptors: [Int32] = []
  /// The parent's end of the console pair, or -1.
  private(set) var console: Int32 = -1
  private var doors: [Int32]

  /// Takes over the doors of cgroups, which come after the slots.
  init(doors: [Int32]) {
    self.doors = doors
  }

  deinit {
    for descriptor in descriptors + doors { _ = Descriptor(owning: descriptor) }
    if console >= 0 { _ = Descriptor(owning: console) }
  }

  /// Opens all slots of a request's plan.
  mutating func open(_ request: SpawnRequest) throws(SpawnError) {
    for slot in request.plan.slots {
      do throws(SystemFailure) {
        descriptors.append(try open(slot.source, request))
      } catch {
        throw .slot(origin: slot.origin, error)
      }
    }
  }

  /// Gives all away.
  mutating func take() -> (descriptors: [Int32], console: Int32) {
    let taken = (descriptors + doors, console)
    descriptors = []
    doors = []
    console = -1
    return taken
  }

  private mutating func open(_ source: SlotSource, _ request: SpawnRequest) throws(SystemFailure) -> Int32 {
    switch source {
    case .mountTree(let path, let recursive):
      return try attempt("open_tree", path) { () throws(Errno) in
        try SlotOpener.openTree(path, recursive: recursive)
      }
    case .hostPath(let path):
      return try attempt("openat", path) { () throws(Errno) in try Files.open(path, O_PATH).release() }
    case .execFifo:
      let path = (request.stateDirectory ?? "") + "/exec.fifo"
      return try attempt("openat", path) { () throws(Errno) in
        try SlotOpener.makeFifo(path).release()
      }
    case .connection(let path):
      return try attempt("connect", path) { () throws(Errno) in try UnixSocket.connect(path).release() }
    case .consolePair:
      let pair = try attempt("socketpair", "") { () throws(Errno) in try SyncChannel.pair() }
      console = pair.first
      return pair.second
    case .target:
      let target = request.target ?? ProcessIdentity(pid: 0, startTime: 0)
      return try attempt("pidfd_open", "\(target.pid)") { () throws(Errno) in
        try Processes.open(target).release()
      }
    }
  }

  /// The fifo is there from now until `start` takes it away; the user that the process becomes may
  /// write to it. The corresponding system calls are `mknodat` and `fchmodat`.
  private static func makeFifo(_ name: UnsafePointer<CChar>) throws(Errno) -> Descriptor {
    _ = try call(Int32(SYS_mknodat), Int(currentDirectory), word(name), Int(S_IFIFO) | 0o622, 0)
    // The caller's mask takes bits away.
    _ = try call(Int32(SYS_fchmodat), Int(currentDirectory), word(name), 0o622)
    return try Files.open(name, O_PATH | O_NOFOLLOW)
  }

  private static func openTree(_ path: String, recursive: Bool) throws(Errno) -> Int32 {
    let flags = Int(OPEN_TREE_CLONE) | Int(O_CLOEXEC) | (recursive ? Int(AT_RECURSIVE) : 0)
    do throws(Errno) {
      return try cloneTree(path, flags)
    } catch {
      // A kernel without the call, or a caller who may not clone: the process binds by itself.
      guard error == .noSystemCall || error == .notPermitted else { throw error }
      return try Files.open(path, O_PATH).release()
    }
  }
}

private func cloneTree(_ name: UnsafePointer<CChar>, _ flags: Int) throws(Errno) -> Int32 {
  Int32(try call(Int32(SYS_open_tree), Int(currentDirectory), word(name), flags))
}

/// Makes a failed call a failure with its name and subject.
@inline(__always)
func attempt<Value: ~Copyable>(
  _ name: String, _ subject: @autoclosure () -> String, _ body: () throws(Errno) -> Value
) throws(SystemFailure) -> Value {
  do throws(Errno) {
    return try body()
  } catch {
    throw SystemFailure(call: name, subject: subject(), errno: error)
  }
}

/// The same for a failure of the spawner itself.
@inline(__always)
func require<Value: ~Copyable>(
  _ name: String, _ subject: @autoclosure () -> String, _ body: () throws(Errno) -> Value
) throws(SpawnError) -> Value {
  do throws(Errno) {
    return try body()
  } catch {
    throw .system(SystemFailure(call: name, subject: subject(), errno: error))
  }
}
