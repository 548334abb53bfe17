/// Where below a hierarchy's root a container is accounted: never empty, no leading slash, no `.` or `..`.
public enum CgroupName {
  /// Why a path cannot be used.
  public enum Violation: Error, Equatable, Sendable {
    /// It leaves the hierarchy, or is its root.
    case outside(String)
    /// It is of the form `slice:prefix:name`, which only the systemd driver understands.
    case systemdForm(String)
    /// It has a zero byte or is too long for the kernel.
    case malformed(String)
  }

  /// The parent of containers whose document leaves the place to the runtime. It is never removed.
  public static let defaultParent = "martlet"

  /// The name for a container. A path of the document counts from the root of each hierarchy, never from
  /// the caller's cgroup, whether it begins with a slash or not.
  public static func name(id: ContainerID, path: String?, rootDigest: String?) throws(Violation) -> String {
    guard let path, !path.isEmpty else {
      return rootDigest.map { "\(defaultParent)/\(id.text)-\($0)" } ?? "\(defaultParent)/\(id.text)"
    }
    return try clean(path)
  }

  private static func clean(_ path: String) throws(Violation) -> String {
    guard path.utf8.count < 4096, !path.utf8.contains(0) else { throw .malformed(path) }
    guard !UnitPlace.isUnitPath(path) else { throw .systemdForm(path) }
    let fromRoot = path.isAbsolutePath ? path : "/" + path
    if fromRoot != "/", fromRoot.cleanedPath == fromRoot {
      return String(Substring(fromRoot.utf8.dropFirst()))
    }
    let (kept, leaves) = path.walkedPath
    guard !leaves, !kept.isEmpty else { throw .outside(path) }
    return kept.joined(separator: "/")
  }
}
