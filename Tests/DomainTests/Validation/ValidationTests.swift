import Domain
import Testing

@Suite struct ValidationTests {
  /// A document that follows every rule.
  static func good() -> Document {
    var document = Document()
    document.root = Root(path: "rootfs")
    var process = ProcessSettings()
    process.args = ["sh"]
    process.cwd = "/"
    process.env = ["PATH=/bin", "EMPTY="]
    document.process = process
    document.hostname = "box"
    document.mounts = [
      Mount(destination: "/proc", type: "proc"),
      Mount(destination: "/data", source: "/srv", options: ["bind"]),
      Mount(destination: "/proc/meminfo", source: "/srv/meminfo", options: ["bind"]),
    ]
    var linux = LinuxSettings()
    linux.namespaces = [
      Namespace(.mount), Namespace(.uts), Namespace(.ipc), Namespace(.network), Namespace(.user),
    ]
    linux.uidMappings = [IDMapping(containerID: 0, hostID: 1000, size: 10)]
    linux.gidMappings = linux.uidMappings
    linux.sysctl = [
      Annotation(name: "net.ipv4.ip_forward", value: "1"), Annotation(name: "kernel/shmmax", value: "1"),
    ]
    document.linux = linux
    return document
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var pointer: String
    var change: @Sendable (inout Document) -> Void
    var testDescription: String { pointer }

    init(_ pointer: String, _ change: @escaping @Sendable (inout Document) -> Void) {
      self.pointer = pointer
      self.change = change
    }
  }

  /// A profile with an agent.
  static func notifying(_ names: [String], errno: UInt32? = nil) -> SeccompProfile {
    var profile = SeccompProfile(defaultAction: .allow)
    profile.syscalls = [SeccompRule(names: names, action: .notify, errnoRet: errno)]
    profile.listenerPath = "/run/agent"
    return profile
  }

  @Test("a host name in a namespace that is the runtime's own would be the host's")
  func ownNamespace() {
    var facts = Facts()
    facts.sharedNamespaces = NamespaceSet(.uts)
    let found = ValidationRule.violations(of: ValidationTests.good(), on: facts)
    #expect(found.map { "\($0.pointer)" } == ["/hostname"])
    #expect(ValidationTests.good().setsNamespaceValues)
    #expect(!Document().setsNamespaceValues)
  }

