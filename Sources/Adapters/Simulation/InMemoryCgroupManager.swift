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
      /// Its limits, as the control files of version 2 that hold more than those of a new cgroup.
      public var files: [String: ControlFileModel] = [:]
      /// Its device rules.
      public var devices: [DeviceRule] = []
      /// It stands still.
      public var isFrozen = false
      /// Who has taken it over, if anybody has.
      public var holder: CgroupLocation.Holder?

      fileprivate func isTaken(from other: CgroupLocation) -> Bool {
        holder != nil && other.holder != nil && holder != other.holder
      }
    }

    /// The cgroups that exist.
    public var groups: [String: Group] = [:]
    /// Writes from now on that are refused, by their number, the next being 0.
    public var refusals: Set<Int> = []
    /// How many writes were made since the refusals were set.
    public var writes = 0

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
    let isNew = tree.groups[name] == nil
    tree.groups[name] = Tree.Group()
    if !isNew { tree.groups[name]?.holder = location.holder }
    return nil
  }

  public func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] { [] }

  public func entrance(to location: CgroupLocation, beside process: Int32) throws(CgroupError)
    -> CgroupEntrance
  {
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
    if !resources.devices.isEmpty { try setDevices(resources.devices, location) }
    for write in try writes(resources) { try self.write(write, location) }
  }

  public func prepare(
    _ change: ResourceChange, at location: CgroupLocation
  ) throws(CgroupError) -> CgroupUpdate {
    let group = try group(location)
    let writes: [ControlWrite]
    do throws(InexpressibleLimit) {
      writes = try change.effective().writesV2()
    } catch {
      throw .invalidValue(file: error.file, reason: error.reason)
    }
    var present: [String: String] = [:]
    for file in CgroupUpdate.files(of: writes) where ControlFileModel.exists(file.file) {
      present[file.file] = (group.files[file.file] ?? ControlFileModel(file.file)).text
    }
    do throws(CgroupUpdate.MissingFile) {
      return try CgroupUpdate(change, writes, present: present)
    } catch {
      throw .controllerMissing(error.controller)
    }
  }

  public func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    _ = try group(location)
    if !update.change.given.devices.isEmpty { try setDevices(update.change.given.devices, location) }
    for write in update.writes { try self.write(write, location) }
  }

  public func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    var refused: [String] = []
    for write in update.restoration {
      do throws(CgroupError) { try self.write(write, location) } catch { refused.append(write.file) }
    }
    if !update.change.given.devices.isEmpty {
      do throws(CgroupError) {
        try setDevices(update.change.recorded.devices, location)
      } catch {
        refused.append("devices")
      }
    }
    guard refused.isEmpty else { throw .notRestored(files: refused) }
  }

  private func writes(_ resources: Resources) throws(CgroupError) -> [ControlWrite] {
    do throws(InexpressibleLimit) {
      return try resources.writesV2()
    } catch {
      throw .invalidValue(file: error.file, reason: error.reason)
    }
  }

  private func write(_ write: ControlWrite, _ location: CgroupLocation) throws(CgroupError) {
    let name = try name(location)
    try count("\(name)/\(write.file)")
    if write == .thaw {
      tree.groups[name]?.isFrozen = false
      return
    }
    var file = tree.groups[name]?.files[write.file] ?? ControlFileModel(write.file)
    file.write(write.text)
    tree.groups[name]?.files[write.file] = file == ControlFileModel(write.file) ? nil : file
  }

  private func setDevices(_ rules: [DeviceRule], _ location: CgroupLocation) throws(CgroupError) {
    let name = try name(location)
    try count(name + "/devices")
    tree.groups[name]?.devices = rules
  }

  private func count(_ subject: String) throws(CgroupError) {
    tree.writes += 1
    guard !tree.refusals.contains(tree.writes - 1) else {
      throw .system(SystemFailure(call: "write", subject: subject, errno: .ioError))
    }
  }

  public func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] {
    guard let group = tree.groups[try name(location)], !group.isTaken(from: location) else { return [] }
    return group.processes
  }

  public func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {
    _ = try group(location)
    tree.groups[try name(location)]?.isFrozen = frozen
  }

  public func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool {
    tree.groups[try name(location)]?.isFrozen ?? false
  }

  public func killAll(in location: CgroupLocation) throws(CgroupError) {
    guard tree.groups[try name(location)]?.isTaken(from: location) != true else { return }
    tree.groups[try name(location)]?.processes = []
    tree.groups[try name(location)]?.isFrozen = false
  }

  public func destroy(_ location: CgroupLocation) throws(CgroupError) {
    let name = try name(location)
    guard tree.groups[name]?.isTaken(from: location) != true else { return }
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
