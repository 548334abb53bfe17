/// A created container as `state.json` keeps it: libcontainer's keys, and ours under `martlet`.
///
/// It holds a snapshot of what later commands need of the document, so that an edited or removed
/// bundle changes nothing.
public struct StateRecord: Equatable, Sendable {
  /// The format's version, under `martlet`.
  public static let formatVersion: Int64 = 1

  /// The container.
  public var id: ContainerID
  /// `init_process_pid` and `init_process_start`.
  public var initProcess: ProcessIdentity
  /// `created`.
  public var created: Timestamp
  /// `rootless`.
  public var rootless: Bool
  /// `cgroup_paths`, and the driver under `martlet`.
  public var cgroup: CgroupLocation
  /// `namespace_paths`: `/proc/PID/ns/…` by kind.
  public var namespacePaths: [NamespacePath]
  /// `external_descriptors`: what descriptors 0 to 2 of the init process were.
  public var externalDescriptors: [String]
  /// `intel_rdt_path` and `intel_rdt_mon_path`, and what they do not tell under `martlet`.
  public var rdt: RdtLocation?
  /// The absolute bundle directory.
  public var bundle: String
  /// The absolute root file system.
  public var rootfs: String
  /// The namespaces that the container does not share with the runtime.
  public var namespaces: NamespaceSet
  /// The document's `process`, `hooks`, `annotations` and what `exec` and `update` need of `linux`.
  public var document: Document
  /// Updates that began and did not end well: the files that they name may hold their values or those of
  /// before.
  public var unsettled: [CgroupUpdate] = []
  /// What the class of service had before such an update, of the domains that it names.
  public var unsettledSchemata = RdtSchemata()
  /// What was mounted since the container was made.
  public var addedMounts: [AddedMount] = []

  /// One entry of `namespace_paths`.
  public struct NamespacePath: Equatable, Sendable {
    /// The kind.
    public var type: NamespaceType
    /// The path.
    public var path: String

    /// Makes an entry.
    public init(type: NamespaceType, path: String) {
      self.type = type
      self.path = path
    }
  }

  /// Makes a record.
  public init(
    id: ContainerID, initProcess: ProcessIdentity, created: Timestamp, rootless: Bool, cgroup: CgroupLocation,
    namespacePaths: [NamespacePath], externalDescriptors: [String], rdt: RdtLocation? = nil,
    bundle: String, rootfs: String, namespaces: NamespaceSet, document: Document
  ) {
    self.id = id
    self.initProcess = initProcess
    self.created = created
    self.rootless = rootless
    self.cgroup = cgroup
    self.cgroup.holder = CgroupLocation.Holder(id: id, created: created)
    self.namespacePaths = namespacePaths
    self.externalDescriptors = externalDescriptors
    self.rdt = rdt
    self.bundle = bundle
    self.rootfs = rootfs
    self.namespaces = namespaces
    self.document = document
  }
}
