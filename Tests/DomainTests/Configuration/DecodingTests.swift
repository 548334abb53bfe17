import Domain
import Testing

/// Decodes a literal.
func decoded(_ text: String) throws -> Document {
  try Document(decoding: try parsed(text))
}

@Suite struct DecodingTests {
  @Test(arguments: [false, true])
  func defaultRoundTrip(unified: Bool) throws {
    for document in [
      DefaultDocument.make(unified: unified),
      DefaultDocument.makeRootless(uid: 1000, gid: 1001, unified: unified),
    ] {
      #expect(try decoded(written(document.json, .tabs)) == document)
    }
  }

  @Test func fullRoundTrip() throws {
    let document = try decoded(fullDocument)
    #expect(try decoded(written(document.json)) == document)
  }

  @Test func specificationMinimal() throws {
    let document = try decoded(#"{"ociVersion":"1.0.0","root":{"path":"rootfs"}}"#)
    #expect(document.root == Root(path: "rootfs"))
    #expect(document.process == nil && document.linux == nil)
  }

  @Test func members() throws {
    let document = try decoded(fullDocument)
    #expect(document.process?.user.additionalGids == [5, 6])
    #expect(document.process?.rlimits.first?.hard == .max)
    #expect(
      document.linux?.resources.devices[1]
        == DeviceRule(allow: true, kind: .character, major: 10, minor: nil, access: [.read, .write]))
    #expect(
      document.linux?.timeOffsets.first == TimeOffset(clock: .monotonic, seconds: -172800, nanoseconds: 5))
    #expect(document.linux?.seccomp?.syscalls[0].args[0].value == .max)
    #expect(document.linux?.seccomp?.flags == [])
    #expect(document.linux?.netDevices == [NetDevice("eth0", name: "net0"), NetDevice("eth1")])
    var rdt = IntelRdt()
    rdt.closID = "guaranteed"
    rdt.l3CacheSchema = "L3:0=7f0"
    rdt.enableMonitoring = true
    #expect(document.linux?.intelRdt == rdt)
    let resources = document.linux?.resources
    #expect(resources?.rdma == [RdmaLimit(device: "mlx5_1", handles: 3)])
    #expect(resources?.unified == [Annotation(name: "memory.high", value: "1G")])
    #expect(resources?.network.classID == 1_048_577)
    #expect(resources?.network.priorities == [.init(name: "eth0", priority: 500)])
    #expect(resources?.hugepages == [HugepageLimit(pageSize: "2MB", limit: 9_223_372_036_854_772_000)])
    #expect(resources?.blockIO.weightDevices == [.init(major: 8, minor: 0, weight: 500, leafWeight: 300)])
    #expect(resources?.blockIO.readOperations == [.init(major: 8, minor: 16, rate: 600)])
    var scheduler = Scheduler(policy: .other)
    scheduler.nice = 3
    scheduler.flags = [.resetOnFork]
    #expect(document.process?.scheduler == scheduler)
    #expect(document.process?.ioPriority == IOPriority(.bestEffort, priority: 4))
    #expect(document.process?.execCPUAffinity == ExecCPUAffinity(initial: "0-1", final: "2"))
    #expect(document.linux?.personality == Personality(.linux32))
    #expect(document.linux?.memoryPolicy == MemoryPolicy(.bind, nodes: "0", flags: [.staticNodes]))
    #expect(document.hooks.poststart == [Hook(path: "/usr/bin/notify-start", timeout: 5)])
    #expect(document.annotations == [Annotation(name: "com.example.key1", value: "value1")])
  }

  /// What engines send without asking for anything.
  @Test func emptyAndZeroAskNothing() throws {
    let document = try decoded(
      """
      {"process":{"scheduler":null,"ioPriority":{},"execCPUAffinity":{"initial":"","final":""},"apparmorProfile":"",
      "selinuxLabel":"","consoleSize":{"height":0},"capabilities":null,"args":null,"rlimits":null},"hostname":"","hooks":{},
      "mounts":[{"destination":"/x","options":null,"type":"","source":""}],"annotations":null,"unknown":[1],
      "linux":{"intelRdt":{},"personality":null,"netDevices":{},"memoryPolicy":{"flags":[]},"cgroupsPath":"",
      "mountLabel":"","seccomp":{},"timeOffsets":{},"rootfsPropagation":"","namespaces":[{"type":"pid","path":""}],
      "resources":{"blockIO":{"weight":0,"leafWeight":0,"weightDevice":[],"throttleReadBpsDevice":null},"network":{},
      "rdma":{},"unified":{},"hugepageLimits":[],"pids":{},"memory":{"limit":0,"swap":0},"cpu":{"shares":0,"quota":0,
      "period":0,"realtimeRuntime":0,"cpus":"","mems":""}}}}
      """)
    #expect(document.process == ProcessSettings())
    #expect(document.mounts == [Mount(destination: "/x")])
    #expect(document.hostname == nil && document.hooks.isEmpty && document.annotations.isEmpty)
    var linux = LinuxSettings()
    linux.namespaces = [Namespace(.pid)]
    #expect(document.linux == linux)
  }

  @Test func zeroThatIsASetting() throws {
    let resources = try decoded(
      #"{"linux":{"resources":{"pids":{"limit":0},"memory":{"swappiness":0},"cpu":{"burst":0,"idle":0}}}}"#
    ).linux?.resources
    #expect(resources?.pidsLimit == 0 && resources?.memory.swappiness == 0)
    #expect(resources?.cpu.burst == 0 && resources?.cpu.idle == 0)
  }

  @Test func lastDuplicateWins() throws {
    #expect(try decoded(#"{"hostname":"a","hostname":"b"}"#).hostname == "b")
    #expect(try decoded(#"{"hostname":1,"hostname":"b"}"#).hostname == "b")
    let annotations = try decoded(#"{"annotations":{"a":"1","b":"2","a":"3"}}"#).annotations
    #expect(annotations == [Annotation(name: "a", value: "3"), Annotation(name: "b", value: "2")])
  }

  typealias Problem = DecodingError.Problem

  @Test(arguments: [
    ("[]", "", Problem.wrongType(expected: .object, found: .array)),
    (#"{"hostname":1}"#, "/hostname", .wrongType(expected: .string, found: .integer)),
    (#"{"root":"x"}"#, "/root", .wrongType(expected: .object, found: .string)),
    (#"{"root":{"path":"a\u0000b"}}"#, "/root/path", .holdsNUL),
    (#"{"process":{"args":["a",1.5]}}"#, "/process/args/1", .wrongType(expected: .string, found: .number)),
    (#"{"process":{"args":["a",null]}}"#, "/process/args/1", .wrongType(expected: .string, found: .null)),
    (#"{"process":{"env":["A=\u0000"]}}"#, "/process/env/0", .holdsNUL),
    (
      #"{"process":{"user":{"uid":-1}}}"#, "/process/user/uid",
      .outOfRange(found: "-1", minimum: "0", maximum: "4294967295")
    ),
    (
      #"{"process":{"user":{"uid":1.0}}}"#, "/process/user/uid",
      .wrongType(expected: .integer, found: .number)
    ),
    (
      #"{"process":{"user":{"additionalGids":[1,4294967296]}}}"#, "/process/user/additionalGids/1",
      .outOfRange(found: "4294967296", minimum: "0", maximum: "4294967295")
    ),
    (#"{"process":{"rlimits":[{"hard":1}]}}"#, "/process/rlimits/0/type", .missing),
    (#"{"process":{"rlimits":[7]}}"#, "/process/rlimits/0", .wrongType(expected: .object, found: .integer)),
    (#"{"process":{"scheduler":"x"}}"#, "/process/scheduler", .wrongType(expected: .object, found: .string)),
    (#"{"process":{"scheduler":{"nice":1}}}"#, "/process/scheduler/policy", .missing),
    (
      #"{"process":{"scheduler":{"policy":"SCHED_EXT"}}}"#, "/process/scheduler/policy",
      .unknownValue(found: "SCHED_EXT", name: "scheduler policy")
    ),
    (
      #"{"process":{"scheduler":{"policy":"SCHED_RR","flags":["X"]}}}"#, "/process/scheduler/flags/0",
      .unknownValue(found: "X", name: "scheduler flag")
    ),
    (
      #"{"process":{"ioPriority":{"class":"IOPRIO_CLASS_NONE"}}}"#, "/process/ioPriority/class",
      .unknownValue(found: "IOPRIO_CLASS_NONE", name: "I/O priority class")
    ),
    (#"{"process":{"ioPriority":{"priority":1}}}"#, "/process/ioPriority/class", .missing),
    (
      #"{"process":{"execCPUAffinity":{"final":7}}}"#, "/process/execCPUAffinity/final",
      .wrongType(expected: .string, found: .integer)
    ),
    (
      #"{"linux":{"personality":{"domain":"BSD"}}}"#, "/linux/personality/domain",
      .unknownValue(found: "BSD", name: "personality domain")
    ),
    (#"{"linux":{"memoryPolicy":{"nodes":"0"}}}"#, "/linux/memoryPolicy/mode", .missing),
    (
      #"{"linux":{"memoryPolicy":{"mode":"MPOL_BIND","flags":["MPOL_F_X"]}}}"#, "/linux/memoryPolicy/flags/0",
      .unknownValue(found: "MPOL_F_X", name: "memory policy flag")
    ),
    (#"{"mounts":{}}"#, "/mounts", .wrongType(expected: .array, found: .object)),
    (#"{"mounts":[{"destination":"/a"},{"type":"b"}]}"#, "/mounts/1/destination", .missing),
    (#"{"annotations":{"a/b":1}}"#, "/annotations/a~1b", .wrongType(expected: .string, found: .integer)),
    (#"{"hooks":{"poststop":[{}]}}"#, "/hooks/poststop/0/path", .missing),
    (
      #"{"linux":{"namespaces":[{"type":"pid"},{"type":"mnt"}]}}"#, "/linux/namespaces/1/type",
      .unknownValue(found: "mnt", name: "namespace")
    ),
    (
      #"{"linux":{"devices":[{"type":"x","path":"/d"}]}}"#, "/linux/devices/0/type",
      .unknownValue(found: "x", name: "device type")
    ),
    (
      #"{"linux":{"timeOffsets":{"realtime":{"secs":1}}}}"#, "/linux/timeOffsets/realtime",
      .unknownValue(found: "realtime", name: "clock")
    ),
    (#"{"linux":{"resources":{"devices":[{"allow":true}]}}}"#, "/linux/resources/devices/0/access", .missing),
    (
      #"{"linux":{"resources":{"devices":[{"allow":true,"access":"rx"}]}}}"#,
      "/linux/resources/devices/0/access", .unknownValue(found: "rx", name: "device access")
    ),
    (
      #"{"linux":{"resources":{"memory":{"limit":9223372036854775808}}}}"#, "/linux/resources/memory/limit",
      .outOfRange(
        found: "9223372036854775808", minimum: "-9223372036854775808", maximum: "9223372036854775807")
    ),
    (
      #"{"linux":{"seccomp":{"syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG"}]}}}"#,
      "/linux/seccomp/defaultAction", .missing
    ),
    (
      #"{"linux":{"seccomp":{"defaultAction":"ALLOW"}}}"#, "/linux/seccomp/defaultAction",
      .unknownValue(found: "ALLOW", name: "seccomp action")
    ),
    (#"{"linux":{"sysctl":{"a\u0000":"1"}}}"#, "/linux/sysctl/a\0", .holdsNUL),
    (
      #"{"linux":{"netDevices":{"eth0":{}},"rdma":1,"resources":{"rdma":1}}}"#, "/linux/resources/rdma",
      .wrongType(expected: .object, found: .integer)
    ),
    (
      #"{"linux":{"resources":{"rdma":{"m":{"hcaHandles":"x"}}}}}"#, "/linux/resources/rdma/m/hcaHandles",
      .wrongType(expected: .integer, found: .string)
    ),
    (
      #"{"linux":{"netDevices":{"eth0":{"name":23}}}}"#, "/linux/netDevices/eth0/name",
      .wrongType(expected: .string, found: .integer)
    ),
    (#"{"linux":{"netDevices":{"a\u0000":{}}}}"#, "/linux/netDevices/a\0", .holdsNUL),
    (
      #"{"linux":{"resources":{"hugepageLimits":[{"limit":1}]}}}"#,
      "/linux/resources/hugepageLimits/0/pageSize", .missing
    ),
    (
      #"{"linux":{"resources":{"blockIO":{"weight":65536}}}}"#, "/linux/resources/blockIO/weight",
      .outOfRange(found: "65536", minimum: "0", maximum: "65535")
    ),
    (
      #"{"linux":{"resources":{"blockIO":{"throttleReadBpsDevice":[{"major":1}]}}}}"#,
      "/linux/resources/blockIO/throttleReadBpsDevice/0/minor", .missing
    ),
    (
      #"{"linux":{"resources":{"network":{"priorities":[{"name":"a"}]}}}}"#,
      "/linux/resources/network/priorities/0/priority", .missing
    ),
    (
      #"{"linux":{"resources":{"unified":{"a.b":1}}}}"#, "/linux/resources/unified/a.b",
      .wrongType(expected: .string, found: .integer)
    ),
    (
      #"{"linux":{"intelRdt":{"closID":1}}}"#, "/linux/intelRdt/closID",
      .wrongType(expected: .string, found: .integer)
    ),
  ])
  func errors(text: String, pointer: String, problem: Problem) throws {
    let json = try parsed(text)
    #expect(throws: DecodingError(problem, at: JSONPointer(text: pointer))) { try Document(decoding: json) }
  }

  @Test func errorsReadAsOneLine() throws {
    let json = try parsed(#"{"linux":{"namespaces":[{"type":"a\nb"}]}}"#)
    do {
      _ = try Document(decoding: json)
      Issue.record("accepted")
    } catch {
      #expect(error.description == #"/linux/namespaces/0/type: namespace "a\nb" does not exist"#)
    }
  }

  @Test func manyNamesCostNoMoreThanTheirNumber() throws {
    let members = (0..<200_000).map { #""a\#($0 / 2)":"x""# }.joined(separator: ",")
    #expect(try decoded(#"{"annotations":{\#(members)}}"#).annotations.count == 100_000)
  }
}
