public import Domain
public import Linux
public import Ports

/// The file-system driver for hosts whose controllers are on cgroup v1, with or without a v2 tree beside
/// them (which is joined too, so that `cgroup.kill` and `cgroup.events` work there).
///
/// The parents of a container's cgroup stay when it is destroyed: nothing tells whether others count on
/// them.
public final class CgroupV1Manager: CgroupManager {
  private let forest: CgroupForest

  /// Makes a manager of the mounted hierarchies; none is opened before it is needed.
  public init(_ trees: [CgroupTree]) {
    forest = CgroupForest(trees)
  }

  public func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    try forest.locate(request)
  }

  public func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32? {
    let places = forest.places(location).filter(\.tree.hierarchy.isUnified)
    return try create(places, location.holder).birth
  }

  public func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] {
    let places = forest.places(location).filter { !$0.tree.hierarchy.isUnified }
    // Whoever makes units has moved the process already, into the hierarchies that it uses itself.
    return try create(places, location.holder, process).doors
  }

  private func create(
    _ places: [CgroupPlace], _ holder: CgroupLocation.Holder?, _ process: Int32? = nil
  ) throws(CgroupError) -> CgroupEntrance {
    let made = try forest.create(
      places, for: holder, with: process, checkUnused: Freezer.checkThawed, prepare: Cpuset.prepareParent)
    do throws(CgroupError) {
      for place in places where Cpuset.governs(place) { try Cpuset.populate(place) }
      return try forest.entrance(to: places)
    } catch {
      CgroupForest.undo(made)
      throw error
    }
  }

  public func entrance(
    to location: CgroupLocation, beside process: Int32
  ) throws(CgroupError) -> CgroupEntrance {
    try forest.entrance(to: forest.places(location), beside: process)
  }

  public func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError) {
    for place in forest.places(location) { try join(pid, place) }
  }

  private func join(_ pid: Int32, _ place: CgroupPlace) throws(CgroupError) {
    do throws(CgroupError) {
      try place.write("cgroup.procs", "\(pid)")
    } catch {
      guard case .system(let failure) = error, failure.errno == .noSpace, Cpuset.governs(place) else {
        throw error
      }
      // No CPU or no memory node yet.
      try Cpuset.populate(place)
      try place.write("cgroup.procs", "\(pid)")
    }
  }

  public func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError) {
    if resources == Resources() { return }
    let places = forest.places(location)
    try forest.checkUsage(resources.memory, "memory.usage_in_bytes", places)
    if !resources.devices.isEmpty { try DeviceList.apply(resources.devices, places) }
    try forest.write(try writes(resources, places), to: places)
  }

  /// The writes to the hierarchies of version 1, behind those for controllers that only the tree of version 2
  /// has.
  private func writes(_ resources: Resources, _ places: [CgroupPlace]) throws(CgroupError) -> [ControlWrite] {
    let own = try expressed { () throws(InexpressibleLimit) in try resources.writesV1() }
    let isHere = { (name: String) in CgroupForest.place(name, in: places) != nil }
    let missing = own.map(\.controller).filter { !isHere($0) }
    guard let first = missing.first else { return own }
    guard let unified = CgroupForest.place("", in: places) else { throw .controllerMissing(first) }
    let other = resources.without(isHere)
    let rest = try expressed { () throws(InexpressibleLimit) in try other.writesV2() }
    for name in missing where !rest.contains(where: { $0.controller == (name == "blkio" ? "io" : name) }) {
      throw .controllerMissing(name)
    }
    // What cannot be had is missed by the write that needs it.
    try? CgroupControllers.enable(for: unified)
    return rest + own.filter { isHere($0.controller) }
  }

  private func expressed(
    _ writes: () throws(InexpressibleLimit) -> [ControlWrite]
  ) throws(CgroupError) -> [ControlWrite] {
    do throws(InexpressibleLimit) {
      return try writes()
    } catch {
      throw .invalidValue(file: error.file, reason: error.reason)
    }
  }

  public func prepare(
    _ change: ResourceChange, at location: CgroupLocation
  ) throws(CgroupError) -> CgroupUpdate {
    let places = forest.places(location)
    let effective = try CgroupForest.effective(change)
    try forest.checkUsage(effective.memory, "memory.usage_in_bytes", places)
    return try forest.prepare(change, try writes(effective, places), in: places)
  }

  public func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    let places = forest.places(location)
    let rules = update.change.given.devices
    if !rules.isEmpty { try DeviceList.apply(rules, places) }
    try forest.write(update.writes, to: places)
  }

  public func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    let places = forest.places(location)
    try forest.restore(update, in: places) { () throws(CgroupError) in
      try DeviceList.apply(update.change.recorded.enforcedDevices, places)
    }
  }

  public func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] {
    let places = forest.places(location)
    let chosen = CgroupForest.place("", in: places) ?? CgroupForest.place("freezer", in: places)
    guard let place = chosen ?? places.first, try !place.isTaken(from: location.holder) else { return [] }
    return try place.processes()
  }

  public func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {
    try Freezer.set(frozen, try freezer(forest.places(location)))
  }

  public func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool {
    guard let place = CgroupForest.place("freezer", in: forest.places(location)) else { return false }
    return try Freezer.isFrozen(place)
  }

  private func freezer(_ places: [CgroupPlace]) throws(CgroupError) -> CgroupPlace {
    guard let place = CgroupForest.place("freezer", in: places) else { throw .controllerMissing("freezer") }
    return place
  }

  public func killAll(in location: CgroupLocation) throws(CgroupError) {
    try Killing.killAll(forest, try forest.ownPlaces(location))
  }

  public func destroy(_ location: CgroupLocation) throws(CgroupError) {
    try forest.destroy(forest.places(location), of: location.holder)
  }
}
