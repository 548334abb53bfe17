public import Domain
public import Linux
public import Ports

/// The systemd driver: a container's cgroup belongs to a scope, which systemd makes, watches and removes.
///
/// Limits are set twice: as properties of the unit, so that systemd does not undo them when it writes the
/// cgroup's files anew, and in the files, by the driver of the file system, which also does all that systemd
/// does not do.
public final class SystemdCgroupManager: CgroupManager {
  private let layout: CgroupLayout
  private let files: any CgroupManager
  private let service: ServiceManager
  private let defaultSlice: String
  private let forest: CgroupForest
  private var knownVersion: SystemdVersion?

  /// Makes a manager.
  /// - Parameters:
  ///   - layout: the host's hierarchies.
  ///   - files: the driver of their file systems.
  ///   - scope: whose units.
  ///   - service: the service manager; nil is the one that is found.
  ///   - trees: the hierarchies, opened; nil opens those of the layout.
  public init(
    _ layout: CgroupLayout, files: any CgroupManager, scope: BusLookup = BusLookup(),
    service: ServiceManager? = nil, trees: [CgroupTree]? = nil
  ) {
    self.layout = layout
    self.files = files
    self.service =
      service
      ?? ServiceManager { deadline throws(ServiceManagerProblem) in try scope.connect(until: deadline) }
    defaultSlice = scope.scope == .user ? "user.slice" : "system.slice"
    forest = CgroupForest(trees ?? CgroupTree.trees(layout))
  }

  private var isUnified: Bool { layout.mode == .unified }

