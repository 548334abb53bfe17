import Capabilities
import Console
import Domain
import Hooks
import Linux
import Ports
import Seccomp
import Spawner
import YajlDocument

extension Composition {
  /// The adapters that come with the runtime.
  public static var standard: Composition {
    Composition(
      store: { _ in MissingStore() },
      cgroups: { driver, layout throws(CgroupError) in try standardCgroups(driver, layout) },
      spawner: { LinuxProcessSpawner() },
      hooks: { ProgramHookRunner() },
      documents: { YajlDocument() },
      seccomp: { cache in standardSeccomp(cache) },
      capabilities: { LibcapNames() },
      probe: { MissingProbe() },
      processes: { LinuxProcessControl() },
      gate: { FifoStartGate() },
      console: { SignalForegroundConsole() })
  }

  private static func standardSeccomp(_ cache: String?) -> any SeccompCompiler {
    guard let cache else { return LibseccompCompiler() }
    return SeccompCache(LibseccompCompiler(), directory: cache, salt: Version.number)
  }

  private static func standardCgroups(
    _ driver: CgroupLocation.Driver, _ layout: CgroupLayout
  ) throws(CgroupError) -> any CgroupManager {
    throw .unsupported(operation: "driver \(driver.rawValue)")
  }
}

/// Stands where the state directory will be.
private final class MissingStore: StateStore {
  func begin(_ intent: IntentRecord) throws(StateError) -> any StateLock { throw missing }
  func save(_ record: StateRecord) throws(StateError) { throw missing }
  func load(_ id: ContainerID) throws(StateError) -> StateEntry { throw .missing(id) }
  func identifiers() throws(StateError) -> [ContainerID] { [] }
  func lock(_ id: ContainerID) throws(StateError) -> any StateLock { throw .missing(id) }
  func remove(_ id: ContainerID) throws(StateError) { throw missing }
  func directory(of id: ContainerID) -> String { "" }
  private var missing: StateError {
    .system(SystemFailure(call: "open", subject: "state directory", errno: .notSupported))
  }
}

/// Stands where the probe of the host will be.
private final class MissingProbe: HostProbe {
  func facts() throws(SystemFailure) -> Facts { Facts() }
}
