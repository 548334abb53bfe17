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
    birth: new namespaces [ipc,mount,network,pid,uts]
    birth: RLIMIT_NOFILE 1024 of 1024
    slot 0: mount tree, recursive, of "/b/rootfs"  (/root/path)
    slot 1: mount tree, recursive, of "/sys/fs/cgroup/pids/martlet/box"  (/mounts/6)
    slot 2: mount tree, recursive, of "/sys/fs/cgroup/cpu,cpuacct/martlet/box"  (/mounts/6)
    slot 3: mount tree, recursive, of "/sys/fs/cgroup/systemd/martlet/box"  (/mounts/6)
    slot 4: connection to "/console"  (/process/terminal)
    slot 5: exec fifo
    0: join the cgroups  (/linux/cgroupsPath)
    1: start a session
    2: set the file mode mask 00
    3: join session keyring _ses.box
    4: bring up the loopback interface  (/linux/namespaces)
    5: make / [recursive,slave]  (/root/path)
    6: attach root "/b/rootfs" from slot 0  (/root/path)
    7: mount proc "proc" on "/proc" []  (/mounts/0)
    8: mount tmpfs "tmpfs" on "/dev" [nosuid,strictatime] mode=755,size=65536k  (/mounts/1)
    9: mount devpts "devpts" on "/dev/pts" [nosuid,noexec] newinstance,ptmxmode=0666,mode=0620,gid=5  (/mounts/2)
    10: mount tmpfs "shm" on "/dev/shm" [nosuid,nodev,noexec] mode=1777,size=65536k  (/mounts/3)
    11: mount mqueue "mqueue" on "/dev/mqueue" [nosuid,nodev,noexec]  (/mounts/4)
    12: mount sysfs "sysfs" on "/sys" [ro,nosuid,nodev,noexec]  (/mounts/5)
    13: join the remaining cgroups  (/linux/cgroupsPath)
    14: mount tmpfs "tmpfs" on "/sys/fs/cgroup" [nosuid,nodev,noexec,relatime] mode=755  (/mounts/6)
    15: rbind "/sys/fs/cgroup/pids/martlet/box" on "/sys/fs/cgroup/pids" [ro,nosuid,nodev,noexec,relatime]  (/mounts/6)
    16: rbind "/sys/fs/cgroup/cpu,cpuacct/martlet/box" on "/sys/fs/cgroup/cpu,cpuacct" [ro,nosuid,nodev,noexec,relatime]  (/mounts/6)
    17: link "/sys/fs/cgroup/cpu" to "cpu,cpuacct"  (/mounts/6)
    18: link "/sys/fs/cgroup/cpuacct" to "cpu,cpuacct"  (/mounts/6)
    19: rbind "/sys/fs/cgroup/systemd/martlet/box" on "/sys/fs/cgroup/systemd" [ro,nosuid,nodev,noexec,relatime]  (/mounts/6)
    20: remount "/sys/fs/cgroup" read-only  (/mounts/6)
    21: reach milestone limited  (/linux/resources)
    22: make c 1:3 "/dev/null" mode 0666 owner 0:0
    23: make c 1:5 "/dev/zero" mode 0666 owner 0:0
    24: make c 1:7 "/dev/full" mode 0666 owner 0:0
    25: make c 1:8 "/dev/random" mode 0666 owner 0:0
    26: make c 1:9 "/dev/urandom" mode 0666 owner 0:0
    27: make c 5:0 "/dev/tty" mode 0666 owner 0:0
    28: link "/dev/fd" to "/proc/self/fd"
    29: link "/dev/stdin" to "/proc/self/fd/0"
    30: link "/dev/stdout" to "/proc/self/fd/1"
    31: link "/dev/stderr" to "/proc/self/fd/2"
    32: link "/dev/ptmx" to "pts/ptmx"
    33: enter the root by pivot  (/root/path)
    34: make the root [private]  (/linux/rootfsPropagation)
    35: open a terminal, its master through slot 4, as /dev/console  (/process/terminal)
    36: remount "/" read-only  (/root/readonly)
    37: set the file mode mask 022  (/process/user/umask)
    38: set host name "martlet"  (/hostname)
    39: protect "/proc/bus" from writing  (/linux/readonlyPaths/0)
    40: protect "/proc/fs" from writing  (/linux/readonlyPaths/1)
    41: protect "/proc/irq" from writing  (/linux/readonlyPaths/2)
    42: protect "/proc/sys" from writing  (/linux/readonlyPaths/3)
    43: protect "/proc/sysrq-trigger" from writing  (/linux/readonlyPaths/4)
    44: mask "/proc/acpi"  (/linux/maskedPaths/0)
    45: mask "/proc/asound"  (/linux/maskedPaths/1)
    46: mask "/proc/kcore"  (/linux/maskedPaths/2)
    47: mask "/proc/keys"  (/linux/maskedPaths/3)
    48: mask "/proc/latency_stats"  (/linux/maskedPaths/4)
    49: mask "/proc/timer_list"  (/linux/maskedPaths/5)
    50: mask "/proc/timer_stats"  (/linux/maskedPaths/6)
    51: mask "/proc/sched_debug"  (/linux/maskedPaths/7)
    52: mask "/sys/firmware"  (/linux/maskedPaths/8)
    53: mask "/proc/scsi"  (/linux/maskedPaths/9)
    54: set no_new_privs  (/process/noNewPrivileges)
    55: reach milestone ready
    56: close all descriptors but the standard ones and 0 more
    57: find the home of user 0  (/process/env)
    58: change to "/" if permitted  (/process/cwd)
    59: limit the bounding set to 0x20000420  (/process/capabilities)
    60: keep capabilities over the change of ids  (/process/capabilities)
    61: give the standard streams to user 0  (/process/user)
    62: set groups []  (/process/user/additionalGids)
    63: set group 0  (/process/user/gid)
    64: set user 0  (/process/user/uid)
    65: change to "/"  (/process/cwd)
    66: verify the working directory  (/process/cwd)
    67: keep them no longer  (/process/capabilities)
    68: set capabilities effective 0x20000420 permitted 0x20000420 inheritable 0x0  (/process/capabilities)
    69: set ambient capabilities 0x0  (/process/capabilities)
    70: find "sh" in "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  (/process/args)
    71: wait for start at slot 5
    72: execute "sh"  (/process/args)

    """

  static let defaultUnifiedListing = """
    birth: new namespaces [cgroup,ipc,mount,network,pid,uts]
    birth: RLIMIT_NOFILE 1024 of 1024
    slot 0: mount tree, recursive, of "/b/rootfs"  (/root/path)
    slot 1: connection to "/console"  (/process/terminal)
    slot 2: exec fifo
    0: join the cgroups  (/linux/cgroupsPath)
    1: start a session
    2: set the file mode mask 00
    3: unshare [cgroup]  (/linux/namespaces)
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
    14: mount cgroup2 "cgroup" on "/sys/fs/cgroup" [ro,nosuid,nodev,noexec,relatime]  (/mounts/6)
    15: make c 1:3 "/dev/null" mode 0666 owner 0:0
    16: make c 1:5 "/dev/zero" mode 0666 owner 0:0
    17: make c 1:7 "/dev/full" mode 0666 owner 0:0
    18: make c 1:8 "/dev/random" mode 0666 owner 0:0
    19: make c 1:9 "/dev/urandom" mode 0666 owner 0:0
    20: make c 5:0 "/dev/tty" mode 0666 owner 0:0
    21: link "/dev/fd" to "/proc/self/fd"
    22: link "/dev/stdin" to "/proc/self/fd/0"
    23: link "/dev/stdout" to "/proc/self/fd/1"
    24: link "/dev/stderr" to "/proc/self/fd/2"
    25: link "/dev/ptmx" to "pts/ptmx"
    26: enter the root by pivot  (/root/path)
    27: make the root [private]  (/linux/rootfsPropagation)
    28: open a terminal, its master through slot 1, as /dev/console  (/process/terminal)
    29: remount "/" read-only  (/root/readonly)
    30: set the file mode mask 022  (/process/user/umask)
    31: set host name "martlet"  (/hostname)
    32: protect "/proc/bus" from writing  (/linux/readonlyPaths/0)
    33: protect "/proc/fs" from writing  (/linux/readonlyPaths/1)
    34: protect "/proc/irq" from writing  (/linux/readonlyPaths/2)
    35: protect "/proc/sys" from writing  (/linux/readonlyPaths/3)
    36: protect "/proc/sysrq-trigger" from writing  (/linux/readonlyPaths/4)
    37: mask "/proc/acpi"  (/linux/maskedPaths/0)
    38: mask "/proc/asound"  (/linux/maskedPaths/1)
    39: mask "/proc/kcore"  (/linux/maskedPaths/2)
    40: mask "/proc/keys"  (/linux/maskedPaths/3)
    41: mask "/proc/latency_stats"  (/linux/maskedPaths/4)
    42: mask "/proc/timer_list"  (/linux/maskedPaths/5)
    43: mask "/proc/timer_stats"  (/linux/maskedPaths/6)
    44: mask "/proc/sched_debug"  (/linux/maskedPaths/7)
    45: mask "/sys/firmware"  (/linux/maskedPaths/8)
    46: mask "/proc/scsi"  (/linux/maskedPaths/9)
    47: set no_new_privs  (/process/noNewPrivileges)
    48: reach milestone ready
    49: close all descriptors but the standard ones and 0 more
    50: find the home of user 0  (/process/env)
    51: change to "/" if permitted  (/process/cwd)
    52: limit the bounding set to 0x20000420  (/process/capabilities)
    53: keep capabilities over the change of ids  (/process/capabilities)
    54: give the standard streams to user 0  (/process/user)
    55: set groups []  (/process/user/additionalGids)
    56: set group 0  (/process/user/gid)
    57: set user 0  (/process/user/uid)
    58: change to "/"  (/process/cwd)
    59: verify the working directory  (/process/cwd)
    60: keep them no longer  (/process/capabilities)
    61: set capabilities effective 0x20000420 permitted 0x20000420 inheritable 0x0  (/process/capabilities)
    62: set ambient capabilities 0x0  (/process/capabilities)
    63: find "sh" in "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  (/process/args)
    64: wait for start at slot 2
    65: execute "sh"  (/process/args)

    """

  static let podmanListing = """
    birth: new namespaces [ipc,mount,network,pid,uts]
    birth: RLIMIT_NOFILE 1024 of 1024
    birth: RLIMIT_NPROC 1024 of 1024
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
    2: set the file mode mask 00
    3: join session keyring _ses.5f0c
    4: bring up the loopback interface  (/linux/namespaces)
    5: make / [recursive,slave]  (/root/path)
    6: attach root "/var/lib/containers/storage/vfs/dir/a5b1" from slot 0  (/root/path)
    7: mount proc "proc" on "/proc" [nosuid,nodev,noexec]  (/mounts/0)
    8: mount tmpfs "tmpfs" on "/dev" [nosuid,noexec,strictatime] mode=755,size=65536k  (/mounts/1)
    9: mount sysfs "sysfs" on "/sys" [ro,nosuid,nodev,noexec]  (/mounts/2)
    10: mount devpts "devpts" on "/dev/pts" [nosuid,noexec] newinstance,ptmxmode=0666,mode=0620,gid=5  (/mounts/3)
    11: mount mqueue "mqueue" on "/dev/mqueue" [nosuid,nodev,noexec]  (/mounts/4)
    12: join the remaining cgroups  (/linux/cgroupsPath)
    13: bind "/run/containers/storage/vfs-containers/5f0c/userdata/hosts" on "/etc/hosts" []  (/mounts/5)
    14: make "/etc/hosts" [recursive,private]  (/mounts/5)
    15: bind "/var/lib/containers/storage/vfs-containers/5f0c/userdata/shm" on "/dev/shm" [nosuid,nodev,noexec]  (/mounts/6)
    16: make "/dev/shm" [recursive,private]  (/mounts/6)
    17: bind "/run/containers/storage/vfs-containers/5f0c/userdata/.containerenv" on "/run/.containerenv" []  (/mounts/7)
    18: make "/run/.containerenv" [recursive,private]  (/mounts/7)
    19: bind "/run/containers/storage/vfs-containers/5f0c/userdata/hostname" on "/etc/hostname" []  (/mounts/8)
    20: make "/etc/hostname" [recursive,private]  (/mounts/8)
    21: mount tmpfs "tmpfs" on "/sys/fs/cgroup" [nosuid,nodev,noexec,relatime] mode=755  (/mounts/9)
    22: rbind "/sys/fs/cgroup/pids/martlet/5f0c" on "/sys/fs/cgroup/pids" [ro,nosuid,nodev,noexec,relatime]  (/mounts/9)
    23: rbind "/sys/fs/cgroup/cpu,cpuacct/martlet/5f0c" on "/sys/fs/cgroup/cpu,cpuacct" [ro,nosuid,nodev,noexec,relatime]  (/mounts/9)
    24: link "/sys/fs/cgroup/cpu" to "cpu,cpuacct"  (/mounts/9)
    25: link "/sys/fs/cgroup/cpuacct" to "cpu,cpuacct"  (/mounts/9)
    26: rbind "/sys/fs/cgroup/systemd/martlet/5f0c" on "/sys/fs/cgroup/systemd" [ro,nosuid,nodev,noexec,relatime]  (/mounts/9)
    27: remount "/sys/fs/cgroup" read-only  (/mounts/9)
    28: make "/sys/fs/cgroup" [recursive,private]  (/mounts/9)
    29: reach milestone limited  (/linux/resources)
    30: make c 1:3 "/dev/null" mode 0666 owner 0:0
    31: make c 1:5 "/dev/zero" mode 0666 owner 0:0
    32: make c 1:7 "/dev/full" mode 0666 owner 0:0
    33: make c 1:8 "/dev/random" mode 0666 owner 0:0
    34: make c 1:9 "/dev/urandom" mode 0666 owner 0:0
    35: make c 5:0 "/dev/tty" mode 0666 owner 0:0
    36: link "/dev/fd" to "/proc/self/fd"
    37: link "/dev/stdin" to "/proc/self/fd/0"
    38: link "/dev/stdout" to "/proc/self/fd/1"
    39: link "/dev/stderr" to "/proc/self/fd/2"
    40: link "/dev/ptmx" to "pts/ptmx"
    41: enter the root by pivot  (/root/path)
    42: make the root [private]  (/linux/rootfsPropagation)
    43: set the file mode mask 022  (/process/user/umask)
    44: set host name "5f0c"  (/hostname)
    45: protect "/proc/asound" from writing  (/linux/readonlyPaths/0)
    46: protect "/proc/bus" from writing  (/linux/readonlyPaths/1)
    47: protect "/proc/fs" from writing  (/linux/readonlyPaths/2)
    48: protect "/proc/irq" from writing  (/linux/readonlyPaths/3)
    49: protect "/proc/sys" from writing  (/linux/readonlyPaths/4)
    50: protect "/proc/sysrq-trigger" from writing  (/linux/readonlyPaths/5)
    51: mask "/proc/acpi"  (/linux/maskedPaths/0)
    52: mask "/proc/kcore"  (/linux/maskedPaths/1)
    53: mask "/proc/keys"  (/linux/maskedPaths/2)
    54: mask "/proc/latency_stats"  (/linux/maskedPaths/3)
    55: mask "/proc/timer_list"  (/linux/maskedPaths/4)
    56: mask "/proc/timer_stats"  (/linux/maskedPaths/5)
    57: mask "/proc/sched_debug"  (/linux/maskedPaths/6)
    58: mask "/proc/scsi"  (/linux/maskedPaths/7)
    59: mask "/sys/firmware"  (/linux/maskedPaths/8)
    60: mask "/sys/fs/selinux"  (/linux/maskedPaths/9)
    61: mask "/sys/dev/block"  (/linux/maskedPaths/10)
    62: reach milestone ready
    63: close all descriptors but the standard ones and 0 more
    64: install a seccomp filter of 4 instructions  (/linux/seccomp)
    65: change to "/" if permitted  (/process/cwd)
    66: limit the bounding set to 0xa80425fb  (/process/capabilities)
    67: keep capabilities over the change of ids  (/process/capabilities)
    68: give the standard streams to user 0  (/process/user)
    69: set groups []  (/process/user/additionalGids)
    70: set group 0  (/process/user/gid)
    71: set user 0  (/process/user/uid)
    72: change to "/"  (/process/cwd)
    73: verify the working directory  (/process/cwd)
    74: keep them no longer  (/process/capabilities)
    75: set capabilities effective 0xa80425fb permitted 0xa80425fb inheritable 0x0  (/process/capabilities)
    76: set ambient capabilities 0x0  (/process/capabilities)
    77: find "sh" in "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  (/process/args)
    78: wait for start at slot 8
    79: execute "sh" "-c" "echo hello"  (/process/args)

    """
}
