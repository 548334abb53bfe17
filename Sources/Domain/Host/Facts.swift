/// What is known of the host and of the runtime itself: plain values, gathered once per command.
///
/// Nothing inside a root file system is ever a fact.
public struct Facts: Equatable, Sendable {
  /// The effective user id.
  public var effectiveUserID: UInt32
  /// The runtime itself is inside a user namespace that is not the first one.
  public var inUserNamespace: Bool
  /// The namespace kinds that the kernel has.
  public var namespaces: NamespaceSet
  /// `/proc/kcore` exists, so `/dev/core` is linked to it.
  public var hasKernelCore: Bool
  /// The cgroup hierarchies.
  public var cgroups: CgroupLayout
  /// Namespaces that the document joins by path and that are the runtime's own: nothing separate.
  public var sharedNamespaces: NamespaceSet = []
  /// The security modules in force; looked for only when a document names a profile or a label.
  public var securityModules: SecurityModules = []
  /// Where resctrl is mounted; looked for only when a document has a class of service.
  public var resctrl: RdtMount?
  /// The version of the kernel's interface for Landlock, 0 without one; looked for only when a document names it.
  public var landlockVersion = 0
  /// The kernel can keep strangers off a core, or no core has two threads; looked for only when a document asks.
  public var hasCoreScheduling = false

  /// Makes facts.
  public init(
    effectiveUserID: UInt32 = 0, inUserNamespace: Bool = false,
    namespaces: NamespaceSet = .all, hasKernelCore: Bool = false,
    cgroups: CgroupLayout = CgroupLayout(mode: .unified)
  ) {
    self.effectiveUserID = effectiveUserID
    self.inUserNamespace = inUserNamespace
    self.namespaces = namespaces
    self.hasKernelCore = hasKernelCore
    self.cgroups = cgroups
  }
}

/// The cgroup hierarchies of a host, as its mount table shows them.
public struct CgroupLayout: Equatable, Sendable {
  /// The three set-ups.
  public enum Mode: String, Sendable, CaseIterable {
    /// Only cgroup v1.
    case legacy
    /// Controllers on v1, a v2 tree beside them that may hold some too.
    case hybrid
    /// Only cgroup v2.
    case unified
  }

  /// One mounted hierarchy.
  public struct Hierarchy: Equatable, Sendable {
    /// Controllers of a v1 hierarchy; `name=…` for a named one; empty for v2.
    public var controllers: [String]
    /// The mount point, absolute.
    public var mountPoint: String
    /// The cgroup of the hierarchy that the mount shows as its root (`/` outside containers).
    public var root: String
    /// It is the v2 tree.
    public var isUnified: Bool

    /// Makes a hierarchy.
    public init(controllers: [String], mountPoint: String, root: String = "/", isUnified: Bool = false) {
      self.controllers = controllers
      self.mountPoint = mountPoint
      self.root = root
      self.isUnified = isUnified
    }

    /// The directory of a cgroup that is named from the root of the hierarchy; the mount may show a part only.
    public func directory(of group: String) -> String {
      guard root != "/", group.hasBytePrefix(root + "/") else { return mountPoint + group }
      return mountPoint + String(Substring(group.utf8.dropFirst(root.utf8.count)))
    }
  }

  /// The set-up.
  public var mode: Mode
  /// The mounts, v1 first.
  public var hierarchies: [Hierarchy]

  /// Makes a layout.
  public init(mode: Mode, hierarchies: [Hierarchy] = []) {
    self.mode = mode
    self.hierarchies = hierarchies
  }
}
