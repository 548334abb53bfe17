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
  private let name: String

  init(_ directory: consuming Descriptor, _ name: String, in root: StateRoot) {
    self.directory = directory
    self.name = name
    self.root = root
  }

  func release() {
    _ = try? call(Int32(SYS_flock), Int(directory.number), Int(LOCK_UN))
  }

  func reacquire() throws(StateError) -> Bool {
    do throws(Errno) {
      _ = try retrying(Int32(SYS_flock), Int(directory.number), Int(LOCK_EX))
      return try root.holds(name, directory.number)
    } catch {
      throw root.failure("flock", name, error)
    }
  }
}
