public import Domain
public import Ports

/// Looks at what one container uses and at what its memory limits lead to, for programs: what `events` prints, as
/// values.
public final class ContainerMonitor {
  /// The container's init process: its pidfd tells when the container ends.
  public let process: ProcessIdentity

  private let location: CgroupLocation
  private let monitor: any ResourceMonitor
  private let rdt: (location: RdtLocation, manager: any IntelRdtManager)?

  /// Why the last statistics have nothing of the container's class of service, although it has one.
  public private(set) var classFailure: RdtError?

  /// Finds a container below a root directory.
  /// - Throws: what the store says; `notRunning` when the container has no process; `cgroup` when its driver has no
  ///   monitor.
  public convenience init(
    _ id: ContainerID, root: String, composition: Composition = .standard
  ) throws(MonitorError) {
    let entry: StateEntry
    do throws(StateError) { entry = try composition.store(root).load(id) } catch { throw .state(error) }
    guard let state = entry.state, composition.processes().isAlive(state.initProcess) else {
      throw .notRunning(id)
    }
    let facts: Facts
    do throws(SystemFailure) { facts = try composition.probe().facts() } catch { throw .system(error) }
    let monitor: any ResourceMonitor
    do throws(CgroupError) {
      monitor = try composition.monitor(state.cgroup.driver, facts.cgroups)
    } catch {
      throw .cgroup(error)
    }
    self.init(state, monitor, composition)
  }

  /// Looks at a container whose state is known.
  init(_ state: StateRecord, _ monitor: any ResourceMonitor, _ composition: Composition) {
    process = state.initProcess
    location = state.cgroup
    self.monitor = monitor
    rdt = state.rdt.map { ($0, composition.rdt($0.mount)) }
  }

  /// Reads what the container uses; of its class of service too where all is asked for.
  public func statistics(
    _ selection: StatisticsSelection = .all
  ) throws(CgroupError) -> ContainerStatistics {
    var statistics = ContainerStatistics(resources: try monitor.statistics(of: location, selection))
    classFailure = nil
    guard let rdt, selection == .all else { return statistics }
    do throws(RdtError) {
      statistics.intelRdt = try rdt.manager.statistics(of: rdt.location)
    } catch {
      classFailure = error
    }
    return statistics
  }

  /// Watches for processes that are killed because memory is out: `oomKill` of what the watch takes, each once.
  public func notifyOOM() throws(CgroupError) -> any MemoryWatch {
    try monitor.memoryEvents(of: location, .limits)
  }

  /// Watches for want of memory, before it is out.
  public func notifyMemoryPressure(_ pressure: MemoryPressure) throws(CgroupError) -> any MemoryWatch {
    try monitor.memoryEvents(of: location, .pressure(pressure))
  }
}

/// Why a container cannot be looked at.
public enum MonitorError: Error, Equatable, Sendable {
  /// The store has no such container, or cannot read it.
  case state(StateError)
  /// The container has no process.
  case notRunning(ContainerID)
  /// Its driver has no monitor.
  case cgroup(CgroupError)
  /// The host could not be looked at.
  case system(SystemFailure)
}
