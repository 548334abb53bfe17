import CLinux
import Domain
import Linux
import Ports

/// Descriptors that are open for the time of a birth.
struct HeldDescriptors: ~Copyable {
  private struct Door {
    let type: NamespaceType
    let descriptor: Int32
    let origin: JSONPointer
  }

  private var owned: [Int32] = []
  private var doors: [Door] = []
  private var timeline = TimelineMemory()

  deinit {
    timeline.end()
    for descriptor in owned { _ = Descriptor(owning: descriptor) }
  }

  /// Copies of the streams, at numbers that the child's moves do not overwrite.
  mutating func holdStreams(
    _ streams: StandardStreams?, above target: Int32, in script: inout ChildScript
  ) throws(SpawnError) {
    guard let streams else { return }
    script.streams = (
      try lift(streams.input, above: target), try lift(streams.output, above: target),
      try lift(streams.error, above: target)
    )
  }

  /// The file of a timeline, at a number that the child's moves do not overwrite, and as memory; -1 without one.
  mutating func holdTimeline(
    _ file: Int32?, above target: Int32
  ) throws(SpawnError) -> (file: Int32, memory: TimelineMemory) {
    guard let file else { return (-1, TimelineMemory()) }
    let held = try lift(file, above: target)
    timeline = try require("mmap", "timeline") { () throws(Errno) in try TimelineMemory(held) }
    return (held, timeline)
  }

  /// The way into the new time namespace.
  mutating func openProcfs(above target: Int32, in script: inout ChildScript) throws(SpawnError) {
    let opened = try require("openat", "/proc") { () throws(Errno) in
      try Files.open("/proc", O_PATH | O_DIRECTORY)
    }
    script.procfs = try lift(opened.number, above: target)
  }

  /// Opens the namespaces to be joined: some by the parent around the clone, some by the child.
  mutating func openNamespaces(
    _ request: SpawnRequest, _ joiner: LinuxNamespaceJoiner, above target: Int32, in script: inout ChildScript
  ) throws(SpawnError) {
    for joined in request.plan.birth.joined {
      let opened = try open(joined, joiner)
      switch joined.type {
      case .mount: script.mountNamespace = try lift(opened, above: target)
      case .user: script.userNamespace = try lift(opened, above: target)
      default: doors.append(Door(type: joined.type, descriptor: opened, origin: joined.origin))
      }
    }
    guard request.plan.birth.entered.contains(.pid), let process = request.target else { return }
    let opened = try require("pidfd_open", process.pid.decimal) { () throws(Errno) in
      try Processes.open(process).release()
    }
    owned.append(opened)
    doors.append(Door(type: .pid, descriptor: opened, origin: JSONPointer(text: "/linux/namespaces")))
  }

  /// The parent's part.
  borrowing func enter(_ namespaces: inout ParentNamespaces) throws(SpawnError) {
    for door in doors {
      do throws(Errno) {
        try namespaces.enter(door.type, door.descriptor)
      } catch {
        // What was entered so far is left again; should that fail too, the caller ends anyway.
        try? namespaces.leave()
        throw .namespace(
          origin: door.origin, SystemFailure(call: "setns", subject: door.type.procName, errno: error))
      }
    }
  }

  private mutating func open(
    _ joined: Birth.JoinedNamespace, _ joiner: LinuxNamespaceJoiner
  ) throws(SpawnError) -> Int32 {
    do throws(NamespaceError) {
      let opened = try joiner.open(joined.type, path: joined.path)
      owned.append(opened)
      return opened
    } catch {
      switch error {
      case .system(let failure): throw .namespace(origin: joined.origin, failure)
      default:
        throw .namespace(
          origin: joined.origin,
          SystemFailure(call: "ioctl", subject: joined.path, errno: .invalidArgument))
      }
    }
  }

  private mutating func lift(_ number: Int32, above target: Int32) throws(SpawnError) -> Int32 {
    let lifted = try require("fcntl", "F_DUPFD_CLOEXEC") { () throws(Errno) in
      Int32(try call(Int32(SYS_fcntl), Int(number), Int(F_DUPFD_CLOEXEC), Int(target) + 1))
    }
    owned.append(lifted)
    return lifted
  }
}