  public func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    let place: UnitPlace
    do throws(UnitPlace.Violation) {
      place = try UnitPlace(
        id: request.id, path: request.path, rootDigest: request.rootDigest, defaultSlice: defaultSlice)
    } catch {
      throw error.cgroupError
    }
    let subgroup = try annotations(request).subgroup.map { "/" + $0 } ?? ""
    let unit = place.unit
    let parent = try asking("look up", unit) { () throws(ServiceManagerProblem) in try service.controlGroup()
    }
    let group = parent + place.controlGroup + (isUnified ? subgroup : "")
    var paths: [CgroupLocation.Path] = []
    for hierarchy in layout.hierarchies {
      let directory = hierarchy.directory(of: group)
      if hierarchy.isUnified { paths.append(.init(controller: "", directory: directory)) }
      for controller in hierarchy.controllers {
        paths.append(.init(controller: controller, directory: directory))
      }
    }
    return CgroupLocation(driver: .systemd, paths: paths, unit: unit)
  }

  /// What the document's annotations ask for; an error before anything is made.
  private func annotations(
    _ request: CgroupRequest
  ) throws(CgroupError) -> (properties: [UnitProperty], subgroup: String?) {
    do throws(UnitAnnotations.Violation) {
      return (
        try UnitAnnotations.properties(request.annotations), try UnitAnnotations.subgroup(request.annotations)
      )
    } catch {
      throw .invalidValue(file: error.annotation, reason: "\(error.problem)")
    }
  }

  /// A scope cannot be made before its process is there: here it is only seen to that the place is free.
  public func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32? {
    let whole = location.whole.anybodys
    let count = try files.processes(in: whole).count
    guard count == 0 else { throw .notEmpty(directory: whole.directory, processes: count) }
    guard try !files.isFrozen(whole) else { throw .unexpectedlyFrozen(directory: whole.directory) }
    return nil
  }

  public func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] {
    guard let unit = location.unit else { return try files.create(location, for: process, request) }
    var properties = SystemdProperties.scope(
      request.id, slice: try slice(request), process: process, unified: isUnified, try version(unit))
    properties += try annotations(request).properties
    let mark = UnitMark(request.id, location.holder)
    // The scope comes first: from its first moment on it says whose it is, and so whose all else of its name is.
    if try isMarked(unit) { properties.append(mark.property) }
    try start(unit, properties, mark, process, location)
    do throws(CgroupError) {
      try arrange(location, process)
      return try files.create(location, for: process, request)
    } catch {
      throw removed(unit, mark, after: error)
    }
  }

  private func slice(_ request: CgroupRequest) throws(CgroupError) -> String {
    do throws(UnitPlace.Violation) {
      return try UnitPlace(
        id: request.id, path: request.path, rootDigest: request.rootDigest, defaultSlice: defaultSlice
      ).slice
    } catch {
      throw error.cgroupError
    }
  }

  /// Starts the scope. It may be there: by the first of two calls whose answer was lost, or by an earlier part of this
  /// creation. What a container left there that is gone is taken over, as an empty cgroup is; a unit of somebody else's
  /// stays as it is.
  private func start(
    _ unit: String, _ properties: [UnitProperty], _ mark: UnitMark, _ process: Int32,
    _ location: CgroupLocation
  ) throws(CgroupError) {
    do throws(ServiceManagerProblem) {
      return try service.start(unit, properties)
    } catch {
      guard error.isUnitExists else {
        throw removed(unit, mark, after: .serviceManager(operation: "start", unit: unit, error))
      }
    }
    if let found = try documentation(of: unit) {
      if location.holder != nil, found.contains(mark.text) { return }
      let whole = location.whole.anybodys
      let processes = try files.processes(in: whole)
      if processes.contains(process) { return }
      guard processes.isEmpty else {
        throw .notEmpty(directory: whole.directory, processes: processes.count)
      }
      try asking("remove", unit) { () throws(ServiceManagerProblem) in
        // Of anybody else's only that it failed is forgotten: one that did not fail stays, and refuses the next start.
        if UnitMark.isAny(found) { try service.remove(unit) } else { try service.forgetFailure(of: unit) }
      }
    }
    do throws(ServiceManagerProblem) {
      try service.start(unit, properties)
    } catch {
      throw removed(unit, mark, after: .serviceManager(operation: "start", unit: unit, error))
    }
  }

  /// Removes what may have come to be of a unit that was to be made. The failure is the one that is told, and that the
  /// unit stays, if it does.
  private func removed(_ unit: String, _ mark: UnitMark, after failure: CgroupError) -> CgroupError {
    do throws(ServiceManagerProblem) {
      guard let found = try service.documentation(of: unit), found.contains(mark.text) else { return failure }
      try service.remove(unit)
      return failure
    } catch {
      return .remains(unit: unit, cause: failure)
    }
  }

  private func documentation(of unit: String) throws(CgroupError) -> [String]? {
    try asking("look up", unit) { () throws(ServiceManagerProblem) in try service.documentation(of: unit) }
  }

  /// Whose the unit of a location is.
  private enum Ownership {
    case nobodys, its, anothers
  }

  /// By its mark, which a unit of an old systemd has not: that is its who holds the location.
  private func ownership(_ location: CgroupLocation) throws(CgroupError) -> Ownership {
    guard let unit = location.unit else { return .its }
    guard let found = try documentation(of: unit) else { return .nobodys }
    guard let holder = location.holder else { return .its }
    if found.contains(UnitMark(holder.id, holder).text) { return .its }
    return try isMarked(unit) ? .anothers : .its
  }

  /// Whether units get marks from this systemd.
  private func isMarked(_ unit: String) throws(CgroupError) -> Bool {
    try version(unit).number >= UnitMark.firstVersion
  }

  public func isProven(_ location: CgroupLocation) throws(CgroupError) -> Bool {
    guard let unit = location.unit, location.holder != nil, try isMarked(unit) else { return false }
    return try ownership(location) == .its
  }

  /// Gives the process the cgroup below the unit's that is to be its own, if there is one, and its cgroup the
  /// controllers that systemd does not hand down because it has no words for them.
  private func arrange(_ location: CgroupLocation, _ process: Int32) throws(CgroupError) {
    guard isUnified, let place = forest.places(location).first else { return }
    if !location.below.isEmpty {
      do throws(Errno) {
        try place.tree.make(place.name)
      } catch {
        guard error == .fileExists else { throw place.failure("mkdirat", error) }
      }
      try place.write("cgroup.procs", "\(process)")
    }
    try CgroupControllers.enable(for: place)
  }

  public func entrance(
    to location: CgroupLocation, beside process: Int32
  ) throws(CgroupError) -> CgroupEntrance {
    try files.entrance(to: location, beside: process)
  }

  /// Writes into the cgroup; where only systemd may move a process, it is asked to.
  public func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError) {
    do throws(CgroupError) {
      try files.add(pid, to: location)
    } catch {
      guard let unit = location.unit, case .system(let failure) = error,
        failure.errno == .permissionDenied || failure.errno == .notPermitted
      else { throw error }
      let below = location.below.isEmpty ? "" : "/" + location.below
      try asking("add a process to", unit) { () throws(ServiceManagerProblem) in
        try service.attach(pid, to: unit, below: below)
      }
    }
  }

  public func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError) {
    if resources == Resources() { return }
    if let unit = location.unit {
      let file = isUnified ? "memory.current" : "memory.usage_in_bytes"
      try forest.checkUsage(resources.memory, file, forest.places(location))
      try set(try properties(resources, unit), of: unit, location)
    }
    try files.apply(resources, to: location)
  }

  private func properties(
    _ resources: Resources, _ unit: String
  ) throws(CgroupError) -> [UnitProperty] {
    let writes: [ControlWrite]
    do throws(InexpressibleLimit) {
      writes = isUnified ? try resources.writesV2() : try resources.writesV1()
    } catch {
      throw .invalidValue(file: error.file, reason: error.reason)
    }
    return try properties(writes, resources.devices, resources.cpu.period, unit)
  }

  private func properties(
    _ writes: [ControlWrite], _ devices: [DeviceRule], _ period: UInt64?, _ unit: String
  ) throws(CgroupError) -> [UnitProperty] {
    let version = try version(unit)
    let limits =
      isUnified
      ? SystemdProperties.version2(writes, version)
      : SystemdProperties.version1(writes, period: period, version)
    return devices.isEmpty ? limits : limits + SystemdProperties.devices(devices, version)
  }

  public func prepare(
    _ change: ResourceChange, at location: CgroupLocation
  ) throws(CgroupError) -> CgroupUpdate {
    var update = try files.prepare(change, at: location)
    // On version 1 a container stands still while its device rules are set: whoever takes an update back that was
    // interrupted in it lets it go on.
    if location.unit != nil, !isUnified, !change.given.devices.isEmpty, try !files.isFrozen(location) {
      update.restoration.append(.thaw)
    }
    return update
  }

  /// The properties first: systemd writes the files, too, and what it rounds is written as it was asked for
  /// afterwards.
  public func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    if let unit = location.unit {
      let (given, period) = (update.change.given, update.change.merged.cpu.period)
      try set(try properties(update.writes, given.devices, period, unit), of: unit, location)
    }
    try files.perform(update, at: location)
  }

  /// What the properties were is what the files held: nobody else sets them.
  public func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    var failure: CgroupError?
    if let unit = location.unit {
      do throws(CgroupError) {
        let recorded = update.change.recorded
        let devices = update.change.given.devices.isEmpty ? [] : recorded.enforcedDevices
        let back = try properties(update.restoration, devices, recorded.cpu.period, unit)
        try set(back, of: unit, location)
      } catch {
        failure = error
      }
    }
    try files.restore(update, at: location)
    if failure != nil { throw .notRestored(files: [location.unit ?? ""]) }
  }

  /// On version 1 systemd denies all devices for a moment before it allows some: the container stands still
  /// meanwhile.
  private func set(
    _ properties: [UnitProperty], of unit: String, _ location: CgroupLocation
  ) throws(CgroupError) {
    guard !properties.isEmpty else { return }
    let isDisruptive = !isUnified && properties.contains { $0.name == "DeviceAllow" }
    let freezes = isDisruptive ? try !files.isFrozen(location) : false
    if freezes { try files.setFrozen(true, location) }
    do throws(ServiceManagerProblem) {
      try service.set(properties, of: unit)
    } catch {
      if freezes { try? files.setFrozen(false, location) }
      throw .serviceManager(operation: "set limits of", unit: unit, error)
    }
    if freezes { try files.setFrozen(false, location) }
  }

  public func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] {
    let found = try files.processes(in: location.whole)
    guard !found.isEmpty, location.holder != nil, try ownership(location) == .anothers else { return found }
    return []
  }

  public func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {
    try files.setFrozen(frozen, location)
  }

  public func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool {
    try files.isFrozen(location)
  }

  public func killAll(in location: CgroupLocation) throws(CgroupError) {
    guard try ownership(location) != .anothers else { return }
    try files.killAll(in: location.whole)
  }

  /// Stops the unit first, then removes what it may have left: old versions of systemd leave cgroups below
  /// that of the unit.
  public func destroy(_ location: CgroupLocation) throws(CgroupError) {
    var failure: CgroupError?
    if let unit = location.unit {
      do throws(CgroupError) {
        switch try ownership(location) {
        case .anothers: return
        case .nobodys: break
        case .its:
          try asking("remove", unit) { () throws(ServiceManagerProblem) in try service.remove(unit) }
        }
      } catch {
        failure = error
      }
    }
    try files.destroy(location.whole)
    if let failure { throw failure }
  }

  private func version(_ unit: String) throws(CgroupError) -> SystemdVersion {
    if let knownVersion { return knownVersion }
    let version = try asking("look up", unit) { () throws(ServiceManagerProblem) in try service.version() }
    knownVersion = version
    return version
  }

  private func asking<Value>(
    _ operation: String, _ unit: String, _ body: () throws(ServiceManagerProblem) -> Value
  ) throws(CgroupError) -> Value {
    do throws(ServiceManagerProblem) {
      return try body()
    } catch {
      throw .serviceManager(operation: operation, unit: unit, error)
    }
  }
}

