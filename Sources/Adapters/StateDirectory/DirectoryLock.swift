import Linux
import Ports

/// A lock on an opened directory: it goes with the last descriptor, so also with its holder's death.
final class DirectoryLock: StateLock {
  private var directory: Descriptor?

  init(_ directory: consuming Descriptor) {
    self.directory = consume directory
  }

  func release() {
    _ = directory.take()
  }
}
