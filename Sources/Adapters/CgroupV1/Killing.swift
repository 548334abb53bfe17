import CLinux
import Domain
import Linux
import Ports

/// Ending every process of a container.
enum Killing {
  /// By `cgroup.kill` of the v2 tree where there is one, and for what is not in that tree, or does not hear it, by
  /// signals to frozen processes, which cannot fork meanwhile.
  static func killAll(_ forest: CgroupForest, _ places: [CgroupPlace]) throws(CgroupError) {
    let freezer = CgroupForest.place("freezer", in: places)
    guard let counted = freezer ?? places.first else { return }
    try forest.killAll(
      counted,
      isKilled: { () throws(CgroupError) in
        let isKilled = try killUnified(places)
        if isKilled, let freezer { try thaw(freezer) }
        return isKilled
      }, signal: { () throws(CgroupError) in try signalFrozen(forest, counted, freezer) })
  }

  private static func killUnified(_ places: [CgroupPlace]) throws(CgroupError) -> Bool {
    guard let unified = CgroupForest.place("", in: places) else { return false }
    do throws(Errno) {
      try unified.tree.write("\(unified.name)/cgroup.kill", "1")
      return true
    } catch {
      // Before Linux 5.14 there is no such file.
      guard CgroupPlace.meansGone(error) else { throw unified.failure("write", error, "cgroup.kill") }
      return false
    }
  }

  private static func signalFrozen(_ forest: CgroupForest, _ counted: CgroupPlace, _ freezer: CgroupPlace?)
    throws(CgroupError)
  {
    // A cgroup that will not freeze is signalled all the same: the loop comes round again.
    if let freezer { try? freezer.write("freezer.state", "FROZEN") }
    try forest.signalAll(in: counted)
    if let freezer { try thaw(freezer) }
  }

  /// A frozen process does not see its signal.
  private static func thaw(_ freezer: CgroupPlace) throws(CgroupError) {
    try freezer.visit { (directory) throws(Errno) in
      do throws(Errno) {
        let file = try Files.open("freezer.state", at: directory, O_WRONLY | O_NOFOLLOW)
        try Files.writeAll(file.number, "THAWED")
      } catch {
        guard CgroupPlace.meansGone(error) else { throw error }
      }
    }
  }
}
