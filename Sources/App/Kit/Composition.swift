public import Domain
import Linux
public import Ports

/// Which adapters the runtime is made of. A third party takes `standard`, replaces an entry, and calls
/// `Kit.main`.
public struct Composition {
  /// Makes the store of a root directory.
  public var store: (_ root: String) -> any StateStore
  /// Makes the cgroup manager of a driver on a host with these hierarchies.
  public var cgroups: (CgroupLocation.Driver, CgroupLayout) throws(CgroupError) -> any CgroupManager
  /// Makes the monitor of what containers use, for a driver on a host with these hierarchies.
  public var monitor: (CgroupLocation.Driver, CgroupLayout) throws(CgroupError) -> any ResourceMonitor
  /// Makes the manager of classes of service in a resctrl file system.
  public var rdt: (RdtMount) -> any IntelRdtManager
  /// Starts processes.
  public var spawner: () -> any ProcessSpawner
  /// Runs hooks.
  public var hooks: () -> any HookRunner
  /// Reads JSON.
  public var documents: () -> any DocumentReader
  /// Compiles seccomp profiles; the directory, where there is one, keeps what was compiled.
  public var seccomp: (_ cache: String?) -> any SeccompCompiler
  /// Knows capabilities.
  public var capabilities: () -> any CapabilityNames
  /// Looks at the host.
  public var probe: () -> any HostProbe
  /// Looks at processes and signals them.
  public var processes: () -> any ProcessControl
  /// Lets created containers start.
  public var gate: () -> any StartGate
  /// Waits in the foreground.
  public var console: () -> any ForegroundConsole
  /// Moves network devices.
  public var networkDevices: () -> any NetworkDevices
  /// Gives descriptors away.
  public var sender: () -> any DescriptorSender
  /// Passes on to the manager of services at an address, as `NOTIFY_SOCKET` has it.
  public var relay: (_ manager: String) -> any ReadinessRelay
  /// Adds mounts to running containers.
  public var liveMounts: () -> any LiveMounts

  /// Makes a composition.
  public init(
    store: @escaping (_ root: String) -> any StateStore,
    cgroups: @escaping (CgroupLocation.Driver, CgroupLayout) throws(CgroupError) -> any CgroupManager,
    monitor: @escaping (CgroupLocation.Driver, CgroupLayout) throws(CgroupError) -> any ResourceMonitor,
    rdt: @escaping (RdtMount) -> any IntelRdtManager,
    spawner: @escaping () -> any ProcessSpawner, hooks: @escaping () -> any HookRunner,
    documents: @escaping () -> any DocumentReader,
    seccomp: @escaping (_ cache: String?) -> any SeccompCompiler,
    capabilities: @escaping () -> any CapabilityNames, probe: @escaping () -> any HostProbe,
    processes: @escaping () -> any ProcessControl, gate: @escaping () -> any StartGate,
    console: @escaping () -> any ForegroundConsole, networkDevices: @escaping () -> any NetworkDevices,
    sender: @escaping () -> any DescriptorSender,
    relay: @escaping (_ manager: String) -> any ReadinessRelay, liveMounts: @escaping () -> any LiveMounts
  ) {
    self.liveMounts = liveMounts
    self.relay = relay
    self.sender = sender
    self.store = store
    self.cgroups = cgroups
    self.monitor = monitor
    self.rdt = rdt
    self.spawner = spawner
    self.hooks = hooks
    self.documents = documents
    self.seccomp = seccomp
    self.capabilities = capabilities
    self.probe = probe
    self.processes = processes
    self.gate = gate
    self.console = console
    self.networkDevices = networkDevices
  }

  /// The same with another cgroup manager.
  public func replacing(
    cgroups: @escaping (CgroupLocation.Driver, CgroupLayout) throws(CgroupError) -> any CgroupManager
  ) -> Composition {
    var copy = self
    copy.cgroups = cgroups
    return copy
  }
}