  static let bad: [Case] = [
    Case("/root") { $0.root = nil },
    Case("/root/path") { $0.root?.path = "" },
    Case("/process/args") { $0.process?.args = [] },
    Case("/process/cwd") { $0.process?.cwd = "" },
    Case("/process/cwd") { $0.process?.cwd = "work" },
    Case("/process/env/1") { $0.process?.env = ["A=1", "B"] },
    Case("/process/env/0") { $0.process?.env = ["=1"] },
    Case("/process/rlimits/0/type") { $0.process?.rlimits = [ResourceLimit(type: "X", hard: 1, soft: 1)] },
    Case("/process/rlimits/0/soft") {
      $0.process?.rlimits = [ResourceLimit(type: "RLIMIT_CORE", hard: 1, soft: 2)]
    },
    Case("/process/rlimits/1/type") {
      $0.process?.rlimits = [
        ResourceLimit(type: "RLIMIT_CORE", hard: 1, soft: 1),
        ResourceLimit(type: "RLIMIT_CORE", hard: 2, soft: 1),
      ]
    },
    Case("/process/user/uid") { $0.process?.user.uid = 10 },
    Case("/process/user/gid") { $0.process?.user.gid = 4_294_967_295 },
    Case("/process/user/additionalGids/1") { $0.process?.user.additionalGids = [9, 10] },
    Case("/process/user/umask") { $0.process?.user.umask = 0o1000 },
    Case("/process/oomScoreAdj") { $0.process?.oomScoreAdj = -1001 },
    Case("/process/oomScoreAdj") { $0.process?.oomScoreAdj = .max },
    Case("/process/user/uid") {
      $0.linux?.namespaces.removeAll { $0.type == .user }
      $0.linux?.uidMappings = []
      $0.linux?.gidMappings = []
      $0.process?.user.uid = .max
    },
    Case("/process/apparmorProfile") { $0.process?.apparmorProfile = "x" },
    Case("/process/selinuxLabel") { $0.process?.selinuxLabel = "x" },
    Case("/hostname") { $0.linux?.namespaces.removeAll { $0.type == .uts } },
    Case("/linux/namespaces") { $0.linux?.namespaces.removeAll { $0.type == .mount } },
    Case("/linux/namespaces/5") { $0.linux?.namespaces.append(Namespace(.ipc, path: "/x")) },
    Case("/linux/namespaces/0/path") { $0.linux?.namespaces[0].path = "relative" },
    Case("/linux/uidMappings") { $0.linux?.uidMappings = [] },
    Case("/linux/gidMappings") { $0.linux?.gidMappings = [] },
    Case("/linux/uidMappings/0/size") { $0.linux?.uidMappings[0].size = 0 },
    Case("/linux/uidMappings") { $0.linux?.namespaces.removeAll { $0.type == .user } },
    Case("/linux/uidMappings/0/size") { $0.linux?.uidMappings[0].hostID = 4_294_967_286 },
    Case("/linux/gidMappings/0/size") { $0.linux?.gidMappings[0].size = .max },
    Case("/linux/uidMappings") { $0.linux?.uidMappings[0].containerID = 1 },
    Case("/linux/uidMappings/1") {
      $0.linux?.uidMappings.append(IDMapping(containerID: 9, hostID: 5000, size: 1))
    },
    Case("/linux/uidMappings/1") {
      $0.linux?.uidMappings.append(IDMapping(containerID: 10, hostID: 999, size: 2))
    },
    Case("/linux/gidMappings") {
      $0.linux?.gidMappings = (0..<341).map { IDMapping(containerID: $0, hostID: $0, size: 1) }
    },
    Case("/linux/timeOffsets/monotonic/nanosecs") {
      $0.linux?.namespaces.append(Namespace(.time))
      $0.linux?.timeOffsets = [TimeOffset(clock: .monotonic, seconds: 0, nanoseconds: 1_000_000_000)]
    },
    Case("/hostname") { $0.hostname = String(repeating: "a", count: 65) },
    Case("/domainname") { $0.domainname = String(repeating: "a", count: 65) },
    Case("/linux/resources/memory/swappiness") { $0.linux?.resources.memory.swappiness = 101 },
    Case("/linux/seccomp/syscalls/0/names") {
      $0.linux?.seccomp = SeccompProfile(defaultAction: .allow)
      $0.linux?.seccomp?.syscalls = [SeccompRule(names: [], action: .kill)]
    },
    Case("/linux/timeOffsets") {
      $0.linux?.timeOffsets = [TimeOffset(clock: .boottime, seconds: 1, nanoseconds: 0)]
    },
    Case("/linux/timeOffsets") {
      $0.linux?.timeOffsets = [TimeOffset(clock: .boottime, seconds: 1, nanoseconds: 0)]
      $0.linux?.namespaces.append(Namespace(.time, path: "/proc/1/ns/time"))
    },
    Case("/linux/rootfsPropagation") { $0.linux?.rootfsPropagation = "upwards" },
    Case("/mounts/0/destination") { $0.mounts[0].destination = "" },
    Case("/mounts/2/destination") { $0.mounts[2].destination = "/proc/sys/kernel" },
    Case("/mounts/2/destination") { $0.mounts[2].destination = "//proc/./meminfo/../self/attr" },
    Case("/mounts/1/source") { $0.mounts[1].source = nil },
    Case("/mounts/1/options") { $0.mounts[1].options = ["bind", "size=1"] },
    Case("/mounts/0/type") { $0.mounts[0].type = nil },
    Case("/mounts/1") {
      $0.mounts[1].options = ["bind", "idmap"]
      $0.linux?.namespaces.removeAll { $0.type == .user }
    },
    Case("/mounts/1") { $0.mounts[1].uidMappings = [IDMapping(containerID: 0, hostID: 1, size: 1)] },
    Case("/mounts/1") { $0.mounts[1].options = ["bind", "idmap=uids=0-1-1"] },
    Case("/mounts/1") { $0.mounts[1].options = ["bind", "idmap=uids=0-1;gids=0-1-1"] },
    Case("/mounts/1") { $0.mounts[1].options = ["bind", "idmap=uids=@10-1-1;gids=0-1-1"] },
    Case("/mounts/1") { $0.mounts[1].options = ["bind", "remount", "ridmap"] },
    Case("/mounts/0/type") { $0.mounts[0].options = ["idmap"] },
    Case("/mounts/1/gidMappings/0/size") {
      $0.mounts[1].uidMappings = [IDMapping(containerID: 0, hostID: 1, size: 1)]
      $0.mounts[1].gidMappings = [IDMapping(containerID: 0, hostID: 1, size: 0)]
    },
    Case("/linux/uidMappings") {
      $0.linux?.uidMappings = (0..<340).map {
        IDMapping(containerID: $0 * 2, hostID: 1_000_000_000 + 2 * $0, size: 1)
      }
    },
    Case("/linux/sysctl/kernel.panic") { $0.linux?.sysctl = [Annotation(name: "kernel.panic", value: "1")] },
    Case("/linux/sysctl/kernel.hostname") {
      $0.linux?.sysctl = [Annotation(name: "kernel.hostname", value: "x")]
    },
    Case("/linux/sysctl/net~1..~1kernel~1panic") {
      $0.linux?.sysctl = [Annotation(name: "net/../kernel/panic", value: "1")]
    },
    Case("/linux/sysctl/net.a") {
      $0.linux?.sysctl = [Annotation(name: "net.a", value: "1")]
      $0.linux?.namespaces.removeAll { $0.type == .network }
    },
    Case("/linux/devices/0/path") { $0.linux?.devices = [Device(.fifo, path: "dev/x")] },
    Case("/linux/maskedPaths/0") { $0.linux?.maskedPaths = ["proc/kcore"] },
    Case("/linux/readonlyPaths/1") { $0.linux?.readonlyPaths = ["/proc/sys", ""] },
    Case("/linux/mountLabel") { $0.linux?.mountLabel = "x" },
    Case("/linux/mountLabel") { $0.linux?.mountLabel = "a\"b" },
    Case("/linux/intelRdt") { $0.linux?.intelRdt = IntelRdt() },
    Case("/linux/intelRdt/closID") {
      $0.linux?.intelRdt = IntelRdt()
      $0.linux?.intelRdt?.closID = "a/../b"
    },
    Case("/linux/intelRdt/closID") {
      $0.linux?.intelRdt = IntelRdt()
      $0.linux?.intelRdt?.closID = ".."
    },
    Case("/linux/intelRdt/closID") {
      $0.linux?.intelRdt = IntelRdt()
      $0.linux?.intelRdt?.closID = "mon_groups"
    },
    Case("/linux/intelRdt/l3CacheSchema") {
      $0.linux?.intelRdt = IntelRdt()
      $0.linux?.intelRdt?.l3CacheSchema = "L3:0=f\nL3:1"
    },
    Case("/linux/intelRdt/memBwSchema") {
      $0.linux?.intelRdt = IntelRdt()
      $0.linux?.intelRdt?.memBwSchema = "MB:0"
    },
    Case("/linux/intelRdt/schemata/0") {
      $0.linux?.intelRdt = IntelRdt()
      $0.linux?.intelRdt?.schemata = ["L3 0=f"]
    },
    Case("/linux/intelRdt/memBwSchema") {
      $0.linux?.intelRdt = IntelRdt()
      $0.linux?.intelRdt?.memBwSchema = "MB:0=20\nL3:0=1"
    },
    Case("/linux/intelRdt/schemata/1") {
      $0.linux?.intelRdt = IntelRdt()
      $0.linux?.intelRdt?.schemata = ["L3:0=1", "L3:0=1\nL3:1=1"]
    },
    Case("/linux/resources/rdma/a b") { $0.linux?.resources.rdma = [RdmaLimit(device: "a b", handles: 1)] },
    Case("/linux/resources/network/priorities/0/name") {
      $0.linux?.resources.network.priorities = [.init(name: "a\nb", priority: 1)]
    },
    Case("/linux/resources/unified/..~1x") {
      $0.linux?.resources.unified = [Annotation(name: "../x", value: "1")]
    },
    Case("/linux/resources/unified/x") {
      $0.linux?.resources.unified = [Annotation(name: "x", value: "1")]
    },
    Case("/linux/resources/hugepageLimits/0/pageSize") {
      $0.linux?.resources.hugepages = [HugepageLimit(pageSize: "64kB", limit: 1)]
    },
    Case("/linux/resources/hugepageLimits/0/pageSize") {
      $0.linux?.resources.hugepages = [HugepageLimit(pageSize: "../2MB", limit: 1)]
    },
    Case("/linux/resources/hugepageLimits/0/pageSize") {
      $0.linux?.resources.hugepages = [HugepageLimit(pageSize: "MB", limit: 1)]
    },
    Case("/linux/resources/blockIO/weight") { $0.linux?.resources.blockIO.weight = 9 },
    Case("/linux/resources/blockIO/leafWeight") { $0.linux?.resources.blockIO.leafWeight = 1001 },
    Case("/linux/resources/blockIO/weightDevice/0/weight") {
      $0.linux?.resources.blockIO.weightDevices = [.init(major: 8, minor: 0, weight: 5)]
    },
    Case("/linux/netDevices") {
      $0.linux?.netDevices = [NetDevice("eth0")]
      $0.linux?.namespaces.removeAll { $0.type == .network }
      $0.linux?.sysctl = []
    },
    Case("/linux/netDevices/sixteen-letters-") { $0.linux?.netDevices = [NetDevice("sixteen-letters-")] },
    Case("/linux/netDevices/a:b") { $0.linux?.netDevices = [NetDevice("a:b")] },
    Case("/linux/netDevices/a/name") { $0.linux?.netDevices = [NetDevice("a", name: "eth%d")] },
    Case("/linux/netDevices/a/name") { $0.linux?.netDevices = [NetDevice("a", name: "..")] },
    Case("/linux/netDevices/b") { $0.linux?.netDevices = [NetDevice("a", name: "b"), NetDevice("b")] },
    Case("/linux/resources/memory/swap") { $0.linux?.resources.memory.swap = 1 },
    Case("/linux/resources/memory/swap") {
      $0.linux?.resources.memory.limit = 2
      $0.linux?.resources.memory.swap = 1
    },
    Case("/linux/resources/devices") {
      $0.linux?.resources.devices = [DeviceRule](repeating: DeviceRule(allow: false), count: 4097)
    },
    Case("/linux/resources/cpu/idle") { $0.linux?.resources.cpu.idle = 2 },
    Case("/linux/seccomp/defaultErrnoRet") {
      $0.linux?.seccomp = SeccompProfile(defaultAction: .allow)
      $0.linux?.seccomp?.defaultErrnoRet = 1
    },
    Case("/linux/seccomp/syscalls/0/errnoRet") {
      $0.linux?.seccomp = SeccompProfile(defaultAction: .allow)
      $0.linux?.seccomp?.syscalls = [SeccompRule(names: ["read"], action: .kill, errnoRet: 1)]
    },
    Case("/linux/seccomp/syscalls/0/args/0/index") {
      $0.linux?.seccomp = SeccompProfile(defaultAction: .allow)
      let argument = SeccompArgument(index: 6, value: 0, op: .equal)
      $0.linux?.seccomp?.syscalls = [SeccompRule(names: ["read"], action: .kill, args: [argument])]
    },
    Case("/linux/seccomp/syscalls/0/errnoRet") {
      $0.linux?.seccomp = notifying(["read"], errno: 5)
    },
    Case("/linux/seccomp/syscalls/0/names/1") { $0.linux?.seccomp = notifying(["read", "write"]) },
    Case("/linux/seccomp/defaultAction") { $0.linux?.seccomp = SeccompProfile(defaultAction: .notify) },
    Case("/linux/seccomp/listenerPath") {
      $0.linux?.seccomp = notifying(["read"])
      $0.linux?.seccomp?.listenerPath = nil
    },
    Case("/linux/seccomp/listenerPath") {
      $0.linux?.seccomp = notifying(["read"])
      $0.linux?.seccomp?.listenerPath = "agent"
    },
    Case("/linux/seccomp/listenerMetadata") {
      $0.linux?.seccomp = SeccompProfile(defaultAction: .allow)
      $0.linux?.seccomp?.listenerMetadata = "m"
    },
    Case("/annotations/io.martlet.default-devices") {
      $0.annotations = [Annotation(name: KnownAnnotation.defaultDevices.rawValue, value: "null,fuse")]
    },
    Case("/annotations/io.martlet.default-devices") {
      $0.annotations = [Annotation(name: KnownAnnotation.defaultDevices.rawValue, value: "")]
      $0.linux?.maskedPaths = ["/proc/kcore"]
    },
    Case("/hooks/poststop/0/path") { $0.hooks.poststop = [Hook(path: "x")] },
    Case("/hooks/prestart/0/timeout") { $0.hooks.prestart = [Hook(path: "/x", timeout: 0)] },
  ]

