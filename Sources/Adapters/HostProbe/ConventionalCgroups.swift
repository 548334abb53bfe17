import CLinux
import Domain
import Linux

/// The hierarchies of a host that has all of them in their usual places: found by a look at each place,
/// which costs the same however long the mount table is.
enum ConventionalCgroups {
  /// The layout; nil when a hierarchy is not in its place, or only a part of it is.
  static func layout(_ procfs: borrowing Procfs, root: String) throws(Errno) -> CgroupLayout? {
    let memberships = try procfs.read("self/cgroup", limit: 1 << 16)
    var layout = CgroupLayout(mode: .hybrid)
    for line in memberships.split(separator: UInt8(ascii: "\n")) {
      guard let hierarchy = hierarchy(line, root: root), isWhole(hierarchy) else { return nil }
      layout.hierarchies.append(hierarchy)
    }
    return layout.hierarchies.contains(where: \.isUnified) ? layout : nil
  }

  /// One line of `/proc/self/cgroup`: `id:controllers:path`, the v2 tree being `0::path`.
  private static func hierarchy(_ line: ArraySlice<UInt8>, root: String) -> CgroupLayout.Hierarchy? {
    let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { return nil }
    if fields[1].isEmpty {
      return CgroupLayout.Hierarchy(controllers: [], mountPoint: root + "/unified", isUnified: true)
    }
    let text = String(decoding: fields[1], as: UTF8.self)
    let controllers = text.split(separator: ",").map { String($0) }
    let place = text.hasPrefix("name=") ? String(text.dropFirst(5)) : text
    return CgroupLayout.Hierarchy(controllers: controllers, mountPoint: root + "/" + place)
  }

  /// A cgroup file system, shown from its root, which has inode 1.
  private static func isWhole(_ hierarchy: CgroupLayout.Hierarchy) -> Bool {
    var system = statfs()
    var status = stat()
    let magic = hierarchy.isUnified ? Int(CGROUP2_SUPER_MAGIC) : Int(CGROUP_SUPER_MAGIC)
    return statfs(hierarchy.mountPoint, &system) == 0 && Int(system.f_type) == magic
      && stat(hierarchy.mountPoint, &status) == 0 && status.st_ino == 1
  }
}
