import CLinux
public import Domain

/// A way through a cgroup and all below it, by descriptors: a container that may write to its cgroups chooses what
/// they are called, which need be no text, and how deep they nest, which no path may hold.
public enum CgroupWalk {
  /// Goes through a cgroup that is there, and its descendants as far as they are.
  /// - Parameters:
  ///   - enter: is given each directory, before those below it.
  ///   - leave: is given each that is below the first, after those below it: its parent and its name.
  public static func go(
    through name: String, of tree: CgroupTree, enter: (Int32) throws(Errno) -> Void,
    leave: (Int32, UnsafePointer<CChar>) throws(Errno) -> Void = { (_, _) throws(Errno) in }
  ) throws(Errno) {
    var here = try tree.open(name, O_RDONLY | O_DIRECTORY)
    try enter(here.number)
    var unseen = [try children(of: here.number)]
    var path: [[CChar]] = []
    while let next = unseen.last?.last {
      unseen[unseen.count - 1].removeLast()
      if let child = try open(next, at: here.number) {
        here = child
        try enter(here.number)
        unseen.append(try children(of: here.number))
        path.append(next)
      }
      try climb(&here, &unseen, &path, leave)
    }
  }

  /// Goes up from where nothing is left to be seen.
  private static func climb(
    _ here: inout Descriptor, _ unseen: inout [[[CChar]]], _ path: inout [[CChar]],
    _ leave: (Int32, UnsafePointer<CChar>) throws(Errno) -> Void
  ) throws(Errno) {
    while let left = unseen.last, left.isEmpty, let name = path.popLast() {
      unseen.removeLast()
      // A cgroup never changes its parent.
      here = try Files.open("..", at: here.number, O_RDONLY | O_DIRECTORY)
      try leave(here.number, name)
    }
  }

  /// Nil when it is gone.
  private static func open(_ name: [CChar], at directory: Int32) throws(Errno) -> Descriptor? {
    do throws(Errno) {
      return try Files.open(name, at: directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch {
      guard CgroupPlace.meansGone(error) else { throw error }
      return nil
    }
  }

  private static func children(of directory: Int32) throws(Errno) -> [[CChar]] {
    do throws(Errno) {
      return try Directories.rawNames(directory, type: UInt8(DT_DIR))
    } catch {
      guard CgroupPlace.meansGone(error) else { throw error }
      return []
    }
  }
}