  @Test("a document that follows the rules has no violation")
  func good() {
    #expect(ValidationRule.violations(of: ValidationTests.good(), on: Facts()) == [])
  }

  @Test("what is wrong is named by its place", arguments: bad)
  func wrong(_ example: Case) {
    var document = ValidationTests.good()
    example.change(&document)
    let violations = ValidationRule.violations(of: document, on: Facts())
    #expect(violations.map(\.pointer.text).contains(example.pointer), "\(violations)")
  }

  @Test("all violations are reported")
  func all() {
    var document = ValidationTests.good()
    document.process?.cwd = "work"
    document.process?.args = []
    document.root?.path = ""
    #expect(ValidationRule.violations(of: document, on: Facts()).count == 3)
  }

  @Test("a profile with an agent breaks no rule, whoever names the agent")
  func agent() {
    var document = ValidationTests.good()
    document.linux?.seccomp = ValidationTests.notifying(["read", "sendmsg"])
    document.linux?.seccomp?.listenerMetadata = "m"
    #expect(ValidationRule.violations(of: document, on: Facts()) == [])
    document.linux?.seccomp?.listenerPath = nil
    document.annotations = [Annotation(name: "run.oci.seccomp.receiver", value: "/run/other")]
    #expect(ValidationRule.violations(of: document, on: Facts()) == [])
    #expect(document.seccompListener == "/run/other")
  }

