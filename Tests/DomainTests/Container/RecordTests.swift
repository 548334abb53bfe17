import Domain
import Testing

@Suite struct RecordTests {
  static func state() throws -> StateRecord {
    var document = DefaultDocument.make(unified: true)
    document.annotations = [Annotation(name: "a/b~c", value: "x=y\n"), Annotation(name: "z", value: "")]
    document.hooks.poststop = [Hook(path: "/bin/h", args: ["h", "1"], env: [], timeout: 3)]
    return StateRecord(
      id: try ContainerID("web.1"), initProcess: ProcessIdentity(pid: 4242, startTime: .max),
      created: Timestamp(seconds: 1_787_140_800, nanoseconds: 120_000_000), rootless: false,
      cgroup: CgroupLocation(
        driver: .systemd, paths: [CgroupLocation.Path(controller: "", directory: "/sys/fs/cgroup/x")],
        unit: "m.scope"),
      namespacePaths: [StateRecord.NamespacePath(type: .network, path: "/proc/4242/ns/net")],
      externalDescriptors: ["/dev/null", "pipe:[1]", "/dev/pts/0"],
      rdt: RdtLocation(
        mount: RdtMount(path: "/sys/fs/resctrl"), group: "web.1", isNew: true, isShared: false,
        monitoring: "web.1", identity: 1 << 40, monitoringIdentity: .max),
      bundle: "/b", rootfs: "/b/rootfs", namespaces: NamespaceSet([.pid, .mount]), document: document)
  }

  @Test func stateRoundTrip() throws {
    let record = try Self.state()
    #expect(try StateRecord(decoding: try parsed(written(record.json))) == record)
  }

  @Test func addedMountsAreKept() throws {
    var record = try Self.state()
    record.addedMounts = [
      AddedMount(
        Mount(destination: "/a", source: "/b", options: ["bind"]), identity: .max, isUnsettled: true),
      AddedMount(Mount(destination: "/c", type: "tmpfs"), identity: 1, isUnsettled: false),
    ]
    #expect(try StateRecord(decoding: try parsed(written(record.json))) == record)
  }

  @Test func stateHasLibcontainersKeys() throws {
    let json = try Self.state().json
    #expect(json["init_process_pid"] == .integer(4242))
    #expect(json["init_process_start"] == .unsigned(.max))
    #expect(json["intel_rdt_path"] == .string("/sys/fs/resctrl/web.1"))
    #expect(json["intel_rdt_mon_path"] == .string("/sys/fs/resctrl/web.1/mon_groups/web.1"))
    #expect(json["created"] == .string("2026-08-19T12:00:00.12Z"))
    #expect(json["cgroup_paths"]?[""] == .string("/sys/fs/cgroup/x"))
    #expect(json["namespace_paths"]?["NEWNET"] == .string("/proc/4242/ns/net"))
    #expect(json["config"]?["rootfs"] == .string("/b/rootfs"))
    #expect(
      json["config"]?["labels"] == .array([.string("bundle=/b"), .string("a/b~c=x=y\n"), .string("z=")]))
    #expect(json["martlet"]?["version"] == .integer(StateRecord.formatVersion))
    #expect(
      json["config"]?["namespaces"].map { written($0) }?.contains(#"{"type":"NEWPID","path":""}"#) == true)
  }

  @Test func intentRoundTrip() throws {
    let record = IntentRecord(
      id: try ContainerID("web"), bundle: "/b", creator: ProcessIdentity(pid: 7, startTime: 8),
      created: Timestamp(seconds: 0, nanoseconds: 1),
      cgroup: CgroupLocation(
        driver: .cgroupfs,
        paths: [
          CgroupLocation.Path(controller: "memory", directory: "/m"),
          CgroupLocation.Path(controller: "name=systemd", directory: "/s"),
        ]),
      rdt: RdtLocation(
        mount: RdtMount(path: "/mnt", isUnverified: true), group: "", isNew: false, isShared: true))
    #expect(try IntentRecord(decoding: try parsed(written(record.json))) == record)
  }

  @Test func laterVersionIsRefused() throws {
    let text = written(try Self.state().json).replacing(
      #""martlet":{"version":1"#, with: #""martlet":{"version":2"#)
    let json = try parsed(text)
    #expect(
      throws: DecodingError(.laterVersion(found: 2, known: 1), at: JSONPointer(text: "/martlet/version"))
    ) { try StateRecord(decoding: json) }
  }

  @Test func everyMissingMemberIsNamedOrOptional() throws {
    guard case .object(let members) = try Self.state().json else { return }
    for index in members.indices {
      var fewer = members
      let name = fewer.remove(at: index).name
      if ["rootless", "external_descriptors", "intel_rdt_path", "intel_rdt_mon_path"].contains(name) {
        continue
      }
      #expect(throws: DecodingError(.missing, at: JSONPointer.root.appending(name))) {
        try StateRecord(decoding: .object(fewer))
      }
    }
  }

  @Test func containerState() throws {
    let state = ContainerState(
      id: try ContainerID("c"), status: .stopped, pid: nil, bundle: "/b",
      annotations: [Annotation(name: "k", value: "v")])
    #expect(
      written(state.json)
        == #"{"ociVersion":"1.3.0","id":"c","status":"stopped","bundle":"/b","annotations":{"k":"v"}}"#)
    let report = state.report(rootfs: "/r", created: Timestamp(seconds: 0, nanoseconds: 0), owner: "")
    #expect(
      written(report)
        == #"{"ociVersion":"1.3.0","id":"c","pid":0,"status":"stopped","bundle":"/b","rootfs":"/r","created":"1970-01-01T00:00:00Z","annotations":{"k":"v"},"owner":""}"#
    )
  }
}
