import Domain

/// Makes documents and requests from a seed: the same seed, the same document.
struct DocumentGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed &+ 0x9E37_79B9_7F4A_7C15
  }

  mutating func next() -> UInt64 {
    state = state &+ 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }

  mutating func some<T>(_ values: [T], atMost limit: Int) -> [T] {
    let count = below(limit + 1)
    var result: [T] = []
    for _ in 0..<count { result.append(pick(values)) }
    return result
  }

  mutating func document() -> Document {
    var document = Document()
    document.ociVersion = "1.3.0"
    document.root = Root(path: pick(["rootfs", "/srv/rootfs"]), readonly: chance(50))
    document.process = process()
    document.hostname = chance(50) ? "box" : nil
    document.domainname = chance(20) ? "example" : nil
    for _ in 0..<below(9) { document.mounts.append(mount()) }
    document.hooks = hooks()
    document.linux = linux()
    return document
  }

  mutating func process() -> ProcessSettings {
    var process = ProcessSettings()
    process.terminal = chance(30)
    process.args = ["sh"] + some(["-c", "true", "x y"], atMost: 3)
    process.env = some(["PATH=/bin:/usr/bin", "PATH=/sbin", "HOME=", "HOME=/root", "A=1", "A=2"], atMost: 5)
    process.cwd = pick(["/", "/work", "/a/b/c"])
    process.user.uid = UInt32(pick([0, 1000]))
    process.user.gid = UInt32(pick([0, 1000]))
    process.user.umask = chance(30) ? 0o077 : nil
    process.user.additionalGids = some([1, 10, 100], atMost: 3)
    process.noNewPrivileges = chance(50)
    process.oomScoreAdj = chance(20) ? 100 : nil
    addInherited(to: &process)
    let names = ResourceLimitNumber.table.map(\.name)
    for name in some(names, atMost: 3) { process.rlimits.append(.init(type: name, hard: 1024, soft: 1024)) }
    return process
  }

  private mutating func addInherited(to process: inout ProcessSettings) {
    if chance(15) {
      process.scheduler = Scheduler(policy: pick(Scheduler.Policy.allCases))
      process.scheduler?.flags = some(Scheduler.Flag.allCases, atMost: 2)
    }
    if chance(15) { process.ioPriority = IOPriority(pick(IOPriority.Class.allCases), priority: 3) }
    if chance(20) {
      process.execCPUAffinity = ExecCPUAffinity(
        initial: chance(50) ? "0-3" : nil, final: chance(50) ? "1,3" : nil)
    }
    if chance(10) { process.apparmorProfile = "lab" }
    if chance(10) { process.selinuxLabel = "u:r:t:s0:c1,c2" }
  }

  mutating func mount() -> Mount {
    let options = some(
      ["ro", "nosuid", "nodev", "noexec", "relatime", "rprivate", "rslave", "rro", "noatime", "rw"], atMost: 4
    )
    switch below(8) {
    case 6: return Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: options)
    case 0: return Mount(destination: "/proc", type: "proc", source: "proc", options: options)
    case 1: return Mount(destination: "/dev", type: "tmpfs", source: "tmpfs", options: options + ["mode=755"])
    case 2:
      var mount = Mount(
        destination: "/tmp", type: "tmpfs", source: "tmpfs", options: options + ["tmpcopyup"])
      if chance(20) { mount.options.append("idmap=uids=0-1-1;gids=0-1-1") }
      return mount
    case 3: return Mount(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: options)
    case 4:
      var mount = Mount(destination: "/data", source: "/srv/data", options: options + ["bind"])
      if chance(30) { mount.uidMappings = [IDMapping(containerID: 0, hostID: 1, size: 2)] }
      mount.gidMappings = mount.uidMappings
      if chance(20) { mount.options.append(pick(["copy-symlink", "src-nofollow", "dest-nofollow"])) }
      return mount
    case 5: return Mount(destination: "/dev", source: "/dev", options: options + ["rbind"])
    default: return Mount(destination: "/proc", type: "proc", options: ["remount"] + options)
    }
  }

  mutating func hooks() -> Hooks {
    var hooks = Hooks()
    if chance(10) { hooks.prestart = [Hook(path: "/bin/a")] }
    if chance(10) { hooks.createRuntime = [Hook(path: "/bin/b")] }
    if chance(10) { hooks.createContainer = [Hook(path: "/bin/c")] }
    if chance(10) { hooks.startContainer = [Hook(path: "/bin/d")] }
    return hooks
  }

  mutating func linux() -> LinuxSettings {
    var linux = LinuxSettings()
    linux.namespaces = [Namespace(.mount)]
    for type in NamespaceType.allCases where type != .mount && chance(60) {
      linux.namespaces.append(Namespace(type, path: chance(20) ? "/proc/1/ns/\(type.procName)" : nil))
    }
    linux.uidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 65536)]
    linux.gidMappings = linux.uidMappings
    linux.devices = some(
      [
        Device(.character, path: "/dev/fuse", major: 10, minor: 229), Device(.fifo, path: "/dev/pipe"),
        Device(.character, path: "/dev/null", major: 1, minor: 3),
      ], atMost: 2)
    linux.rootfsPropagation = chance(30) ? pick(["shared", "rslave", "private", "runbindable"]) : nil
    if chance(15) { linux.personality = Personality(pick(Personality.Domain.allCases)) }
    if chance(15) { linux.memoryPolicy = MemoryPolicy(.bind, nodes: "0") }
    if chance(20) { linux.resources.cpu.cpus = "0" }
    if chance(20) { linux.mountLabel = "u:object_r:t:s0:c1,c2" }
    linux.sysctl = some([Annotation(name: "net.ipv4.ip_forward", value: "1")], atMost: 2)
    linux.maskedPaths = some(["/proc/kcore", "/proc/keys", "/sys/firmware"], atMost: 4)
    linux.readonlyPaths = some(["/proc/sys", "/proc/bus"], atMost: 3)
    return linux
  }

  mutating func request(terminal: Bool) throws -> PlanRequest {
    var request = PlanRequest(id: try ContainerID("box"), bundle: "/bundle")
    if terminal { request.terminal = chance(50) ? .runtime : .socket(path: "/run/console.sock") }
    request.waitsForStart = chance(60)
    request.avoidsPivot = chance(10)
    request.newKeyring = chance(80)
    request.preservedDescriptors = below(3)
    if chance(50) {
      request.seccomp = CompiledFilter(program: [UInt8](repeating: 0, count: 16), flags: pick([0, 4, 8]))
    }
    if chance(20) { request.landlock = ruleset() }
    if chance(20) { request.coreCookie = chance(50) ? .new : .of(process: 1) }
    request.capabilities.bounding = CapabilitySet(rawValue: next() & 0x1FF_FFFF_FFFF)
    request.capabilities.permitted = request.capabilities.bounding
    return request
  }

  private mutating func ruleset() -> LandlockRuleset? {
    var settings = LandlockSettings()
    settings.handledFiles = ["execute", "read_file", "ioctl_dev"]
    settings.handledPorts = ["bind_tcp"]
    settings.isBestEffort = chance(50)
    for path in some(["/usr", "/lib", "/none"], atMost: 3) {
      settings.paths.append(.init(paths: [path], access: ["execute", "read_file"]))
    }
    settings.ports = some([.init(ports: [80, 443], access: ["bind_tcp"])], atMost: 2)
    return settings.ruleset(version: 1 + below(7))
  }

  mutating func facts() -> Facts {
    var facts = Facts(hasKernelCore: chance(50))
    if chance(50) {
      facts.cgroups = CgroupLayout(
        mode: .hybrid,
        hierarchies: [
          .init(controllers: ["memory"], mountPoint: "/sys/fs/cgroup/memory"),
          .init(controllers: ["cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct"),
        ])
    }
    return facts
  }
}
