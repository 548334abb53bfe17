import CLinux
import Domain
import Linux
import Ports

/// The files of a container's directory.
enum RecordFile {
  static let intent = "intent.json"
  /// The intent's name from when the cgroup is the container's own: its stage costs one rename.
  static let claimedIntent = "intent.claimed.json"
  static let state = "state.json"
  static let fifo = "exec.fifo"

  /// What a directory holds.
  struct Contents {
    var intent: [UInt8]
    var ownsCgroup: Bool
    /// Empty when it is there and cannot be read.
    var state: [UInt8]?
    /// Why it cannot be read.
    var damage: Errno?
    var awaitsStart: Bool
    var owner: UInt32
  }

  /// Makes a file with a whole text. A file of that name is an error, or was left by a dead process
  /// with the caller's number and is replaced.
  static func write(
    _ text: [UInt8], as name: String, at directory: Int32, replacing: Bool
  ) throws(FailedCall) {
    let file = try make(name, at: directory, replacing: replacing)
    let number = file.number
    try FailedCall.naming("write") { () throws(Errno) in try Files.write(text, to: number) }
  }

  private static func make(
    _ name: String, at directory: Int32, replacing: Bool
  ) throws(FailedCall) -> Descriptor {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
    do throws(Errno) {
      return try Files.open(name, at: directory, flags, mode: 0o600)
    } catch {
      guard replacing, error == .fileExists else { throw FailedCall("openat", error) }
    }
    try FailedCall.naming("unlinkat") { () throws(Errno) in try Files.remove(name, at: directory) }
    return try FailedCall.naming("openat") { () throws(Errno) in
      try Files.open(name, at: directory, flags, mode: 0o600)
    }
  }

  /// Reads all; the intent must be there.
  static func readAll(at directory: Int32) throws(Errno) -> Contents {
    // The state first: it appears after the intent, so that a reader in between sees a creation.
    var (state, damage): ([UInt8]?, Errno?) = ([], nil)
    do throws(Errno) { state = try read(RecordFile.state, at: directory) } catch { damage = error }
    let (intent, ownsCgroup) = try readIntent(at: directory)
    let owner = try Files.status(directory).st_uid
    return Contents(
      intent: intent, ownsCgroup: ownsCgroup, state: state, damage: damage,
      awaitsStart: try exists(fifo, at: directory), owner: owner)
  }

  /// Reads it under the name that it has sooner or later; it may be renamed between two looks.
  private static func readIntent(at directory: Int32) throws(Errno) -> ([UInt8], ownsCgroup: Bool) {
    if let claimed = try read(claimedIntent, at: directory) { return (claimed, true) }
    if let intent = try read(intent, at: directory) { return (intent, false) }
    if let claimed = try read(claimedIntent, at: directory) { return (claimed, true) }
    throw .noSuchFileOrDirectory
  }

  private static func read(_ name: String, at directory: Int32) throws(Errno) -> [UInt8]? {
    let file: Descriptor
    do throws(Errno) {
      file = try Files.open(name, at: directory, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    } catch {
      if error == .noSuchFileOrDirectory { return nil }
      throw error
    }
    return try Files.readAll(file.number, limit: 16 << 20)
  }

  private static func exists(_ name: String, at directory: Int32) throws(Errno) -> Bool {
    do throws(Errno) {
      _ = try Files.open(name, at: directory, O_PATH | O_NOFOLLOW)
      return true
    } catch {
      if error == .noSuchFileOrDirectory { return false }
      throw error
    }
  }

  /// A parse failure in words.
  static func reason(_ error: DocumentError) -> String {
    switch error {
    case .tooLarge(let limit): "longer than \(limit) bytes"
    case .tooDeep(let limit): "nested deeper than \(limit)"
    case .syntax(let line, let column, let reason): "line \(line), column \(column): \(reason)"
    case .truncated: "unexpected end"
    }
  }
}
