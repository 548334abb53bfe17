import Domain
import Linux
import Ports

/// Where processes of a container may be whose cgroup hands controllers down: below it, and no more in it.
enum Leaf {
  /// The place itself, or that of the process where the place takes none.
  static func place(of process: Int32, below place: CgroupPlace) -> CgroupPlace {
    guard let enabled = try? place.text("cgroup.subtree_control"), !enabled.isEmpty,
      let text = try? Host.read("/proc/\(process)/cgroup", limit: 1 << 16),
      let name = name(in: text), name.hasBytePrefix(place.name + "/"), !name.pathComponents.contains("..")
    else { return place }
    return CgroupPlace(place.tree, name)
  }

  /// The path of the v2 tree in `/proc/PID/cgroup`, without its leading slash.
  private static func name(in text: [UInt8]) -> String? {
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    return lines.first { String($0).hasBytePrefix("0::/") }.map { String($0.dropFirst(4)) }
  }
}
