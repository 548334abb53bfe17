import CLinux
import Domain
import Linux
import Ports

/// A directory that is no container yet, or no more: its name says who works on it.
///
/// A name is `@`, the container (shortened where it is long), `@`, a pid, `@`, a start time. No container
/// id holds an `@`.
struct Preparation: ~Copyable {
  private let directory: Descriptor
  private let parent: Int32
  private let name: String

  /// The longest part of an id in a name: the rest must fit beside it.
  private static let idLength = 180

  /// The name of a process's work on a container.
  static func name(of id: ContainerID, by process: ProcessIdentity) -> String {
    "@\(id.text.prefix(idLength))@\(process.pid.decimal)@\(process.startTime.decimal)"
  }

  /// Whether a name is one.
  static func isOne(_ name: String) -> Bool {
    name.utf8.first == UInt8(ascii: "@")
  }

  /// The process that a name tells of; nil when it is no such name.
  static func worker(named name: String) -> ProcessIdentity? {
    let parts = name.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].isEmpty, let pid = Int32(Substring(parts[2])),
      let startTime = UInt64(Substring(parts[3]))
    else { return nil }
    return ProcessIdentity(pid: pid, startTime: startTime)
  }

  /// Makes a locked directory with an intent in it.
  static func make(_ name: String, _ intent: [UInt8], at parent: Int32) throws(FailedCall) -> Preparation {
    do throws(Errno) {
      try Files.makeDirectory(name, at: parent, mode: 0o711)
    } catch {
      // The same process failed to clear up before.
      guard error == .fileExists else { throw FailedCall("mkdirat", error) }
      try DirectoryTree.remove(name, at: parent)
      try FailedCall.naming("mkdirat") { () throws(Errno) in
        try Files.makeDirectory(name, at: parent, mode: 0o711)
      }
    }
    do throws(FailedCall) {
      return Preparation(directory: try fill(name, intent, at: parent), parent: parent, name: name)
    } catch {
      // What cannot be removed now is swept once this process is gone.
      try? DirectoryTree.remove(name, at: parent)
      throw error.errno == .fileExists ? FailedCall(error.call, .busy) : error
    }
  }

  private static func fill(_ name: String, _ intent: [UInt8], at parent: Int32) throws(FailedCall)
    -> Descriptor
  {
    let directory = try FailedCall.naming("openat") { () throws(Errno) in
      try Files.open(name, at: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }
    let number = directory.number
    try FailedCall.naming("flock") { () throws(Errno) in
      _ = try call(Int32(SYS_flock), Int(number), Int(LOCK_EX) | Int(LOCK_NB))
    }
    try RecordFile.write(intent, as: RecordFile.intent, at: number, replacing: false)
    return directory
  }

  /// Gives it its final name, if that is free: the directory, still locked.
  consuming func finish(as id: String) throws(FailedCall) -> Descriptor {
    do throws(Errno) {
      try Files.rename(name, at: parent, to: id, at: parent, flags: 1)
    } catch {
      try? DirectoryTree.remove(name, at: parent)
      throw FailedCall("renameat2", error)
    }
    return directory
  }

  /// Removes a container's directory: at one moment for everybody else, then piece by piece.
  static func discard(_ id: ContainerID, by process: ProcessIdentity, at parent: Int32) throws(FailedCall) {
    let name = name(of: id, by: process) + "@gone"
    do throws(Errno) {
      try Files.rename(id.text, at: parent, to: name, at: parent, flags: 1)
    } catch {
      switch error {
      case .noSuchFileOrDirectory: return
      case .fileExists:
        try DirectoryTree.remove(name, at: parent)
        try FailedCall.naming("renameat2") { () throws(Errno) in
          try Files.rename(id.text, at: parent, to: name, at: parent, flags: 1)
        }
      default: throw FailedCall("renameat2", error)
      }
    }
    do throws(FailedCall) {
      try DirectoryTree.remove(name, at: parent, last: [RecordFile.intent, RecordFile.claimedIntent])
    } catch {
      // What is left is to be found by its id again, so that its removal can be asked for again.
      try? Files.rename(name, at: parent, to: id.text, at: parent, flags: 1)
      throw error
    }
  }

  /// Removes what a dead process left. Whoever cannot be proved dead is left alone.
  static func sweep(_ name: String, at parent: Int32) {
    guard let worker = worker(named: name), !Processes.isAlive(worker),
      let directory = try? Files.open(name, at: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
      (try? call(Int32(SYS_flock), Int(directory.number), Int(LOCK_EX) | Int(LOCK_NB))) != nil
    else { return }
    // A failure leaves it to the next one who meets it.
    try? DirectoryTree.remove(name, at: parent)
  }
}
