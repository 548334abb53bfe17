import CLinux
import Domain
import Linux
import Ports

/// A lock on an opened directory: it goes with the last descriptor, so also with its holder's death.
///
/// The descriptor stays open when the lock is given back: while it does, no other directory can be taken
/// for this one.
final class DirectoryLock: StateLock {
  private let directory: Descriptor
  private let root: StateRoot
  private let id: ContainerID
  /// How long another holder is waited for, in milliseconds.
  private let patience: Int64

  init(_ directory: consuming Descriptor, _ id: ContainerID, in root: StateRoot, patience: Int64) {
    self.directory = directory
    self.id = id
    self.root = root
    self.patience = patience
  }

  func release() {
    _ = try? call(Int32(SYS_flock), Int(directory.number), Int(LOCK_UN))
  }

  func reacquire() throws(StateError) -> Bool {
    var wait = LockWait(milliseconds: patience)
    let isTaken = try root.naming("flock", id.text) { () throws(Errno) in
      if try LockWait.tries(directory.number) { return true }
      return try wait.untilTaken(directory.number)
    }
    guard isTaken else { throw .busy(id, milliseconds: patience) }
    return try root.naming("flock", id.text) { () throws(Errno) in
      try root.holds(id.text, directory.number)
    }
  }
}
