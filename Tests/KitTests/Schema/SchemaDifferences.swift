/// Where martlet differs from the schema, each with its reason: whatever is not named here agrees.
enum SchemaDifferences {
  typealias Row = (path: String, reason: String)

  /// Properties that martlet does not look at.
  static let ignored: [Row] = [
    ("/windows", "another platform's; the specification lets a runtime ignore it"),
    ("/solaris", "another platform's"),
    ("/zos", "another platform's"),
    ("/freebsd", "another platform's"),
    ("/vm", "for runtimes that start virtual machines"),
    ("/process/commandLine", "for Windows alone, where it replaces args"),
    ("/process/user/username", "for Windows alone"),
  ]

  /// Texts that are no arbitrary ones: a valid one, another one that is valid too, and, where the schema gives a
  /// form, one that is not of it.
  static let texts: [(path: String, valid: String, other: String, malformed: String?)] = [
    ("/root/path", "rootfs", "/srv", nil),
    ("/linux/namespaces/[]/type", "user", "mount", nil),
    ("/linux/namespaces/[]/path", "", "/proc/1/ns/user", nil),
    ("/linux/seccomp/defaultAction", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", nil),
    ("/linux/seccomp/syscalls/[]/action", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", nil),
    ("/process/cwd", "/", "/tmp", nil),
    ("/process/env/[]", "A=1", "A=2", nil),
    ("/process/rlimits/[]/type", "RLIMIT_CORE", "RLIMIT_NOFILE", "core"),
    ("/process/execCPUAffinity/initial", "0-1", "1", "a"),
    ("/process/execCPUAffinity/final", "0-1", "1", "0;1"),
    ("/linux/memoryPolicy/nodes", "0", "0-1", nil),
    ("/linux/devices/[]/type", "c", "b", "x"),
    ("/linux/devices/[]/path", "/dev/x", "/dev/y", nil),
    ("/linux/resources/devices/[]/type", "c", "b", nil),
    ("/linux/resources/devices/[]/access", "rw", "r", nil),
    ("/linux/resources/hugepageLimits/[]/pageSize", "2MB", "1GB", "64kB"),
    ("/linux/intelRdt/memBwSchema", "MB:0=70", "MB:0=20", "L3:0=7"),
  ]

  /// Numbers that the schema allows and martlet refuses.
  static let narrower: [Row] =
    [
      ("/process/consoleSize/height", "the kernel's terminals have at most 65,535 rows"),
      ("/process/consoleSize/width", "and as many columns"),
      ("/process/user/uid", "4294967295 stands for \"no change\" in the kernel's calls"),
      ("/process/user/gid", "the same"),
      ("/process/user/additionalGids/[]", "the same"),
      ("/process/user/umask", "a mask has nine bits"),
      ("/process/ioPriority/priority", "the kernel's levels are 0 to 7"),
      ("/process/scheduler/nice", "the kernel's values are -20 to 19"),
      ("/process/scheduler/priority", "only a real-time policy has one, of 1 to 99"),
      ("/process/rlimits/[]/soft", "above the hard limit"),
      ("/linux/resources/blockIO/weight", "the kernel's weights are 10 to 1000"),
      ("/linux/resources/blockIO/leafWeight", "the same"),
      ("/linux/resources/blockIO/weightDevice/[]/weight", "the same"),
      ("/linux/resources/blockIO/weightDevice/[]/leafWeight", "the same"),
      ("/linux/resources/cpu/idle", "a cgroup is idle or not"),
      ("/linux/resources/memory/swappiness", "a share of 100"),
      ("/linux/seccomp/syscalls/[]/args/[]/index", "a system call has six arguments"),
      ("/linux/timeOffsets/boottime/nanosecs", "a second has 1,000,000,000 of them"),
      ("/linux/timeOffsets/monotonic/nanosecs", "the same"),
    ]
    + ["runtime", "deadline", "period"].map {
      ("/process/scheduler/" + $0, "only a deadline policy has one, of at most 63 bits")
    }
    + ["/mounts/[]", "/linux"].flatMap { place in
      ["uidMappings", "gidMappings"].map {
        (place + "/" + $0 + "/[]/size", "an empty range maps nothing; one of all ids runs past the last")
      }
    } + nodes.flatMap { [($0 + "/major", numbers), ($0 + "/minor", numbers)] }

  private static let numbers = "the kernel's numbers are not negative and have at most 32 bits"

  private static let nodes =
    ["/linux/devices/[]", "/linux/resources/devices/[]"]
    + [
      "weightDevice", "throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice",
      "throttleWriteIOPSDevice",
    ].map { "/linux/resources/blockIO/" + $0 + "/[]" }

  /// Numbers that the schema refuses and martlet allows.
  static let wider: [Row] = [
    ("/linux/devices/[]/fileMode", "engines pass a file's type along with its mode; it is left out")
  ]

  /// Members that the schema requires and martlet does not.
  static let optional: [Row] =
    [
      ("/ociVersion", "a missing or unknown version is a warning, as no peer refuses any"),
      ("/process/consoleSize/height", "engines leave out a zero, which asks nothing"),
      ("/process/consoleSize/width", "the same"),
      ("/process/rlimits/[]/soft", "engines leave out a zero"),
      ("/process/rlimits/[]/hard", "the same"),
      ("/linux/resources/pids/limit", "without it no limit is asked for"),
    ]
    + ["/mounts/[]", "/linux"].flatMap { place in
      ["uidMappings", "gidMappings"].flatMap { list in
        ["containerID", "hostID"].map { (place + "/" + list + "/[]/" + $0, "engines leave out a zero") }
      }
    }

  /// Members that martlet requires and the schema does not.
  static let required: [Row] = [
    ("/root", "the specification requires it for Linux"),
    ("/process", "a container that could never be started is refused when it is made, as by runc"),
    ("/linux/namespaces", "a root of the container's own needs a mount namespace of its own"),
  ]

  /// What else is wrong with a good example; the places of the violations.
  static let goodExamples: [(name: String, violations: [String], reason: String)] = [
    ("minimal", [], ""),
    ("minimal-for-start", [], ""),
    ("spec-example", [], ""),
    ("linux-rdma", [], ""),
    ("linux-netdevice", ["/linux/netDevices"], "the devices need a network namespace of the container's own"),
    ("zos-minimal", [], ""),
    ("zos-example", ["/hostname"], "z/OS: it has no section for Linux, where a name needs a UTS namespace"),
    ("freebsd-minimal", [], ""),
    ("freebsd-example", ["/hostname"], "FreeBSD: the same"),
  ]

  /// Properties that `plan` shows no effect of, where it has one.
  static let silent: [Row] = [
    ("/ociVersion", "it has no effect"),
    ("/process/execCPUAffinity", "it is for exec alone"),
    ("/process/consoleSize", "it is part of how the terminal is opened"),
    ("/linux/mountLabel", "it is an option of mounts"),
    ("/linux/rootfsPropagation", "it is part of how the root is attached"),
  ]

  /// Bad examples that are taken all the same.
  static let takenExamples: [(name: String, reason: String)] = [
    ("freebsd-vnet-disable", "another platform's section is not looked at")
  ]
}