  @Test(
    "a kernel parameter of a namespace that is not the container's own is refused in runc's words",
    arguments: [
      ("net.ipv4.ip_forward", NamespaceType.network, "not allowed in host network namespace"),
      ("kernel.msgmax", .ipc, "is not allowed in the hosts ipc namespace"),
      ("fs.mqueue.msg_max", .ipc, "is not allowed in the hosts ipc namespace"),
      ("kernel.domainname", .uts, "is not in a separate kernel namespace"),
      ("kernel.hostname", .uts, "is not in a separate kernel namespace"),
      ("user.max_pid_namespaces", .user, "is not in a separate kernel namespace"),
    ])
  func parameters(name: String, owner: NamespaceType, text: String) {
    var document = ValidationTests.good()
    document.hostname = nil
    document.linux?.sysctl = [Annotation(name: name, value: "1")]
    func messages(_ facts: Facts = Facts()) -> [String] {
      ValidationRule.violations(of: document, on: facts).filter { $0.pointer.text.hasPrefix("/linux/sysctl") }
        .map(\.message)
    }
    let conflict = "sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI \"hostname\" field"
    #expect(messages() == (name == "kernel.hostname" ? [conflict] : []))
    var facts = Facts()
    facts.sharedNamespaces = NamespaceSet(owner)
    if name != "kernel.hostname" { #expect(messages(facts) == ["sysctl \"\(name)\" \(text)"]) }
    document.linux?.namespaces.removeAll { $0.type == owner }
    #expect(messages() == ["sysctl \"\(name)\" \(text)"])
  }

  @Test("a namespace that the kernel lacks is named")
  func kernel() {
    let facts = Facts(namespaces: NamespaceSet(NamespaceType.allCases.filter { $0 != .ipc }))
    let violations = ValidationRule.violations(of: ValidationTests.good(), on: facts)
    #expect(violations.map(\.pointer.text) == ["/linux/namespaces/2"])
  }

  @Test("what reaches a limit exactly is no violation")
  func limits() {
    var document = ValidationTests.good()
    document.hostname = String(repeating: "a", count: 64)
    document.process?.oomScoreAdj = -1000
    document.process?.user.umask = 0o777
    document.process?.user.additionalGids = [9]
    document.linux?.uidMappings = [
      IDMapping(containerID: 0, hostID: 4_294_967_285, size: 10),
      IDMapping(containerID: 10, hostID: 0, size: 1),
    ]
    document.linux?.gidMappings = (0..<340).map { IDMapping(containerID: $0, hostID: $0, size: 1) }
    document.linux?.namespaces.append(Namespace(.time))
    document.linux?.timeOffsets = [TimeOffset(clock: .boottime, seconds: .min, nanoseconds: 999_999_999)]
    document.linux?.resources.memory.swappiness = 100
    #expect(ValidationRule.violations(of: document, on: Facts()) == [])
  }

  @Test("messages stay on one line")
  func oneLine() {
    var document = ValidationTests.good()
    document.linux?.rootfsPropagation = "a\nb"
    document.process?.rlimits = [ResourceLimit(type: "c\nd", hard: 0, soft: 0)]
    document.mounts[1].options = ["bind", "e\nf"]
    document.linux?.sysctl = [Annotation(name: "g\nh", value: "")]
    let violations = ValidationRule.violations(of: document, on: Facts())
    #expect(violations.count == 4)
    #expect(violations.allSatisfy { !$0.message.contains("\n") })
  }

  @Test("what is only unusual warns")
  func warnings() {
    var document = ValidationTests.good()
    document.ociVersion = "1.2.1+dev"
    #expect(document.warnings(on: Facts()) == [])
    document.ociVersion = "0.5.0"
    document.mounts[1].destination = "data"
    #expect(document.warnings(on: Facts()).map(\.pointer.text) == ["/ociVersion", "/mounts/1/destination"])
  }

  @Test("long lists cost no more than their length")
  func longLists() {
    var document = ValidationTests.good()
    document.process?.rlimits = (0..<100_000).map { ResourceLimit(type: "L\($0)", hard: 0, soft: 0) }
    document.linux?.namespaces += (0..<100_000).map { Namespace($0 < 50_000 ? .pid : .time) }
    document.linux?.uidMappings = (0..<100_000).map { IDMapping(containerID: $0, hostID: $0, size: 1) }
    #expect(ValidationRule.violations(of: document, on: Facts()).count == 100_000 + 99_998 + 1)
  }
}
