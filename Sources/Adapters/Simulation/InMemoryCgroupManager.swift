public import Domain
public import Ports

/// Cgroups that exist in a value only: the reference for implementors, and a double for tests.
///
/// What has to outlive a manager is in the `Tree`, as it is in the kernel for the real ones.
public final class InMemoryCgroupManager: CgroupManager {
  /// All cgroups, by directory.
  public final class Tree {
    /// One cgroup.
    public struct Group: Equatable, Sendable {
      /// Its processes.
      public var processes: [Int32] = []
      /// Its limits.
      public var resources = Resources()
      /// It stands still.
      public var isFrozen = false
    }

    /// The cgroups that exist.
    public var groups: [String: Group] = [:]

    /// An empty tree.
    public init() {}
  }

  private let tree: Tree

  /// A manager of a tree.
  public init(_ tree: Tree) {
    self.tree = tree
  }

  public func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    let name = request.path ?? "/martlet/" + request.id.text
    return CgroupLocation(driver: .cgroupfs, paths: [.init(controller: "", directory: name)])
  }

  public func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32? {
    let name = try name(location)
    let found = tree.groups[name] ?? Tree.Group()
    guard found.processes.isEmpty else {
      throw .notEmpty(directory: name, processes: found.processes.count)
    }
    guard !found.isFrozen else { throw .unexpectedlyFrozen(directory: name) }
    tree.groups[name] = Tree.Group()
    return nil
  }

  public func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] { [] }

  public func entrance(to location: CgroupLocation) throws(CgroupError) -> CgroupEntrance {
    _ = try group(location)
    return CgroupEntrance()
  }

  public func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError) {
    _ = try group(location)
    tree.groups[try name(location)]?.processes.append(pid)
  }

  public func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError) {
    guard resources != Resources() else { return }
    _ = try group(location)
    tree.groups[try name(location)]?.resources = resources
  }

  public func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] {
    tree.groups[try name(location)]?.processes ?? []
  }

  public func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {
    _ = try group(location)
    tree.groups[try name(location)]?.isFrozen = frozen
  }

  public func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool {
    tree.groups[try name(location)]?.isFrozen ?? false
  }

  public func killAll(in location: CgroupLocation) throws(CgroupError) {
    tree.groups[try name(location)]?.processes = []
    tree.groups[try name(location)]?.isFrozen = false
  }

  public func destroy(_ location: CgroupLocation) throws(CgroupError) {
    let name = try name(location)
    guard tree.groups[name]?.processes.isEmpty != false else {
      throw .timedOut(operation: "remove", directory: name, processes: tree.groups[name]?.processes ?? [])
    }
    tree.groups[name] = nil
  }

  private func name(_ location: CgroupLocation) throws(CgroupError) -> String {
    guard let path = location.paths.first else { throw .invalidPath("") }
    return path.directory
  }

  private func group(_ location: CgroupLocation) throws(CgroupError) -> Tree.Group {
    let name = try name(location)
    guard let group = tree.groups[name] else {
      throw .system(SystemFailure(call: "openat2", subject: name, errno: .noSuchFileOrDirectory))
    }
    return group
  }
}
