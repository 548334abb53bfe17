import CLinux
import Domain
import Linux

/// Finds the cgroup hierarchies.
enum CgroupProbe {
  /// One look where the conventional place is a whole cgroup v2 tree, one at each place of cgroup v1; else
  /// the mount table.
  static func layout(_ procfs: borrowing Procfs) throws(Errno) -> CgroupLayout {
    if isWholeUnifiedTree(conventionalRoot) {
      return CgroupLayout(
        mode: .unified, hierarchies: [.init(controllers: [], mountPoint: conventionalRoot, isUnified: true)])
    }
    if let layout = try ConventionalCgroups.layout(procfs, root: conventionalRoot) { return layout }
    return CgroupLayout(mountTable: try procfs.read("self/mountinfo", limit: 16 << 20))
  }

  private static let conventionalRoot = "/sys/fs/cgroup"

  /// The root of the tree has inode 1: what is mounted is not a part of it.
  private static func isWholeUnifiedTree(_ path: String) -> Bool {
    guard let root = try? Files.open(path, O_PATH | O_DIRECTORY),
      let type = try? Files.fileSystemType(root.number), type == Int(CGROUP2_SUPER_MAGIC),
      let status = try? Files.status(root.number)
    else { return false }
    return status.st_ino == 1
  }
}
