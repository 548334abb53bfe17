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
    34: enter the root by pivot  (/root/path)
    35: make the root [private]  (/linux/rootfsPropagation)
    36: open a terminal, its master through slot 4, as /dev/console  (/process/terminal)
    37: remount "/" read-only  (/root/readonly)
    38: set the file mode mask 022  (/process/user/umask)
    39: set host name "martlet"  (/hostname)
    40: protect "/proc/bus" from writing  (/linux/readonlyPaths/0)
    41: protect "/proc/fs" from writing  (/linux/readonlyPaths/1)
    42: protect "/proc/irq" from writing  (/linux/readonlyPaths/2)
    43: protect "/proc/sys" from writing  (/linux/readonlyPaths/3)
    44: protect "/proc/sysrq-trigger" from writing  (/linux/readonlyPaths/4)
    45: mask "/proc/acpi"  (/linux/maskedPaths/0)
    46: mask "/proc/asound"  (/linux/maskedPaths/1)
    47: mask "/proc/kcore"  (/linux/maskedPaths/2)
    48: mask "/proc/keys"  (/linux/maskedPaths/3)
    49: mask "/proc/latency_stats"  (/linux/maskedPaths/4)
    50: mask "/proc/timer_list"  (/linux/maskedPaths/5)
    51: mask "/proc/timer_stats"  (/linux/maskedPaths/6)
    52: mask "/proc/sched_debug"  (/linux/maskedPaths/7)
    53: mask "/sys/firmware"  (/linux/maskedPaths/8)
    54: mask "/proc/scsi"  (/linux/maskedPaths/9)
    55: set no_new_privs  (/process/noNewPrivileges)
    56: reach milestone ready
    57: close all descriptors but the standard ones and 0 more
    58: find the home of user 0  (/process/env)
    59: change to "/" if permitted  (/process/cwd)
    60: limit the bounding set to 0x20000420  (/process/capabilities)
    61: keep capabilities over the change of ids  (/process/capabilities)
    62: give the standard streams to user 0  (/process/user)
    63: set groups []  (/process/user/additionalGids)
    64: set group 0  (/process/user/gid)
    65: set user 0  (/process/user/uid)
    66: change to "/"  (/process/cwd)
    67: verify the working directory  (/process/cwd)
    68: keep them no longer  (/process/capabilities)
    69: set capabilities effective 0x20000420 permitted 0x20000420 inheritable 0x0  (/process/capabilities)
    70: set ambient capabilities 0x0  (/process/capabilities)
    71: find "sh" in "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  (/process/args)
    72: wait for start at slot 5
    73: execute "sh"  (/process/args)

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
    27: enter the root by pivot  (/root/path)
    28: make the root [private]  (/linux/rootfsPropagation)
    29: open a terminal, its master through slot 1, as /dev/console  (/process/terminal)
    30: remount "/" read-only  (/root/readonly)
    31: set the file mode mask 022  (/process/user/umask)
    32: set host name "martlet"  (/hostname)
    33: protect "/proc/bus" from writing  (/linux/readonlyPaths/0)
    34: protect "/proc/fs" from writing  (/linux/readonlyPaths/1)
    35: protect "/proc/irq" from writing  (/linux/readonlyPaths/2)
    36: protect "/proc/sys" from writing  (/linux/readonlyPaths/3)
    37: protect "/proc/sysrq-trigger" from writing  (/linux/readonlyPaths/4)
    38: mask "/proc/acpi"  (/linux/maskedPaths/0)
    39: mask "/proc/asound"  (/linux/maskedPaths/1)
    40: mask "/proc/kcore"  (/linux/maskedPaths/2)
    41: mask "/proc/keys"  (/linux/maskedPaths/3)
    42: mask "/proc/latency_stats"  (/linux/maskedPaths/4)
    43: mask "/proc/timer_list"  (/linux/maskedPaths/5)
    44: mask "/proc/timer_stats"  (/linux/maskedPaths/6)
    45: mask "/proc/sched_debug"  (/linux/maskedPaths/7)
    46: mask "/sys/firmware"  (/linux/maskedPaths/8)
    47: mask "/proc/scsi"  (/linux/maskedPaths/9)
    48: set no_new_privs  (/process/noNewPrivileges)
    49: reach milestone ready
    50: close all descriptors but the standard ones and 0 more
    51: find the home of user 0  (/process/env)
    52: change to "/" if permitted  (/process/cwd)
    53: limit the bounding set to 0x20000420  (/process/capabilities)
    54: keep capabilities over the change of ids  (/process/capabilities)
    55: give the standard streams to user 0  (/process/user)
    56: set groups []  (/process/user/additionalGids)
    57: set group 0  (/process/user/gid)
    58: set user 0  (/process/user/uid)
    59: change to "/"  (/process/cwd)
    60: verify the working directory  (/process/cwd)
    61: keep them no longer  (/process/capabilities)
    62: set capabilities effective 0x20000420 permitted 0x20000420 inheritable 0x0  (/process/capabilities)
    63: set ambient capabilities 0x0  (/process/capabilities)
    64: find "sh" in "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  (/process/args)
    65: wait for start at slot 2
    66: execute "sh"  (/process/args)

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
    42: enter the root by pivot  (/root/path)
    43: make the root [private]  (/linux/rootfsPropagation)
    44: set the file mode mask 022  (/process/user/umask)
    45: set host name "5f0c"  (/hostname)
    46: protect "/proc/asound" from writing  (/linux/readonlyPaths/0)
    47: protect "/proc/bus" from writing  (/linux/readonlyPaths/1)
    48: protect "/proc/fs" from writing  (/linux/readonlyPaths/2)
    49: protect "/proc/irq" from writing  (/linux/readonlyPaths/3)
    50: protect "/proc/sys" from writing  (/linux/readonlyPaths/4)
    51: protect "/proc/sysrq-trigger" from writing  (/linux/readonlyPaths/5)
    52: mask "/proc/acpi"  (/linux/maskedPaths/0)
    53: mask "/proc/kcore"  (/linux/maskedPaths/1)
    54: mask "/proc/keys"  (/linux/maskedPaths/2)
    55: mask "/proc/latency_stats"  (/linux/maskedPaths/3)
    56: mask "/proc/timer_list"  (/linux/maskedPaths/4)
    57: mask "/proc/timer_stats"  (/linux/maskedPaths/5)
    58: mask "/proc/sched_debug"  (/linux/maskedPaths/6)
    59: mask "/proc/scsi"  (/linux/maskedPaths/7)
    60: mask "/sys/firmware"  (/linux/maskedPaths/8)
    61: mask "/sys/fs/selinux"  (/linux/maskedPaths/9)
    62: mask "/sys/dev/block"  (/linux/maskedPaths/10)
    63: reach milestone ready
    64: close all descriptors but the standard ones and 0 more
    65: install a seccomp filter of 4 instructions  (/linux/seccomp)
    66: change to "/" if permitted  (/process/cwd)
    67: limit the bounding set to 0xa80425fb  (/process/capabilities)
    68: keep capabilities over the change of ids  (/process/capabilities)
    69: give the standard streams to user 0  (/process/user)
    70: set groups []  (/process/user/additionalGids)
    71: set group 0  (/process/user/gid)
    72: set user 0  (/process/user/uid)
    73: change to "/"  (/process/cwd)
    74: verify the working directory  (/process/cwd)
    75: keep them no longer  (/process/capabilities)
    76: set capabilities effective 0xa80425fb permitted 0xa80425fb inheritable 0x0  (/process/capabilities)
    77: set ambient capabilities 0x0  (/process/capabilities)
    78: find "sh" in "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  (/process/args)
    79: wait for start at slot 8
    80: execute "sh" "-c" "echo hello"  (/process/args)

    """
}
