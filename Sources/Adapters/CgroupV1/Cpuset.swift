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

  /// Makes sure that a cgroup takes processes, from the nearest parent that has what it lacks; one whose
  /// parent hands its values down has all.
  static func populate(_ place: CgroupPlace) throws(CgroupError) {
    _ = try filled(place.name, place, "cpuset.cpus", "cpus")
    _ = try filled(place.name, place, "cpuset.mems", "mems")
  }

  /// The value of a cgroup, which takes its parent's where it has none. A hierarchy mounted with `noprefix`
  /// has the other file name.
  private static func filled(
    _ name: String, _ place: CgroupPlace, _ file: String, _ other: String
  ) throws(CgroupError) -> String {
    let prefix = name.isEmpty ? "" : name + "/"
    guard let (own, found) = try value(in: prefix, place, file, other) else {
      throw .controllerMissing("cpuset")
    }
    // What the root lacks, nobody has.
    if !own.isEmpty || name.isEmpty { return own }
    let inherited = try filled(parent(of: name), place, file, other)
    try CgroupPlace(place.tree, name).write(found, inherited)
    return inherited
  }

  private static func parent(of name: String) -> String {
    String(name[..<(name.utf8.lastIndex(of: UInt8(ascii: "/")) ?? name.startIndex)])
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
