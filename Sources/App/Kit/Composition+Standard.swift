import Capabilities
import CgroupDisabled
import CgroupV1
import Console
import Domain
import Hooks
import HostProbe
import Linux
import Ports
import Seccomp
import Spawner
import StateDirectory
import YajlDocument

extension Composition {
  /// The adapters that come with the runtime.
  public static var standard: Composition {
    Composition(
      store: { root in DirectoryStateStore(root: root, reader: YajlDocument()) },
      cgroups: { driver, layout throws(CgroupError) in try standardCgroups(driver, layout) },
      spawner: { LinuxProcessSpawner() },
      hooks: { ProgramHookRunner() },
      documents: { YajlDocument() },
      seccomp: { cache in standardSeccomp(cache) },
      capabilities: { LibcapNames() },
      probe: { LinuxHostProbe() },
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
    switch driver {
    case .cgroupfs:
      // Without a v1 tree its manager would limit nothing, and say nothing.
      guard layout.mode != .unified else { throw .unsupported(operation: "driver cgroupfs on cgroup v2") }
      return CgroupV1Manager(CgroupTree.trees(layout))
    case .disabled: return CgroupDisabledManager()
    case .systemd: throw .unsupported(operation: "driver systemd")
    }
  }
}
