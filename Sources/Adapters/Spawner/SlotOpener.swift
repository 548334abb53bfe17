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
  private var mappings: MountMappings

  /// Takes over the doors of cgroups, which come after the slots. `process` is the new process's id.
  init(doors: [Int32], process: Int32) {
    self.doors = doors
    mappings = MountMappings(process: process)
  }

  deinit {
    for descriptor in descriptors + doors { _ = Descriptor(owning: descriptor) }
    if console >= 0 { _ = Descriptor(owning: console) }
  }

  /// Opens a range of the slots of a request's plan for the process behind a pidfd.
  mutating func open(_ slots: Range<Int>, of request: SpawnRequest, for process: Int32) throws(SpawnError) {
    let needsLocks = SlotOpener.needsLocks(request.plan.birth)
    if needsLocks { try openLockedTrees(request, process) }
    for (index, slot) in request.plan.slots[slots].enumerated() {
      let opened: Int32
      do throws(SystemFailure) {
        if index < descriptors.count, descriptors[index] >= 0 {
          try mapLocked(index, slot.source)
          continue
        }
        opened = try open(slot.source, request, mayClone: !needsLocks)
      } catch {
        throw .slot(origin: slot.origin, error)
      }
      if index < descriptors.count { descriptors[index] = opened } else { descriptors.append(opened) }
    }
  }

  /// The container's root will be less than the host's, and could change what the host's mounts do not let
  /// it change.
  private static func needsLocks(_ birth: Birth) -> Bool {
    birth.created.contains(.mount)
      && (birth.created.contains(.user) || birth.joined.contains { $0.type == .user })
  }

  /// Clones mount trees in the process's own mount namespace; a slot that has none yet is -1. A plan for a
  /// user namespace has no late slots.
  private mutating func openLockedTrees(_ request: SpawnRequest, _ process: Int32) throws(SpawnError) {
    let visit = try require("setns", "mnt") { () throws(Errno) in try MountVisit.begin(process) }
    guard let visit else { return }
    var failure: SpawnError?
    for slot in request.plan.slots where failure == nil {
      var tree: Int32 = -1
      if case .mountTree(let named) = slot.source {
        do throws(Errno) {
          tree = try SlotOpener.cloneTree(named)
        } catch {
          if !SlotOpener.leavesToProcess(error, named) {
            failure = .slot(
              origin: slot.origin, SystemFailure(call: "open_tree", subject: named.path, errno: error))
          }
        }
      }
      descriptors.append(tree)
    }
    try require("setns", "the runtime's namespaces") { () throws(Errno) in try visit.end() }
    if let failure { throw failure }
  }

  /// Maps the ids of a tree that was cloned already, where that is asked for.
  private mutating func mapLocked(_ index: Int, _ source: SlotSource) throws(SystemFailure) {
    guard case .mountTree(let tree) = source, let mapping = tree.mapping else { return }
    try mappings.map(descriptors[index], mapping, tree.path)
  }

  /// Gives all away: the doors are the last ones.
  mutating func take() -> (descriptors: [Int32], doors: Int, console: Int32) {
    let taken = (descriptors + doors, doors.count, console)
    descriptors = []
    doors = []
    console = -1
    return taken
  }

  private mutating func open(
    _ source: SlotSource, _ request: SpawnRequest, mayClone: Bool
  ) throws(SystemFailure) -> Int32 {
    switch source {
    case .mountTree(let tree):
      let opened = Descriptor(
        owning: try attempt("open_tree", tree.path) { () throws(Errno) in
          try mayClone ? SlotOpener.openTree(tree) : SlotOpener.openPlainly(tree)
        })
      if let mapping = tree.mapping { try mappings.map(opened.number, mapping, tree.path) }
      return opened.release()
    case .fileSystem(let system):
      let made = try FileSystemMaker.make(system)
      try mappings.map(made.number, system.mapping, system.type)
      return made.release()
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

  private static func openTree(_ tree: MountTree) throws(Errno) -> Int32 {
    do throws(Errno) {
      return try cloneTree(tree)
    } catch {
      guard leavesToProcess(error, tree) else { throw error }
      return try openPlainly(tree)
    }
  }

  /// What the process binds by itself: with the ids as they are.
  private static func openPlainly(_ tree: MountTree) throws(Errno) -> Int32 {
    guard tree.mapping == nil else { throw .notPermitted }
    return try Files.open(tree.path, tree.followsLink ? O_PATH : O_PATH | O_NOFOLLOW).release()
  }

  /// A kernel without the call, or a caller who may not clone: the process binds by itself.
  private static func leavesToProcess(_ error: Errno, _ tree: MountTree) -> Bool {
    (error == .noSystemCall || error == .notPermitted) && tree.mapping == nil
  }

  /// A detached clone. The corresponding system call is `open_tree`.
  static func cloneTree(_ tree: MountTree) throws(Errno) -> Int32 {
    let links = tree.followsLink ? 0 : Int(AT_SYMLINK_NOFOLLOW)
    let flags = Int(OPEN_TREE_CLONE) | Int(O_CLOEXEC) | (tree.recursive ? Int(AT_RECURSIVE) : 0) | links
    return try cloneTree(tree.path, flags)
  }

  private static func cloneTree(_ name: UnsafePointer<CChar>, _ flags: Int) throws(Errno) -> Int32 {
    Int32(try call(Int32(SYS_open_tree), Int(currentDirectory), word(name), flags))
  }
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
