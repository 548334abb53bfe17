import CLinux
import Domain
import Linux
import Ports

/// Maps ids of mounts before a new process gets them: only a privileged process outside of its user
/// namespace may.
struct MountMappings: ~Copyable {
  private struct Known {
    let source: MountMapping.Source
    let namespace: Int32
  }

  /// The new process, whose user namespace is the container's.
  private let process: Int32
  private var known: [Known] = []

  init(process: Int32) {
    self.process = process
  }

  deinit {
    for entry in known { _ = Descriptor(owning: entry.namespace) }
  }

  /// Maps the ids of a detached tree. The corresponding system call is `mount_setattr`
  /// with `MOUNT_ATTR_IDMAP`; there is nothing that could stand for it.
  mutating func map(
    _ tree: Int32, _ mapping: MountMapping, _ subject: String
  ) throws(SystemFailure) {
    let namespace = try namespace(of: mapping.source)
    try attempt("mount_setattr", subject) { () throws(Errno) in
      var attributes = mount_attr()
      attributes.attr_set = UInt64(MOUNT_ATTR_IDMAP)
      attributes.userns_fd = UInt64(namespace)
      var empty: CChar = 0
      let flags = Int(AT_EMPTY_PATH) | (mapping.recursive ? Int(AT_RECURSIVE) : 0)
      _ = try call(
        Int32(SYS_mount_setattr), Int(tree), word(&empty), flags, word(&attributes),
        MemoryLayout<mount_attr>.size)
    }
  }

  private mutating func namespace(of source: MountMapping.Source) throws(SystemFailure) -> Int32 {
    if let found = known.first(where: { $0.source == source }) { return found.namespace }
    let opened: Int32
    switch source {
    case .ranges(let uids, let gids): opened = try UserNamespaceMaker.make(uids, gids)
    case .container:
      let directory = "\(process)/ns"
      opened = try attempt("openat", "/proc/" + directory + "/user") { () throws(Errno) in
        try Procfs().openMagicLink(directory: directory, "user", O_RDONLY).release()
      }
    case .namespace(let path):
      opened = try attempt("openat", path) { () throws(Errno) in
        try Files.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY).release()
      }
    }
    known.append(Known(source: source, namespace: opened))
    return opened
  }
}

/// Makes user namespaces that nobody lives in, for their mappings.
enum UserNamespaceMaker {
  /// A descriptor of a new one. It takes a process to make and to map it, which is gone on return.
  static func make(_ uids: [IDMapping], _ gids: [IDMapping]) throws(SystemFailure) -> Int32 {
    let pair = try attempt("socketpair", "") { () throws(Errno) in try SyncChannel.pair() }
    let ownEnd = Descriptor(owning: pair.first)
    let other = Descriptor(owning: pair.second)
    var cloning = Cloning(UInt64(CLONE_NEWUSER))
    let result = cloning.perform()
    if result == 0 { wait(pair.first, pair.second) }
    _ = consume other
    guard result > 0 else {
      throw SystemFailure(
        call: "clone3", subject: "user namespace", errno: Errno(rawValue: Int32(truncatingIfNeeded: -result)))
    }
    let process = Descriptor(owning: cloning.processDescriptor)
    let made: Result<Int32, SystemFailure>
    do throws(SystemFailure) {
      made = .success(try take(Int32(truncatingIfNeeded: result), uids, gids))
    } catch {
      made = .failure(error)
    }
    end(process, ownEnd)
    return try made.get()
  }

  /// Maps the process's namespace and opens it.
  private static func take(
    _ pid: Int32, _ uids: [IDMapping], _ gids: [IDMapping]
  ) throws(SystemFailure) -> Int32 {
    do throws(SpawnError) {
      try BirthGifts.setMappings(uids, gids, of: pid)
    } catch {
      if case .system(let failure) = error { throw failure }
      throw SystemFailure(call: "write", subject: "uid_map", errno: .invalidArgument)
    }
    return try attempt("openat", "user namespace") { () throws(Errno) in
      try Procfs().openMagicLink(directory: "\(pid)/ns", "user", O_RDONLY).release()
    }
  }

  /// The process of the namespace: it lives as long as its maker holds the other end of the socket. It is
  /// a copy of its maker, so nothing here allocates.
  private static func wait(_ makersEnd: Int32, _ ownEnd: Int32) -> Never {
    _ = clinux_call(Int(SYS_close), Int(makersEnd), 0, 0, 0, 0, 0)
    var byte: UInt8 = 0
    _ = clinux_call(Int(SYS_read), Int(ownEnd), word(&byte), 1, 0, 0, 0)
    Processes.exit(0)
  }

  /// The process goes when the socket closes.
  private static func end(_ process: borrowing Descriptor, _ end: consuming Descriptor) {
    _ = consume end
    _ = try? Processes.reap(process.number)
  }
}
