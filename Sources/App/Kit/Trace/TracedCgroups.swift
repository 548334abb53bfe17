import Domain
import Ports

/// A cgroup manager whose calls are noted.
final class TracedCgroups: CgroupManager {
  private let base: any CgroupManager
  private let trace: Trace

  init(_ base: any CgroupManager, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  private func noted<Value>(
    _ name: StaticString, _ body: (any CgroupManager) throws(CgroupError) -> Value
  ) throws(CgroupError) -> Value {
    try trace.call(name) { () throws(CgroupError) in try body(base) }
  }

  func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    try noted("CgroupManager.locate") { (base) throws(CgroupError) in try base.locate(request) }
  }

  func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32? {
    try noted("CgroupManager.createBirthplace") { (base) throws(CgroupError) in
      try base.createBirthplace(location)
    }
  }

  func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] {
    let doors = try noted("CgroupManager.create") { (base) throws(CgroupError) in
      try base.create(location, for: process, request)
    }
    trace.annotate(location.paths.map(\.directory).joined(separator: " "))
    return doors
  }

  func entrance(to location: CgroupLocation, beside process: Int32) throws(CgroupError) -> CgroupEntrance {
    try noted("CgroupManager.entrance") { (base) throws(CgroupError) in
      try base.entrance(to: location, beside: process)
    }
  }

  func isProven(_ location: CgroupLocation) throws(CgroupError) -> Bool {
    try base.isProven(location)
  }

  func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError) {
    try noted("CgroupManager.add") { (base) throws(CgroupError) in try base.add(pid, to: location) }
  }

  func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError) {
    try noted("CgroupManager.apply") { (base) throws(CgroupError) in try base.apply(resources, to: location) }
  }

  func prepare(_ change: ResourceChange, at location: CgroupLocation) throws(CgroupError) -> CgroupUpdate {
    try base.prepare(change, at: location)
  }

  func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    try base.perform(update, at: location)
  }

  func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    try base.restore(update, at: location)
  }

  func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] {
    try noted("CgroupManager.processes") { (base) throws(CgroupError) in try base.processes(in: location) }
  }

  func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {
    try base.setFrozen(frozen, location)
  }

  func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool { try base.isFrozen(location) }

  func killAll(in location: CgroupLocation) throws(CgroupError) {
    try noted("CgroupManager.killAll") { (base) throws(CgroupError) in try base.killAll(in: location) }
  }

  func destroy(_ location: CgroupLocation) throws(CgroupError) {
    try noted("CgroupManager.destroy") { (base) throws(CgroupError) in try base.destroy(location) }
  }
}

/// A manager of classes of service whose calls are noted.
final class TracedRdt: IntelRdtManager {
  private let base: any IntelRdtManager
  private let trace: Trace

  init(_ base: any IntelRdtManager, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  func locate(_ group: RdtGroup) throws(RdtError) -> RdtLocation {
    try trace.call("IntelRdtManager.locate") { () throws(RdtError) in try base.locate(group) }
  }

  func claim(_ location: RdtLocation, _ schemata: RdtSchemata) throws(RdtError) -> RdtLocation {
    try trace.call("IntelRdtManager.claim") { () throws(RdtError) in try base.claim(location, schemata) }
  }

  func add(_ pid: Int32, to location: RdtLocation) throws(RdtError) {
    try trace.call("IntelRdtManager.add") { () throws(RdtError) in try base.add(pid, to: location) }
  }

  func apply(_ schemata: RdtSchemata, to location: RdtLocation) throws(RdtError) -> RdtSchemata {
    try base.apply(schemata, to: location)
  }

  func statistics(of location: RdtLocation) throws(RdtError) -> RdtStatistics {
    try base.statistics(of: location)
  }

  func destroy(_ location: RdtLocation) throws(RdtError) -> RdtRemoval {
    try trace.call("IntelRdtManager.destroy") { () throws(RdtError) in try base.destroy(location) }
  }
}
