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
    var lines = ByteFields(memberships, at: "\n")
    while let line = lines.next() {
      if line.isEmpty { continue }
      guard let hierarchy = hierarchy(line, root: root), isWhole(hierarchy) else { return nil }
      layout.hierarchies.append(hierarchy)
    }
    return layout.hierarchies.contains(where: \.isUnified) ? layout : nil
  }

  /// One line of `/proc/self/cgroup`: `id:controllers:path`, the v2 tree being `0::path`.
  private static func hierarchy(_ line: ArraySlice<UInt8>, root: String) -> CgroupLayout.Hierarchy? {
    var fields = ByteFields(line, at: ":")
    guard fields.next() != nil, let names = fields.next(), fields.next() != nil else { return nil }
    if names.isEmpty {
      return CgroupLayout.Hierarchy(controllers: [], mountPoint: root + "/unified", isUnified: true)
    }
    let text = String(decoding: names, as: UTF8.self)
    var (controllers, rest) = ([String](), ByteFields(names, at: ","))
    while let name = rest.next() { controllers.append(String(decoding: name, as: UTF8.self)) }
    let place = text.hasBytePrefix("name=") ? String(text.dropFirst(5)) : text
    return CgroupLayout.Hierarchy(controllers: controllers, mountPoint: root + "/" + place)
  }

  /// A file system shown from its root, which has inode 1. Whether it is a cgroup's is looked at by who opens
  /// it.
  private static func isWhole(_ hierarchy: CgroupLayout.Hierarchy) -> Bool {
    var status = stat()
    return stat(hierarchy.mountPoint, &status) == 0 && status.st_ino == 1
  }
}
