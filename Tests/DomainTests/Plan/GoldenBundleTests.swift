import Domain
import Testing

/// The plans of two configurations from life, word for word: the one that `spec` writes, and one of Podman's.
@Suite struct GoldenBundleTests {
  /// Numbers as the kernel has them, for the capabilities that the two configurations name.
  static let capabilities: [String: UInt32] = [
    "CAP_CHOWN": 0, "CAP_DAC_OVERRIDE": 1, "CAP_FOWNER": 3, "CAP_FSETID": 4, "CAP_KILL": 5, "CAP_SETGID": 6,
    "CAP_SETUID": 7, "CAP_SETPCAP": 8, "CAP_NET_BIND_SERVICE": 10, "CAP_NET_RAW": 13, "CAP_SYS_CHROOT": 18,
    "CAP_MKNOD": 27, "CAP_AUDIT_WRITE": 29, "CAP_SETFCAP": 31,
  ]

  static let hybrid = CgroupLayout(
    mode: .hybrid,
    hierarchies: [
      .init(controllers: ["pids"], mountPoint: "/sys/fs/cgroup/pids"),
      .init(controllers: ["cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct"),
      .init(controllers: ["name=systemd"], mountPoint: "/sys/fs/cgroup/systemd"),
      .init(controllers: [], mountPoint: "/sys/fs/cgroup/unified", isUnified: true),
    ])

  static let unified = CgroupLayout(
    mode: .unified, hierarchies: [.init(controllers: [], mountPoint: "/sys/fs/cgroup", isUnified: true)])

  static func listing(_ document: Document, _ id: String, _ layout: CgroupLayout) throws -> String {
    var facts = Facts()
    facts.cgroups = layout
    #expect(ValidationRule.violations(of: document, on: facts).map(\.description) == [])
    var request = PlanRequest(id: try ContainerID(id), bundle: "/b")
    if document.process?.terminal == true { request.terminal = .socket(path: "/console") }
    if let settings = document.process?.capabilities {
      request.capabilities = ResolvedCapabilities(settings) { capabilities[$0] }
    }
    if document.linux?.seccomp != nil {
      request.seccomp = CompiledFilter(program: [UInt8](repeating: 0, count: 32), flags: 0)
    }
    let paths = layout.hierarchies.flatMap { hierarchy in
      (hierarchy.isUnified ? [""] : hierarchy.controllers).map {
        CgroupLocation.Path(controller: $0, directory: hierarchy.mountPoint + "/martlet/" + id)
      }
    }
    request.cgroup = CgroupLocation(driver: .cgroupfs, paths: paths)
    return try PlanCompiler.compile(document, facts: facts, request: request).listing
  }

  @Test("the bundle that spec writes, on cgroup v1")
  func defaultHybrid() throws {
    let listing = try GoldenBundleTests.listing(
      DefaultDocument.make(unified: false), "box", GoldenBundleTests.hybrid)
    #expect(listing == GoldenBundleTests.defaultHybridListing)
  }

  @Test("the bundle that spec writes, on cgroup v2")
  func defaultUnified() throws {
    let listing = try GoldenBundleTests.listing(
      DefaultDocument.make(unified: true), "box", GoldenBundleTests.unified)
    #expect(listing == GoldenBundleTests.defaultUnifiedListing)
  }

  @Test("a configuration of Podman's")
  func podman() throws {
    let document = try Document(decoding: try parsed(podmanConfiguration))
    let listing = try GoldenBundleTests.listing(document, "5f0c", GoldenBundleTests.hybrid)
    #expect(listing == GoldenBundleTests.podmanListing)
  }

  static let defaultHybridListing = """
    birth: new namespaces [ipc,mount,network,pid,uts]  (/linux/namespaces)
    birth: RLIMIT_NOFILE 1024 of 1024  (/process/rlimits/0)
    slot 0: mount tree, recursive, of "/b/rootfs"  (/root/path)
    slot 1: mount tree, recursive, of "/sys/fs/cgroup/pids/martlet/box"  (/mounts/6)
    slot 2: mount tree, recursive, of "/sys/fs/cgroup/cpu,cpuacct/martlet/box"  (/mounts/6)
    slot 3: mount tree, recursive, of "/sys/fs/cgroup/systemd/martlet/box"  (/mounts/6)
    slot 4: connection to "/console"  (/process/terminal)
    slot 5: exec fifo
    0: join the cgroups  (/linux/cgroupsPath)
    1: start a session
    2: run on every CPU that the cgroup allows
    3: set the file mode mask 00
    4: join session keyring _ses.box
    5: bring up the loopback interface  (/linux/namespaces)
    6: make / [recursive,slave]  (/root/path)
    7: attach root "/b/rootfs" from slot 0  (/root/path)
    8: mount proc "proc" on "/proc" []  (/mounts/0)
    9: mount tmpfs "tmpfs" on "/dev" [nosuid,strictatime] mode=755,size=65536k  (/mounts/1)
    10: mount devpts "devpts" on "/dev/pts" [nosuid,noexec] newinstance,ptmxmode=0666,mode=0620,gid=5  (/mounts/2)
    11: mount tmpfs "shm" on "/dev/shm" [nosuid,nodev,noexec] mode=1777,size=65536k  (/mounts/3)
    12: mount mqueue "mqueue" on "/dev/mqueue" [nosuid,nodev,noexec]  (/mounts/4)
    13: mount sysfs "sysfs" on "/sys" [ro,nosuid,nodev,noexec]  (/mounts/5)
    14: join the remaining cgroups  (/linux/cgroupsPath)
    15: mount tmpfs "tmpfs" on "/sys/fs/cgroup" [nosuid,nodev,noexec,relatime] mode=755  (/mounts/6)
    16: rbind "/sys/fs/cgroup/pids/martlet/box" on "/sys/fs/cgroup/pids" [ro,nosuid,nodev,noexec,relatime]  (/mounts/6)
    17: rbind "/sys/fs/cgroup/cpu,cpuacct/martlet/box" on "/sys/fs/cgroup/cpu,cpuacct" [ro,nosuid,nodev,noexec,relatime]  (/mounts/6)
    18: link "/sys/fs/cgroup/cpu" to "cpu,cpuacct"  (/mounts/6)
    19: link "/sys/fs/cgroup/cpuacct" to "cpu,cpuacct"  (/mounts/6)
    20: rbind "/sys/fs/cgroup/systemd/martlet/box" on "/sys/fs/cgroup/systemd" [ro,nosuid,nodev,noexec,relatime]  (/mounts/6)
    21: remount "/sys/fs/cgroup" read-only  (/mounts/6)
    22: reach milestone limited  (/linux/resources)
    23: make c 1:3 "/dev/null" mode 0666 owner 0:0
    24: make c 1:5 "/dev/zero" mode 0666 owner 0:0
    25: make c 1:7 "/dev/full" mode 0666 owner 0:0
    26: make c 1:8 "/dev/random" mode 0666 owner 0:0
    27: make c 1:9 "/dev/urandom" mode 0666 owner 0:0
    28: make c 5:0 "/dev/tty" mode 0666 owner 0:0
    29: link "/dev/fd" to "/proc/self/fd"
    30: link "/dev/stdin" to "/proc/self/fd/0"
    31: link "/dev/stdout" to "/proc/self/fd/1"
    32: link "/dev/stderr" to "/proc/self/fd/2"
    33: link "/dev/ptmx" to "pts/ptmx"
    34: take the names of descriptors out of the host's procfs
    35: enter the root by pivot  (/root/path)
    36: make the root [private]  (/linux/rootfsPropagation)
    37: open a terminal, its master through slot 4, as /dev/console  (/process/terminal)
    38: remount "/" read-only  (/root/readonly)
    39: set the file mode mask 022  (/process/user/umask)
    40: set host name "martlet"  (/hostname)
    41: protect "/proc/bus" from writing  (/linux/readonlyPaths/0)
    42: protect "/proc/fs" from writing  (/linux/readonlyPaths/1)
    43: protect "/proc/irq" from writing  (/linux/readonlyPaths/2)
    44: protect "/proc/sys" from writing  (/linux/readonlyPaths/3)
    45: protect "/proc/sysrq-trigger" from writing  (/linux/readonlyPaths/4)
    46: mask "/proc/acpi"  (/linux/maskedPaths/0)
    47: mask "/proc/asound"  (/linux/maskedPaths/1)
    48: mask "/proc/kcore"  (/linux/maskedPaths/2)
    49: mask "/proc/keys"  (/linux/maskedPaths/3)
    50: mask "/proc/latency_stats"  (/linux/maskedPaths/4)
    51: mask "/proc/timer_list"  (/linux/maskedPaths/5)
    52: mask "/proc/timer_stats"  (/linux/maskedPaths/6)
    53: mask "/proc/sched_debug"  (/linux/maskedPaths/7)
    54: mask "/sys/firmware"  (/linux/maskedPaths/8)
    55: mask "/proc/scsi"  (/linux/maskedPaths/9)
    56: set no_new_privs  (/process/noNewPrivileges)
    57: reach milestone ready
    58: close all descriptors but the standard ones and 0 more
    59: find the home of user 0  (/process/env)
    60: change to "/" if permitted  (/process/cwd)
    61: limit the bounding set to 0x20000420  (/process/capabilities)
    62: keep capabilities over the change of ids  (/process/capabilities)
    63: give the standard streams to user 0  (/process/user)
    64: set groups []  (/process/user/additionalGids)
    65: set group 0  (/process/user/gid)
    66: set user 0  (/process/user/uid)
    67: change to "/"  (/process/cwd)
    68: verify the working directory  (/process/cwd)
    69: keep them no longer  (/process/capabilities)
    70: set capabilities effective 0x20000420 permitted 0x20000420 inheritable 0x0  (/process/capabilities)
    71: set ambient capabilities 0x0  (/process/capabilities)
    72: find "sh" in "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  (/process/args)
    73: wait for start at slot 5
    74: execute "sh"  (/process/args)

    """

  static let defaultUnifiedListing = """
    birth: new namespaces [cgroup,ipc,mount,network,pid,uts]  (/linux/namespaces)
    birth: RLIMIT_NOFILE 1024 of 1024  (/process/rlimits/0)
    slot 0: mount tree, recursive, of "/b/rootfs"  (/root/path)
    slot 1: connection to "/console"  (/process/terminal)
    slot 2: exec fifo
    0: join the cgroups  (/linux/cgroupsPath)
    1: start a session
    2: run on every CPU that the cgroup allows
    3: set the file mode mask 00
    4: unshare [cgroup]  (/linux/namespaces)
    5: join session keyring _ses.box
    6: bring up the loopback interface  (/linux/namespaces)
    7: make / [recursive,slave]  (/root/path)
    8: attach root "/b/rootfs" from slot 0  (/root/path)
    9: mount proc "proc" on "/proc" []  (/mounts/0)
    10: mount tmpfs "tmpfs" on "/dev" [nosuid,strictatime] mode=755,size=65536k  (/mounts/1)
    11: mount devpts "devpts" on "/dev/pts" [nosuid,noexec] newinstance,ptmxmode=0666,mode=0620,gid=5  (/mounts/2)
    12: mount tmpfs "shm" on "/dev/shm" [nosuid,nodev,noexec] mode=1777,size=65536k  (/mounts/3)
    13: mount mqueue "mqueue" on "/dev/mqueue" [nosuid,nodev,noexec]  (/mounts/4)
    14: mount sysfs "sysfs" on "/sys" [ro,nosuid,nodev,noexec]  (/mounts/5)
    15: mount cgroup2 "cgroup" on "/sys/fs/cgroup" [ro,nosuid,nodev,noexec,relatime]  (/mounts/6)
    16: make c 1:3 "/dev/null" mode 0666 owner 0:0
    17: make c 1:5 "/dev/zero" mode 0666 owner 0:0
    18: make c 1:7 "/dev/full" mode 0666 owner 0:0
    19: make c 1:8 "/dev/random" mode 0666 owner 0:0
    20: make c 1:9 "/dev/urandom" mode 0666 owner 0:0
    21: make c 5:0 "/dev/tty" mode 0666 owner 0:0
    22: link "/dev/fd" to "/proc/self/fd"
    23: link "/dev/stdin" to "/proc/self/fd/0"
    24: link "/dev/stdout" to "/proc/self/fd/1"
    25: link "/dev/stderr" to "/proc/self/fd/2"
    26: link "/dev/ptmx" to "pts/ptmx"
    27: take the names of descriptors out of the host's procfs
    28: enter the root by pivot  (/root/path)
    29: make the root [private]  (/linux/rootfsPropagation)
    30: open a terminal, its master through slot 1, as /dev/console  (/process/terminal)
    31: remount "/" read-only  (/root/readonly)
    32: set the file mode mask 022  (/process/user/umask)
    33: set host name "martlet"  (/hostname)
    34: protect "/proc/bus" from writing  (/linux/readonlyPaths/0)
    35: protect "/proc/fs" from writing  (/linux/readonlyPaths/1)
    36: protect "/proc/irq" from writing  (/linux/readonlyPaths/2)
    37: protect "/proc/sys" from writing  (/linux/readonlyPaths/3)
    38: protect "/proc/sysrq-trigger" from writing  (/linux/readonlyPaths/4)
    39: mask "/proc/acpi"  (/linux/maskedPaths/0)
    40: mask "/proc/asound"  (/linux/maskedPaths/1)
    41: mask "/proc/kcore"  (/linux/maskedPaths/2)
    42: mask "/proc/keys"  (/linux/maskedPaths/3)
    43: mask "/proc/latency_stats"  (/linux/maskedPaths/4)
    44: mask "/proc/timer_list"  (/linux/maskedPaths/5)
    45: mask "/proc/timer_stats"  (/linux/maskedPaths/6)
    46: mask "/proc/sched_debug"  (/linux/maskedPaths/7)
    47: mask "/sys/firmware"  (/linux/maskedPaths/8)
    48: mask "/proc/scsi"  (/linux/maskedPaths/9)
    49: set no_new_privs  (/process/noNewPrivileges)
    50: reach milestone ready
    51: close all descriptors but the standard ones and 0 more
    52: find the home of user 0  (/process/env)
    53: change to "/" if permitted  (/process/cwd)
    54: limit the bounding set to 0x20000420  (/process/capabilities)
    55: keep capabilities over the change of ids  (/process/capabilities)
    56: give the standard streams to user 0  (/process/user)
    57: set groups []  (/process/user/additionalGids)
    58: set group 0  (/process/user/gid)
    59: set user 0  (/process/user/uid)
    60: change to "/"  (/process/cwd)
    61: verify the working directory  (/process/cwd)
    62: keep them no longer  (/process/capabilities)
    63: set capabilities effective 0x20000420 permitted 0x20000420 inheritable 0x0  (/process/capabilities)
    64: set ambient capabilities 0x0  (/process/capabilities)
    65: find "sh" in "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  (/process/args)
    66: wait for start at slot 2
    67: execute "sh"  (/process/args)

    """

  static let podmanListing = """
    birth: new namespaces [ipc,mount,network,pid,uts]  (/linux/namespaces)
    birth: RLIMIT_NOFILE 1024 of 1024  (/process/rlimits/0)
    birth: RLIMIT_NPROC 1024 of 1024  (/process/rlimits/1)
    slot 0: mount tree, recursive, of "/var/lib/containers/storage/vfs/dir/a5b1"  (/root/path)
    slot 1: mount tree of "/run/containers/storage/vfs-containers/5f0c/userdata/hosts"  (/mounts/5/source)
    slot 2: mount tree of "/var/lib/containers/storage/vfs-containers/5f0c/userdata/shm"  (/mounts/6/source)
    slot 3: mount tree of "/run/containers/storage/vfs-containers/5f0c/userdata/.containerenv"  (/mounts/7/source)
    slot 4: mount tree of "/run/containers/storage/vfs-containers/5f0c/userdata/hostname"  (/mounts/8/source)
    slot 5: mount tree, recursive, of "/sys/fs/cgroup/pids/martlet/5f0c"  (/mounts/9)
    slot 6: mount tree, recursive, of "/sys/fs/cgroup/cpu,cpuacct/martlet/5f0c"  (/mounts/9)
    slot 7: mount tree, recursive, of "/sys/fs/cgroup/systemd/martlet/5f0c"  (/mounts/9)
    slot 8: exec fifo
    0: join the cgroups  (/linux/cgroupsPath)
    1: start a session
    2: run on every CPU that the cgroup allows
    3: set the file mode mask 00
    4: join session keyring _ses.5f0c
    5: bring up the loopback interface  (/linux/namespaces)
    6: make / [recursive,slave]  (/root/path)
    7: attach root "/var/lib/containers/storage/vfs/dir/a5b1" from slot 0  (/root/path)
    8: mount proc "proc" on "/proc" [nosuid,nodev,noexec]  (/mounts/0)
    9: mount tmpfs "tmpfs" on "/dev" [nosuid,noexec,strictatime] mode=755,size=65536k  (/mounts/1)
    10: mount sysfs "sysfs" on "/sys" [ro,nosuid,nodev,noexec]  (/mounts/2)
    11: mount devpts "devpts" on "/dev/pts" [nosuid,noexec] newinstance,ptmxmode=0666,mode=0620,gid=5  (/mounts/3)
    12: mount mqueue "mqueue" on "/dev/mqueue" [nosuid,nodev,noexec]  (/mounts/4)
    13: join the remaining cgroups  (/linux/cgroupsPath)
    14: bind "/run/containers/storage/vfs-containers/5f0c/userdata/hosts" on "/etc/hosts" []  (/mounts/5)
    15: make "/etc/hosts" [recursive,private]  (/mounts/5)
    16: bind "/var/lib/containers/storage/vfs-containers/5f0c/userdata/shm" on "/dev/shm" [nosuid,nodev,noexec]  (/mounts/6)
    17: make "/dev/shm" [recursive,private]  (/mounts/6)
    18: bind "/run/containers/storage/vfs-containers/5f0c/userdata/.containerenv" on "/run/.containerenv" []  (/mounts/7)
    19: make "/run/.containerenv" [recursive,private]  (/mounts/7)
    20: bind "/run/containers/storage/vfs-containers/5f0c/userdata/hostname" on "/etc/hostname" []  (/mounts/8)
    21: make "/etc/hostname" [recursive,private]  (/mounts/8)
    22: mount tmpfs "tmpfs" on "/sys/fs/cgroup" [nosuid,nodev,noexec,relatime] mode=755  (/mounts/9)
    23: rbind "/sys/fs/cgroup/pids/martlet/5f0c" on "/sys/fs/cgroup/pids" [ro,nosuid,nodev,noexec,relatime]  (/mounts/9)
    24: rbind "/sys/fs/cgroup/cpu,cpuacct/martlet/5f0c" on "/sys/fs/cgroup/cpu,cpuacct" [ro,nosuid,nodev,noexec,relatime]  (/mounts/9)
    25: link "/sys/fs/cgroup/cpu" to "cpu,cpuacct"  (/mounts/9)
    26: link "/sys/fs/cgroup/cpuacct" to "cpu,cpuacct"  (/mounts/9)
    27: rbind "/sys/fs/cgroup/systemd/martlet/5f0c" on "/sys/fs/cgroup/systemd" [ro,nosuid,nodev,noexec,relatime]  (/mounts/9)
    28: remount "/sys/fs/cgroup" read-only  (/mounts/9)
    29: make "/sys/fs/cgroup" [recursive,private]  (/mounts/9)
    30: reach milestone limited  (/linux/resources)
    31: make c 1:3 "/dev/null" mode 0666 owner 0:0
    32: make c 1:5 "/dev/zero" mode 0666 owner 0:0
    33: make c 1:7 "/dev/full" mode 0666 owner 0:0
    34: make c 1:8 "/dev/random" mode 0666 owner 0:0
    35: make c 1:9 "/dev/urandom" mode 0666 owner 0:0
    36: make c 5:0 "/dev/tty" mode 0666 owner 0:0
    37: link "/dev/fd" to "/proc/self/fd"
    38: link "/dev/stdin" to "/proc/self/fd/0"
    39: link "/dev/stdout" to "/proc/self/fd/1"
    40: link "/dev/stderr" to "/proc/self/fd/2"
    41: link "/dev/ptmx" to "pts/ptmx"
    42: take the names of descriptors out of the host's procfs
    43: enter the root by pivot  (/root/path)
    44: make the root [private]  (/linux/rootfsPropagation)
    45: set the file mode mask 022  (/process/user/umask)
    46: set host name "5f0c"  (/hostname)
    47: protect "/proc/asound" from writing  (/linux/readonlyPaths/0)
    48: protect "/proc/bus" from writing  (/linux/readonlyPaths/1)
    49: protect "/proc/fs" from writing  (/linux/readonlyPaths/2)
    50: protect "/proc/irq" from writing  (/linux/readonlyPaths/3)
    51: protect "/proc/sys" from writing  (/linux/readonlyPaths/4)
    52: protect "/proc/sysrq-trigger" from writing  (/linux/readonlyPaths/5)
    53: mask "/proc/acpi"  (/linux/maskedPaths/0)
    54: mask "/proc/kcore"  (/linux/maskedPaths/1)
    55: mask "/proc/keys"  (/linux/maskedPaths/2)
    56: mask "/proc/latency_stats"  (/linux/maskedPaths/3)
    57: mask "/proc/timer_list"  (/linux/maskedPaths/4)
    58: mask "/proc/timer_stats"  (/linux/maskedPaths/5)
    59: mask "/proc/sched_debug"  (/linux/maskedPaths/6)
    60: mask "/proc/scsi"  (/linux/maskedPaths/7)
    61: mask "/sys/firmware"  (/linux/maskedPaths/8)
    62: mask "/sys/fs/selinux"  (/linux/maskedPaths/9)
    63: mask "/sys/dev/block"  (/linux/maskedPaths/10)
    64: reach milestone ready
    65: close all descriptors but the standard ones and 0 more
    66: install a seccomp filter of 4 instructions  (/linux/seccomp)
    67: change to "/" if permitted  (/process/cwd)
    68: limit the bounding set to 0xa80425fb  (/process/capabilities)
    69: keep capabilities over the change of ids  (/process/capabilities)
    70: give the standard streams to user 0  (/process/user)
    71: set groups []  (/process/user/additionalGids)
    72: set group 0  (/process/user/gid)
    73: set user 0  (/process/user/uid)
    74: change to "/"  (/process/cwd)
    75: verify the working directory  (/process/cwd)
    76: keep them no longer  (/process/capabilities)
    77: set capabilities effective 0xa80425fb permitted 0xa80425fb inheritable 0x0  (/process/capabilities)
    78: set ambient capabilities 0x0  (/process/capabilities)
    79: find "sh" in "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  (/process/args)
    80: wait for start at slot 8
    81: execute "sh" "-c" "echo hello"  (/process/args)

    """
}
