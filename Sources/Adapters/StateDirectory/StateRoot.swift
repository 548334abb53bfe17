import CLinux
import Domain
import Linux
import Ports

/// The directory that holds all containers' directories.
struct StateRoot {
  let path: String

  /// Opens it; nil when there is none.
  func open() throws(StateError) -> Descriptor? {
    do throws(Errno) {
      return try Files.open(path, O_RDONLY | O_DIRECTORY)
    } catch {
      if error == .noSuchFileOrDirectory { return nil }
      throw failure("openat", "", error)
    }
  }

  /// Opens it, and makes it and its parents where they are missing.
  func openMaking() throws(StateError) -> Descriptor {
    if let found = try open() { return found }
    var end = path.startIndex
    while end < path.endIndex {
      end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
      do throws(Errno) {
        try Files.makeDirectory(String(path[..<end]), mode: 0o700)
      } catch {
        guard error == .fileExists else { throw failure("mkdirat", "", error) }
      }
    }
    guard let made = try open() else { throw failure("openat", "", .noSuchFileOrDirectory) }
    return made
  }

  /// Whether a name still leads to an opened directory.
  func holds(_ name: String, _ directory: Int32) throws(Errno) -> Bool {
    let found: Descriptor
    do throws(Errno) {
      found = try Files.open(path + "/" + name, O_PATH | O_DIRECTORY | O_NOFOLLOW)
    } catch {
      if error == .noSuchFileOrDirectory { return false }
      throw error
    }
    let (one, other) = (try Files.status(directory), try Files.status(found.number))
    return one.st_ino == other.st_ino && one.st_dev == other.st_dev
  }

  /// Makes a failed call an error about something below.
  func naming<Value>(
    _ call: String, _ name: String, _ body: () throws(Errno) -> Value
  ) throws(StateError) -> Value {
    do throws(Errno) { return try body() } catch { throw failure(call, name, error) }
  }

  /// An error about something below.
  func failure(_ call: String, _ name: String, _ errno: Errno) -> StateError {
    .system(SystemFailure(call: call, subject: name.isEmpty ? path : path + "/" + name, errno: errno))
  }
}
