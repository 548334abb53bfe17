/// Where a container's processes are accounted: all that a later command needs to find it again.
///
/// It is computed before anything is made, so that the intent record can hold it.
public struct CgroupLocation: Equatable, Sendable {
  /// The built-in managers, by their name in configuration.
  public enum Driver: String, Sendable, CaseIterable {
    case cgroupfs, systemd, disabled
  }

  /// Which manager made it.
  public var driver: Driver
  /// libcontainer's `cgroup_paths`: absolute directories by controller (cgroup v1), or by `""` (v2).
  public var paths: [Path]
  /// The systemd unit, where there is one.
  public var unit: String?
  /// Whose it is, once a container is there for it: a place that was left empty may become that of another.
  public var holder: Holder?

  /// The container that a place is of.
  public struct Holder: Equatable, Sendable {
    /// Its id.
    public var id: ContainerID
    /// When its creation began: there may be one of its name before and after it, and one for each state directory.
    public var created: Timestamp

    /// Names a holder.
    public init(id: ContainerID, created: Timestamp) {
      self.id = id
      self.created = created
    }

    /// What tells it apart from all others, as text.
    public var mark: String { "\(id.text) \(created)" }
  }

  /// One hierarchy's directory.
  public struct Path: Equatable, Sendable {
    /// The controller; `name=systemd` for a named hierarchy; empty for cgroup v2.
    public var controller: String
    /// The absolute directory.
    public var directory: String

    /// Makes a path.
    public init(controller: String, directory: String) {
      self.controller = controller
      self.directory = directory
    }
  }

  /// The part in which a process is born: the tree of cgroup v2.
  public var birthplace: CgroupLocation {
    only(paths.filter(\.controller.isEmpty))
  }

  /// Controllers that account for what a process uses: it is in their cgroups before it does anything.
  private static let accounting = ["memory", "pids", "cpu", "cpuacct", "blkio"]

  /// What a process is in before it does anything, and the hierarchies of cgroup v1 that do not account for
  /// what it uses, which may be made and entered while it is busy.
  public var stages: (first: CgroupLocation, later: CgroupLocation) {
    var first = only([])
    var later = first
    for path in paths {
      if path.controller.isEmpty || accounts(path) {
        first.paths.append(path)
      } else {
        later.paths.append(path)
      }
    }
    return (first, later)
  }

  /// Controllers of one hierarchy share its directory.
  private func accounts(_ path: Path) -> Bool {
    CgroupLocation.accounting.contains(path.controller)
      || paths.contains {
        CgroupLocation.accounting.contains($0.controller) && $0.directory == path.directory
      }
  }

  /// The part that processes are let into first: where somebody else's process stands in the way there, a
  /// creation ends before any of its own is born.
  public var claimed: CgroupLocation {
    let (birthplace, first) = (birthplace, stages.first)
    if !birthplace.paths.isEmpty { return birthplace }
    return first.paths.isEmpty ? self : first
  }

  /// The other part.
  public var unclaimed: CgroupLocation {
    let claimed = claimed
    return only(paths.filter { !claimed.paths.contains($0) })
  }

  /// Each directory as a location of its own.
  public var parts: [CgroupLocation] {
    paths.map { only([$0]) }
  }

  /// The same without other directories.
  private func only(_ paths: [Path]) -> CgroupLocation {
    var part = self
    part.paths = paths
    return part
  }

  /// Makes a location.
  public init(driver: Driver, paths: [Path] = [], unit: String? = nil) {
    self.driver = driver
    self.paths = paths
    self.unit = unit
  }
}
