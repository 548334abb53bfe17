import CLinux
public import Domain
import Linux
public import Ports

/// Visits mount namespaces with processes of their own, which are killed when they take too long.
public final class LinuxLiveMounts: LiveMounts {
  /// How long a visit may take, in milliseconds.
  private let patience: Int64

  /// How long a visitor that was killed may take to go, in milliseconds.
  private static let deathPatience: Int64 = 1_000

  /// Opens nothing.
  public init(patience: Int64 = 10_000) {
    self.patience = patience
  }

  public func make(_ mount: DetachedMount) throws(SystemFailure) -> UnattachedMount {
    let subject = LinuxLiveMounts.subject(mount)
    let made = try LinuxLiveMounts.open(mount)
    let number = made.number
    try attempt("mount_setattr", subject) { () throws(Errno) in
      // Unless told otherwise, what is mounted below in the container stays there.
      try LinuxLiveMounts.set(number, [], [], propagation: mount.propagation, recursive: true)
      try LinuxLiveMounts.set(number, mount.set, mount.cleared, recursive: false)
      try LinuxLiveMounts.set(number, mount.treeSet, mount.treeCleared, recursive: true)
    }
    let found = try attempt("statx", subject) { () throws(Errno) in
      let mode = try Files.status(number).st_mode & UInt32(S_IFMT)
      return (try MountIdentity.lasting(number), mode == UInt32(S_IFDIR))
    }
    return UnattachedMount(descriptor: made.release(), identity: found.0, isDirectory: found.1)
  }

  public func attach(
    _ mount: UnattachedMount, at destination: String, in container: ProcessIdentity
  ) throws(LiveMountError) {
    try visit(container, .attach(tree: mount.descriptor, isDirectory: mount.isDirectory), destination)
  }

  public func detach(
    _ identity: UInt64, at destination: String, in container: ProcessIdentity
  ) throws(LiveMountError) {
    try visit(container, .detach(identity), destination)
  }

  public func check(
    _ identity: UInt64, at destination: String, in container: ProcessIdentity
  ) throws(LiveMountError) {
    try visit(container, .check(identity), destination)
  }

  private func visit(
    _ container: ProcessIdentity, _ order: VisitScript.Order, _ destination: String
  ) throws(LiveMountError) {
    let said: VisitScript.Answer?
    do throws(Errno) {
      said = try answer(container, order, destination)
    } catch {
      throw .unknown(SystemFailure(call: "clone", subject: destination, errno: error))
    }
    guard let said else { throw .late(destination, milliseconds: patience) }
    if let error = said.error(destination) { throw error }
  }

  /// Sends a visitor; nil when it took too long.
  private func answer(
    _ container: ProcessIdentity, _ order: VisitScript.Order, _ destination: String
  ) throws(Errno) -> VisitScript.Answer? {
    let process = try Processes.open(container)
    let ends = try VisitScript.makePipe()
    let reader = Descriptor(owning: ends.reader)
    let writer = Descriptor(owning: ends.writer)
    let procfs = try Procfs().open(".", O_PATH | O_DIRECTORY)
    let script = VisitScript(
      order: order, process: process.number, procfs: procfs.number, answer: writer.number,
      destination: CStringArray([destination]))
    guard let child = try Processes.fork() else { script.run() }
    let visitor = Descriptor(owning: child.descriptor)
    _ = consume writer
    do throws(Errno) {
      guard try Waiting.readable(visitor.number, timeout: patience) else {
        LinuxLiveMounts.end(visitor.number)
        return nil
      }
    } catch {
      // What is taken back now must not be attached afterwards.
      LinuxLiveMounts.end(visitor.number)
      throw error
    }
    _ = try Processes.reap(visitor.number)
    return try VisitScript.Answer(reading: reader.number)
  }

  /// Kills a visitor. Who hangs in the kernel is left to it: whoever holds a lock must not wait for that.
  private static func end(_ visitor: Int32) {
    try? Processes.signal(visitor, SIGKILL)
    if (try? Waiting.readable(visitor, timeout: deathPatience)) == true { _ = try? Processes.reap(visitor) }
  }

  private static func subject(_ mount: DetachedMount) -> String {
    if case .tree(let tree) = mount.source { tree.path } else { "tmpfs" }
  }

  private static func open(_ mount: DetachedMount) throws(SystemFailure) -> Descriptor {
    switch mount.source {
    case .tree(let tree):
      try attempt("open_tree", tree.path) { () throws(Errno) in
        Descriptor(owning: try SlotOpener.cloneTree(tree))
      }
    case .temporary(let data):
      try FileSystemMaker.make("tmpfs", source: "tmpfs", flags: mount.set, data: data)
    }
  }

  /// The corresponding system call is `mount_setattr`.
  private static func set(
    _ mount: Int32, _ set: MountFlags, _ cleared: MountFlags, propagation: MountFlags = [], recursive: Bool
  ) throws(Errno) {
    guard !set.union(cleared).union(propagation).isEmpty else { return }
    var attributes = mount_attr()
    attributes.attr_set = UInt64(FileSystemMaker.attributes(set))
    attributes.attr_clr = UInt64(FileSystemMaker.attributes(cleared))
    if !set.union(cleared).isDisjoint(with: .accessTimes) {
      attributes.attr_clr |= UInt64(MOUNT_ATTR__ATIME)
    }
    attributes.propagation = propagation.rawValue
    let none: StaticString = ""
    _ = try call(
      Int32(SYS_mount_setattr), Int(mount), word(none.utf8Start),
      Int(AT_EMPTY_PATH) | (recursive ? Int(AT_RECURSIVE) : 0), word(&attributes),
      MemoryLayout<mount_attr>.size)
  }
}
