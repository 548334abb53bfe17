public import Domain
public import Linux
public import Ports

/// The file-system driver for hosts of cgroup v2 alone.
///
/// The parents of a container's cgroup stay when it is destroyed: nothing tells whether others count on
/// them.
public final class CgroupV2Manager: CgroupManager {
  private let forest: CgroupForest

  /// Makes a manager of the mounted tree; it is not opened before it is needed.
  public init(_ tree: CgroupTree) {
    forest = CgroupForest([tree])
  }

  public func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    try forest.locate(request)
  }

  public func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32? {
    let places = forest.places(location)
    let made = try forest.create(places, for: location.holder, checkUnused: checkThawed) {
      (_: CgroupPlace) throws(CgroupError) in
    }
    do throws(CgroupError) {
      for place in places { try CgroupControllers.enable(for: place) }
      return try forest.entrance(to: places).birth
    } catch {
      CgroupForest.undo(made)
      throw error
    }
  }

  public func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] {
    guard let owner = request.owner else { return [] }
    for place in forest.places(location) { try Delegation.give(place, to: owner) }
    return []
  }

  public func entrance(
    to location: CgroupLocation, beside process: Int32
  ) throws(CgroupError) -> CgroupEntrance {
    try forest.entrance(to: forest.places(location), beside: process)
  }

  public func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError) {
    for place in forest.places(location) { try place.write("cgroup.procs", "\(pid)") }
  }

  public func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError) {
    if resources == Resources() { return }
    let places = forest.places(location)
    try forest.checkUsage(resources.memory, "memory.current", places)
    if !resources.devices.isEmpty {
      for place in places { try DeviceFilter.apply(resources.devices, to: place) }
    }
    try forest.write(try writes(resources), to: places)
  }

  private func writes(_ resources: Resources) throws(CgroupError) -> [ControlWrite] {
    do throws(InexpressibleLimit) {
      return try resources.writesV2()
    } catch {
      throw .invalidValue(file: error.file, reason: error.reason)
    }
  }

  public func prepare(
    _ change: ResourceChange, at location: CgroupLocation
  ) throws(CgroupError) -> CgroupUpdate {
    let places = forest.places(location)
    let effective = try CgroupForest.effective(change)
    try forest.checkUsage(effective.memory, "memory.current", places)
    return try forest.prepare(change, try writes(effective), in: places)
  }

  public func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    let places = forest.places(location)
    let rules = update.change.given.devices
    if !rules.isEmpty { try setDevices(rules, places) }
    try forest.write(update.writes, to: places)
  }

  public func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    let places = forest.places(location)
    try forest.restore(update, in: places) { () throws(CgroupError) in
      try setDevices(update.change.recorded.enforcedDevices, places)
    }
  }

  private func setDevices(_ rules: [DeviceRule], _ places: [CgroupPlace]) throws(CgroupError) {
    for place in places { try DeviceFilter.apply(rules, to: place) }
  }

  public func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] {
    try forest.ownPlaces(location).first?.processes() ?? []
  }

  public func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {
    for place in forest.places(location) { try setFrozen(frozen, place) }
  }

  private func setFrozen(_ frozen: Bool, _ place: CgroupPlace) throws(CgroupError) {
    try place.write("cgroup.freeze", frozen ? "1" : "0")
    guard frozen else { return }
    let deadline = Waiting.now() + CgroupForest.patience
    guard try !CgroupEvents.wait(place, for: "frozen 1", until: deadline) else { return }
    // Half frozen is the worst of both.
    try? place.write("cgroup.freeze", "0")
    throw .timedOut(operation: "freeze", directory: place.directory, processes: try place.processes())
  }

  public func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool {
    try forest.places(location).first?.text("cgroup.freeze") == "1"
  }

  /// A container must not be born into a cgroup that would stop it at once.
  private func checkThawed(_ place: CgroupPlace) throws(CgroupError) {
    guard try place.text("cgroup.freeze") == "1" else { return }
    throw .unexpectedlyFrozen(directory: place.directory)
  }

  public func killAll(in location: CgroupLocation) throws(CgroupError) {
    for place in try forest.ownPlaces(location) { try killAll(place) }
  }

  /// By `cgroup.kill`, which frozen processes obey too; before Linux 5.14, and for what does not hear it, by signals.
  private func killAll(_ place: CgroupPlace) throws(CgroupError) {
    try forest.killAll(
      place, isKilled: { () throws(CgroupError) in try kill(place) },
      signal: { () throws(CgroupError) in
        try forest.signalAll(in: place)
        do throws(CgroupError) {
          try place.write("cgroup.freeze", "0")
        } catch {
          guard try !place.isThere() else { throw error }
        }
      })
  }

  /// False when the kernel has no such file.
  private func kill(_ place: CgroupPlace) throws(CgroupError) -> Bool {
    do throws(Errno) {
      try place.tree.write("\(place.name)/cgroup.kill", "1")
      return true
    } catch {
      guard CgroupPlace.meansGone(error) else { throw place.failure("write", error, "cgroup.kill") }
      return false
    }
  }

  public func destroy(_ location: CgroupLocation) throws(CgroupError) {
    try forest.destroy(forest.places(location), of: location.holder)
  }
}
