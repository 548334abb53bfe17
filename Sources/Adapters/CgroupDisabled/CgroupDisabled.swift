public import Domain
public import Ports

/// No accounting: containers stay in the caller's cgroup. What needs a cgroup is `unsupported`.
public final class CgroupDisabledManager: CgroupManager {
  /// Makes the manager.
  public init() {}

  public func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    CgroupLocation(driver: .disabled)
  }

  public func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32? { nil }

  public func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] { [] }

  public func entrance(to location: CgroupLocation, beside process: Int32) throws(CgroupError)
    -> CgroupEntrance
  { CgroupEntrance() }

  public func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError) {}

  /// Device rules, which every engine writes into every document, are passed over: whoever chooses to have no
  /// cgroups chooses that nobody keeps them. A limit is an error.
  public func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError) {
    var limits = resources
    limits.devices = []
    guard limits == Resources() else { throw .unsupported(operation: "limit resources") }
  }

  public func prepare(
    _ change: ResourceChange, at location: CgroupLocation
  ) throws(CgroupError) -> CgroupUpdate {
    var limits = change.given
    limits.devices = []
    guard limits == Resources() else { throw .unsupported(operation: "limit resources") }
    return CgroupUpdate(
      ResourceChange(given: limits, recorded: change.recorded), writes: [], restoration: [])
  }

  public func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {}

  public func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {}

  public func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] {
    throw .unsupported(operation: "list processes")
  }

  public func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {
    throw .unsupported(operation: frozen ? "freeze" : "thaw")
  }

  public func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool { false }

  /// No process is in a cgroup of the container's, so that none is left to be killed.
  public func killAll(in location: CgroupLocation) throws(CgroupError) {}

  public func destroy(_ location: CgroupLocation) throws(CgroupError) {}
}
