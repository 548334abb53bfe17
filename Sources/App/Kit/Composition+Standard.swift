import Capabilities
import CgroupDisabled
import CgroupMonitor
import CgroupV1
import CgroupV2
import Console
import Domain
import Hooks
import HostProbe
import Linux
import Netlink
import Notify
import Ports
import Resctrl
import Seccomp
import Spawner
import StateDirectory
import Systemd
import YajlDocument

extension Composition {
  /// The adapters that come with the runtime.
  public static var standard: Composition {
    Composition(
      store: { root in DirectoryStateStore(root: root, reader: YajlDocument()) },
      cgroups: { driver, layout throws(CgroupError) in try standardCgroups(driver, layout) },
      monitor: { driver, layout in standardMonitor(driver, layout) },
      rdt: { mount in ResctrlManager(mount) },
      spawner: { LinuxProcessSpawner() },
      hooks: { ProgramHookRunner() },
      documents: { YajlDocument() },
      seccomp: { cache in standardSeccomp(cache) },
      capabilities: { LibcapNames() },
      probe: { LinuxHostProbe() },
      processes: { LinuxProcessControl() },
      gate: { FifoStartGate() },
      console: { SignalForegroundConsole() },
      networkDevices: { NetlinkDevices() },
      sender: { SocketDescriptorSender() },
      relay: { manager in NotifyRelay(manager: manager) },
      liveMounts: { LinuxLiveMounts() })
  }

  private static func standardSeccomp(_ cache: String?) -> any SeccompCompiler {
    guard let cache else { return LibseccompCompiler() }
    let salt = "martlet \(Version.number) \(LibseccompCompiler.dependencies)"
    return SeccompCache(LibseccompCompiler(), directory: cache, salt: salt)
  }

  private static func standardMonitor(
    _ driver: CgroupLocation.Driver, _ layout: CgroupLayout
  ) -> any ResourceMonitor {
    switch driver {
    case .disabled: DisabledMonitor()
    case .cgroupfs, .systemd: CgroupMonitor(CgroupTree.trees(layout))
    }
  }

  private static func standardCgroups(
    _ driver: CgroupLocation.Driver, _ layout: CgroupLayout
  ) throws(CgroupError) -> any CgroupManager {
    switch driver {
    case .cgroupfs: return fileSystemCgroups(layout)
    case .disabled: return CgroupDisabledManager()
    case .systemd: return SystemdCgroupManager(layout, files: fileSystemCgroups(layout))
    }
  }

  private static func fileSystemCgroups(_ layout: CgroupLayout) -> any CgroupManager {
    let trees = CgroupTree.trees(layout)
    if layout.mode == .unified, let tree = trees.first { return CgroupV2Manager(tree) }
    return CgroupV1Manager(trees)
  }
}
