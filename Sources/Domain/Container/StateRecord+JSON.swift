extension StateRecord {
  /// The record as JSON: libcontainer's keys in its order, and ours under `martlet`.
  public var json: JSON {
    var object = ObjectBuilder()
    object.add("id", text: id.text)
    object.add("init_process_pid", number: Int64(initProcess.pid))
    object.add("init_process_start", number: initProcess.startTime)
    object.add("created", text: created.description)
    object.add("config", config)
    object.add("rootless", flag: rootless)
    object.add("cgroup_paths", cgroup.pathsJSON)
    object.add(
      "namespace_paths", .object(namespacePaths.map { JSON.Member($0.type.stateKey, .string($0.path)) }))
    object.add("external_descriptors", texts: externalDescriptors)
    object.add("intel_rdt_path", text: rdt?.path)
    object.add("intel_rdt_mon_path", text: rdt?.monitoringPath)
    object.add("martlet", own)
    return object.json
  }

  /// What libcontainer does not know.
  private var own: JSON {
    var object = ObjectBuilder()
    object.add("version", number: StateRecord.formatVersion)
    object.add("bundle", text: bundle)
    object.add("namespaces", texts: ownNamespaces.map { $0.rawValue })
    cgroup.addOrigin(to: &object)
    object.add("updates", list: unsettled) { $0.json }
    object.add("schemata_before", filled: unsettledSchemata.lines)
    object.add("rdt", rdt?.json)
    object.add("mounts", list: addedMounts) { $0.json }
    return object.json
  }

  /// The document's members, and those of libcontainer's configuration that other programs read.
  private var config: JSON {
    var object = ObjectBuilder()
    object.add("rootfs", text: rootfs)
    object.add("labels", texts: ["bundle=" + bundle] + document.annotations.map { $0.name + "=" + $0.value })
    object.add("namespaces", list: ownNamespaces, namespaceJSON)
    object.add("cgroups", cgroupJSON)
    object.add("ociVersion", text: document.ociVersion)
    document.addMembers(to: &object)
    return object.json
  }

  private var ownNamespaces: [NamespaceType] {
    NamespaceType.allCases.filter { namespaces.contains($0) }
  }

  private func namespaceJSON(_ type: NamespaceType) -> JSON {
    let path = document.linux?.namespaces.first { $0.type == type }?.path ?? ""
    return .object([JSON.Member("type", .string(type.stateKey)), JSON.Member("path", .string(path))])
  }

  private var cgroupJSON: JSON {
    var object = ObjectBuilder()
    object.add("path", text: document.linux?.cgroupsPath ?? "")
    object.add("Systemd", flag: cgroup.driver == .systemd)
    return object.json
  }

  /// Takes a record out of parsed JSON.
  public init(decoding json: JSON) throws(DecodingError) {
    let own = try json.required("martlet", Own.init(decoding:))
    let config = try json.required("config", Config.init(decoding:))
    self.init(
      id: try json.required("id", ContainerID.decoded),
      initProcess: ProcessIdentity(
        pid: try json.required("init_process_pid", JSON.integer),
        startTime: try json.required("init_process_start", JSON.integer)),
      created: try json.required("created", Timestamp.decoded),
      rootless: try json.optional("rootless", JSON.flag) ?? false,
      cgroup: CgroupLocation(
        driver: own.driver, paths: try json.required("cgroup_paths", CgroupLocation.paths), unit: own.unit),
      namespacePaths: try json.required("namespace_paths", NamespacePath.list),
      externalDescriptors: try json.list("external_descriptors", JSON.text),
      rdt: own.rdt, bundle: own.bundle, rootfs: config.rootfs, namespaces: own.namespaces,
      document: config.document)
    unsettledSchemata = own.schemataBefore
    addedMounts = own.mounts
    unsettled = own.updates.map { $0.update(of: config.document.enforcedResources) }
  }

  /// The member `martlet`.
  private struct Own {
    var bundle: String
    var namespaces: NamespaceSet
    var driver: CgroupLocation.Driver
    var unit: String?
    var updates: [CgroupUpdate.Record]
    var rdt: RdtLocation?
    var schemataBefore: RdtSchemata
    var mounts: [AddedMount]

    init(decoding json: JSON) throws(DecodingError) {
      try json.checkVersion(StateRecord.formatVersion)
      bundle = try json.required("bundle", JSON.text)
      let types: [NamespaceType] = try json.list("namespaces") { value throws(DecodingError) in
        try JSON.word(value, "namespace")
      }
      namespaces = NamespaceSet(types)
      driver = try json.required("driver", CgroupLocation.Driver.decoded)
      unit = try json.filledText("unit")
      updates = try json.list("updates", CgroupUpdate.Record.init(decoding:))
      rdt = try json.optional("rdt", RdtLocation.decoded)
      schemataBefore = try json.optional("schemata_before", RdtSchemata.decoded) ?? RdtSchemata()
      mounts = try json.list("mounts", AddedMount.init(decoding:))
    }
  }

  /// What is read back of the member `config`.
  private struct Config {
    var rootfs: String
    var document: Document

    init(decoding json: JSON) throws(DecodingError) {
      rootfs = try json.required("rootfs", JSON.text)
      document = try Document(decoding: json)
    }
  }
}

extension StateRecord.NamespacePath {
  /// `namespace_paths`; kinds that are not known here are left out.
  static func list(_ json: JSON) throws(DecodingError) -> [StateRecord.NamespacePath] {
    let paths = try json.entries(JSON.text)
    return paths.compactMap { path in
      NamespaceType.allCases.first { $0.stateKey == path.name }.map {
        StateRecord.NamespacePath(type: $0, path: path.value)
      }
    }
  }
}

extension Document {
  /// What later commands need: all but the system calls of the seccomp profile, which is kept compiled.
  public var snapshot: Document {
    var snapshot = self
    snapshot.mounts = []
    snapshot.linux?.seccomp?.syscalls = []
    snapshot.linux?.maskedPaths = []
    snapshot.linux?.readonlyPaths = []
    snapshot.linux?.sysctl = []
    // Those in a default device's place count for the rules of an update.
    snapshot.linux?.devices.removeAll { $0.defaultName == nil }
    return snapshot
  }
}
