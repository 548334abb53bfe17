import Domain
public import Ports

/// Which controllers a cgroup has: those that every cgroup above it hands down.
public enum CgroupControllers {
  /// Makes the parents of a cgroup hand down all that they have. What cannot be handed down is missed only
  /// by the limit that needs it, whose control file is then not there.
  public static func enable(for place: CgroupPlace) throws(CgroupError) {
    let wanted = names(try place.tree.rootText("cgroup.controllers"))
    guard names(try place.text("cgroup.controllers")) != wanted else { return }
    var ancestor = ""
    for component in place.name.pathComponents {
      handDown(place.tree, ancestor)
      ancestor += ancestor.isEmpty ? String(component) : "/" + component
    }
    // Below a threaded cgroup a new one works only once it says that it is threaded too.
    if try place.text("cgroup.type") == "domain invalid" { try place.write("cgroup.type", "threaded") }
  }

  /// All at once, or where one of them is refused, one after the other.
  private static func handDown(_ tree: CgroupTree, _ name: String) {
    let prefix = name.isEmpty ? "" : name + "/"
    let available = names(
      (try? tree.read(prefix + "cgroup.controllers")).map { String(decoding: $0, as: UTF8.self) })
    let enabled = names(
      (try? tree.read(prefix + "cgroup.subtree_control")).map { String(decoding: $0, as: UTF8.self) })
    let missing = available.subtracting(enabled).sorted()
    guard !missing.isEmpty else { return }
    let file = prefix + "cgroup.subtree_control"
    do {
      try tree.write(file, missing.map { "+" + $0 }.joined(separator: " "))
    } catch {
      for controller in missing { try? tree.write(file, "+" + controller) }
    }
  }

  private static func names(_ text: String?) -> Set<Substring> {
    Set((text ?? "").split { $0 == " " || $0 == "\n" })
  }
}

extension CgroupTree {
  /// A control file of the root as text; nil when it is not there.
  fileprivate func rootText(_ file: String) throws(CgroupError) -> String? {
    do throws(Errno) {
      return String(decoding: try read(file), as: UTF8.self)
    } catch {
      guard CgroupPlace.meansGone(error) else {
        throw .system(SystemFailure(call: "read", subject: "\(hierarchy.mountPoint)/\(file)", errno: error))
      }
      return nil
    }
  }
}
