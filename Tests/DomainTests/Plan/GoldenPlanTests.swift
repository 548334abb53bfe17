import Domain
import Testing

/// Whole plans, word for word: a change of order or effect shows here.
@Suite struct GoldenPlanTests {
  static func smallDocument() -> Document {
    var document = Document()
    document.root = Root(path: "rootfs", readonly: true)
    var process = ProcessSettings()
    process.args = ["sh"]
    process.cwd = "/"
    process.env = ["PATH=/bin", "PATH=/sbin:/bin"]
    process.noNewPrivileges = true
    process.rlimits = [ResourceLimit(type: "RLIMIT_NOFILE", hard: 1024, soft: 512)]
    document.process = process
    document.hostname = "box"
    document.mounts = [
      Mount(destination: "/proc", type: "proc", source: "proc"),
      Mount(
        destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755"]),
      Mount(destination: "/data", source: "data", options: ["rbind", "ro", "rprivate"]),
    ]
    var linux = LinuxSettings()
    linux.namespaces = [Namespace(.pid), Namespace(.mount), Namespace(.uts), Namespace(.network)]
    linux.maskedPaths = ["/proc/kcore"]
    linux.readonlyPaths = ["/proc/sys"]
    document.linux = linux
    return document
  }

  @Test("a small container, created")
  func small() throws {
    var request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    request.capabilities.bounding = CapabilitySet(rawValue: 1 << 5)
    request.capabilities.permitted = request.capabilities.bounding
    request.capabilities.effective = request.capabilities.bounding
    request.seccomp = CompiledFilter(program: [UInt8](repeating: 0, count: 32), flags: 0)
    let plan = try PlanCompiler.compile(GoldenPlanTests.smallDocument(), facts: Facts(), request: request)
    #expect(plan.listing == GoldenPlanTests.smallListing)
  }

  static let smallListing = """
    birth: new namespaces [mount,network,pid,uts]  (/linux/namespaces)
    birth: RLIMIT_NOFILE 512 of 1024  (/process/rlimits/0)
    slot 0: mount tree, recursive, of "/b/rootfs"  (/root/path)
    slot 1: mount tree, recursive, of "/b/data"  (/mounts/2/source)
    slot 2: exec fifo
    0: join the cgroups  (/linux/cgroupsPath)
    1: start a session
    2: run on every CPU that the cgroup allows
    3: set the file mode mask 00
    4: join session keyring _ses.box
    5: bring up the loopback interface  (/linux/namespaces)
    6: make / [recursive,slave]  (/root/path)
    7: attach root "/b/rootfs" from slot 0  (/root/path)
    8: mount proc "proc" on "/proc" []  (/mounts/0)
    9: mount tmpfs "tmpfs" on "/dev" [nosuid,strictatime] mode=755  (/mounts/1)
    10: rbind "/b/data" on "/data" [ro]  (/mounts/2)
    11: make "/data" [recursive,private]  (/mounts/2)
    12: make c 1:3 "/dev/null" mode 0666 owner 0:0
    13: make c 1:5 "/dev/zero" mode 0666 owner 0:0
    14: make c 1:7 "/dev/full" mode 0666 owner 0:0
    15: make c 1:8 "/dev/random" mode 0666 owner 0:0
    16: make c 1:9 "/dev/urandom" mode 0666 owner 0:0
    17: make c 5:0 "/dev/tty" mode 0666 owner 0:0
    18: link "/dev/fd" to "/proc/self/fd"
    19: link "/dev/stdin" to "/proc/self/fd/0"
    20: link "/dev/stdout" to "/proc/self/fd/1"
    21: link "/dev/stderr" to "/proc/self/fd/2"
    22: link "/dev/ptmx" to "pts/ptmx"
    23: take the names of descriptors out of the host's procfs
    24: enter the root by pivot  (/root/path)
    25: make the root [private]  (/linux/rootfsPropagation)
    26: remount "/" read-only  (/root/readonly)
    27: set the file mode mask 022  (/process/user/umask)
    28: set host name "box"  (/hostname)
    29: protect "/proc/sys" from writing  (/linux/readonlyPaths/0)
    30: mask "/proc/kcore"  (/linux/maskedPaths/0)
    31: set no_new_privs  (/process/noNewPrivileges)
    32: reach milestone ready
    33: close all descriptors but the standard ones and 0 more
    34: find the home of user 0  (/process/env)
    35: change to "/" if permitted  (/process/cwd)
    36: limit the bounding set to 0x20  (/process/capabilities)
    37: keep capabilities over the change of ids  (/process/capabilities)
    38: give the standard streams to user 0  (/process/user)
    39: set groups []  (/process/user/additionalGids)
    40: set group 0  (/process/user/gid)
    41: set user 0  (/process/user/uid)
    42: change to "/"  (/process/cwd)
    43: verify the working directory  (/process/cwd)
    44: keep them no longer  (/process/capabilities)
    45: set capabilities effective 0x20 permitted 0x20 inheritable 0x0  (/process/capabilities)
    46: set ambient capabilities 0x0  (/process/capabilities)
    47: find "sh" in "/sbin:/bin"  (/process/args)
    48: wait for start at slot 2
    49: install a seccomp filter of 4 instructions  (/linux/seccomp)
    50: execute "sh"  (/process/args)

    """
}
