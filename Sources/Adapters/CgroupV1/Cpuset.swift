import Domain
import Linux
import Ports

/// The cpuset controller of cgroup v1, where a new cgroup has no CPU and no memory node, and takes no
/// process until it has both.
enum Cpuset {
  static func governs(_ place: CgroupPlace) -> Bool {
    place.tree.hierarchy.controllers.contains("cpuset")
  }

  /// Fills a new parent and lets it hand its values to those made below: a container then needs no writes.
  static func prepareParent(_ place: CgroupPlace) throws(CgroupError) {
    guard governs(place) else { return }
    try populate(place)
    try place.write("cgroup.clone_children", "1")
  }

  /// Makes sure that a cgroup takes processes; one whose parent hands its values down needs nothing.
  static func fill(_ place: CgroupPlace) throws(CgroupError) {
    guard try value(in: place.name + "/", place, "cpuset.cpus", "cpus")?.0.isEmpty != false else { return }
    try populate(place)
  }

  /// Fills what is empty from the nearest parent that is not, from the outermost inwards.
  static func populate(_ place: CgroupPlace) throws(CgroupError) {
    for (file, other) in [("cpuset.cpus", "cpus"), ("cpuset.mems", "mems")] {
      try populate(place, file, other)
    }
  }

  /// A hierarchy mounted with `noprefix` has the other file name.
  private static func populate(_ place: CgroupPlace, _ file: String, _ other: String) throws(CgroupError) {
    let names = ancestors(place)
    guard let (inherited, name) = try value(in: "", place, file, other) else {
      throw .controllerMissing("cpuset")
    }
    var present = inherited
    for ancestor in names {
      let own = try value(in: ancestor + "/", place, file, other)?.0 ?? ""
      if own.isEmpty {
        try CgroupPlace(place.tree, ancestor).write(name, present)
      } else {
        present = own
      }
    }
  }

  /// The names from just below the root down to the place itself.
  private static func ancestors(_ place: CgroupPlace) -> [String] {
    let name = place.name.utf8
    let ends = name.indices.filter { name[$0] == UInt8(ascii: "/") }
    return ends.map { String(Substring(name[..<$0])) } + [place.name]
  }

  private static func value(
    in prefix: String, _ place: CgroupPlace, _ file: String, _ other: String
  ) throws(CgroupError) -> (String, String)? {
    for name in [file, other] {
      do throws(Errno) {
        var bytes = try place.tree.read(prefix + name)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return (String(decoding: bytes, as: UTF8.self), name)
      } catch {
        guard error == .noSuchFileOrDirectory else { throw place.failure("read", error, name) }
      }
    }
    return nil
  }
}
