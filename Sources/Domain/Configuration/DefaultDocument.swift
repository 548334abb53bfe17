/// The document that `martlet spec` prints: a shell with little power on a read-only root.
public enum DefaultDocument {
  /// The document for root. `unified` hosts have cgroup v2 alone, where a cgroup namespace is worth having.
  public static func make(unified: Bool) -> Document {
    var document = Document()
    document.ociVersion = Specification.version
    document.root = Root(path: "rootfs", readonly: true)
    document.process = process
    document.hostname = "martlet"
    document.mounts = mounts
    document.linux = linux(unified: unified)
    return document
  }

  /// The document for an ordinary user: its own user namespace, and nothing that needs the host's root.
  public static func makeRootless(uid: UInt32, gid: UInt32, unified: Bool) -> Document {
    var document = make(unified: unified)
    document.mounts = document.mounts.map(rootless)
    document.linux?.namespaces.removeAll { $0.type == .network }
    document.linux?.namespaces.append(Namespace(.user))
    document.linux?.uidMappings = [IDMapping(containerID: 0, hostID: uid, size: 1)]
    document.linux?.gidMappings = [IDMapping(containerID: 0, hostID: gid, size: 1)]
    document.linux?.resources = Resources()
    return document
  }

  private static var process: ProcessSettings {
    var process = ProcessSettings()
    process.terminal = true
    process.args = ["sh"]
    process.env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"]
    process.cwd = "/"
    let names = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
    var capabilities = CapabilitySettings()
    capabilities.bounding = names
    capabilities.effective = names
    capabilities.permitted = names
    process.capabilities = capabilities
    process.rlimits = [ResourceLimit(type: "RLIMIT_NOFILE", hard: 1024, soft: 1024)]
    process.noNewPrivileges = true
    return process
  }

  private static var mounts: [Mount] {
    [
      Mount(destination: "/proc", type: "proc", source: "proc"),
      Mount(
        destination: "/dev", type: "tmpfs", source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      Mount(
        destination: "/dev/pts", type: "devpts", source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
      Mount(
        destination: "/dev/shm", type: "tmpfs", source: "shm",
        options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
      Mount(
        destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
      Mount(
        destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
      Mount(
        destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
        options: ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    ]
  }

  /// The same mount without group 5, which has no mapping, and without a sysfs of its own, which the
  /// kernel gives only to the owner of the network namespace.
  private static func rootless(_ mount: Mount) -> Mount {
    var mount = mount
    mount.options.removeAll { $0 == "gid=5" }
    if mount.type == "sysfs" {
      mount.type = "none"
      mount.source = "/sys"
      mount.options.insert("rbind", at: 0)
    }
    return mount
  }

  private static func linux(unified: Bool) -> LinuxSettings {
    var linux = LinuxSettings()
    linux.resources.devices = [DeviceRule(allow: false)]
    linux.namespaces = [.pid, .network, .ipc, .uts, .mount].map { Namespace($0) }
    if unified { linux.namespaces.append(Namespace(.cgroup)) }
    linux.maskedPaths = [
      "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
      "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
    ]
    linux.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    return linux
  }
}