extension UnitPlace.Violation {
  fileprivate var cgroupError: CgroupError {
    switch self {
    case .notUnitPath(let path), .notScope(let path): .notUnitPath(path)
    case .slice(let name): .invalidValue(file: "cgroupsPath", reason: "invalid slice name \(name)")
    case .tooLong(let name): .invalidValue(file: "cgroupsPath", reason: "unit name too long: \(name)")
    }
  }
}

extension CgroupLocation {
  /// The cgroups of the unit itself, without the one below it that a container may have for its own.
  fileprivate var whole: CgroupLocation {
    guard let unit else { return self }
    var copy = self
    for index in paths.indices { copy.paths[index].directory = paths[index].directory.upTo(unit) }
    return copy
  }

  /// The same, whoever holds it: for who is to have it.
  fileprivate var anybodys: CgroupLocation {
    var copy = self
    copy.holder = nil
    return copy
  }

  /// The name of the cgroup below the unit's; empty when there is none.
  fileprivate var below: String {
    guard let unit, let directory = paths.first?.directory else { return "" }
    let outer = directory.upTo(unit)
    return String(Substring(directory.utf8.dropFirst(outer.utf8.count + 1)))
  }

  /// For messages.
  fileprivate var directory: String { paths.first?.directory ?? unit ?? "" }
}

extension String {
  /// The path up to its last component of this name.
  fileprivate func upTo(_ name: String) -> String {
    let components = pathComponents
    guard let index = components.lastIndex(where: { $0 == name }) else { return self }
    return components[...index].reduce(into: "") { $0 += "/" + $1 }
  }
}
