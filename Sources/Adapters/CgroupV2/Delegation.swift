import CLinux
import Domain
import Linux
import Ports

/// Giving a cgroup to the container's user, so that it may make cgroups below (config-linux.md#cgroup-ownership).
enum Delegation {
  /// Gives the directory and those of its files away that the kernel names for that.
  static func give(_ place: CgroupPlace, to owner: UInt32) throws(CgroupError) {
    for file in ["."] + files { try give(file, of: place, to: owner) }
  }

  private static func give(_ file: String, of place: CgroupPlace, to owner: UInt32) throws(CgroupError) {
    do throws(Errno) {
      let opened = try place.tree.open("\(place.name)/\(file)", O_PATH)
      var nothing: CChar = 0
      _ = try Linux.call(
        Int32(SYS_fchownat), Int(opened.number), word(&nothing), Int(owner), -1, Int(AT_EMPTY_PATH))
    } catch {
      // The list is that of the kernel; a controller that is not enabled has no files.
      if file != ".", error == .noSuchFileOrDirectory { return }
      throw place.failure("fchownat", error, file)
    }
  }

  /// What the kernel lists, or what has to be there at least.
  private static var files: [String] {
    let text = (try? Host.read("/sys/kernel/cgroup/delegate", limit: 1 << 16)) ?? []
    let named = String(decoding: text, as: UTF8.self).fields(at: "\n").map { String($0) }
      .filter { !$0.utf8.contains(UInt8(ascii: "/")) }
    return named.isEmpty ? ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"] : named
  }
}
