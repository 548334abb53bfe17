/// What a host can do, as far as a look tells that changes nothing: what `check` judges.
public struct HostInspection: Sendable {
  /// The kernel's release.
  public var release = ""
  /// Calls that the kernel refused, or a filter around the runtime, though they asked for nothing; the others are
  /// there.
  public var refusals: [KernelCall: Errno] = [:]
  /// The actions of seccomp filters that the kernel knows; nil where it knows no filters.
  public var filterActions: [SeccompAction]?
  /// A filter can hand calls to an agent.
  public var hasFilterAgents = false
  /// Controllers by hierarchy: those of the mount table, and what `cgroup.controllers` says of version 2.
  public var controllers: [String] = []
  /// Hierarchies in which the caller may make no cgroup.
  public var closedHierarchies: [String] = []
  /// The types of file systems that are registered.
  public var fileSystems: [String] = []
  /// The security modules in force, as the kernel lists them; nil where securityfs is not mounted.
  public var securityModules: [String]?
  /// The first process is systemd.
  public var isManagedBySystemd = false
  /// Programs that were looked for and found, by name.
  public var programs: [String: String] = [:]
  /// How many ids `/etc/subuid` and `/etc/subgid` give to the caller.
  public var subordinateIDs: (users: UInt64, groups: UInt64) = (0, 0)
  /// `user.max_user_namespaces`; nil where it cannot be read.
  public var userNamespaceLimit: UInt64?
  /// The caller's limits, by the names of the specification.
  public var limits: [HostLimit] = []
  /// `fs.nr_open`: the largest `RLIMIT_NOFILE` that anybody can have; nil where it cannot be read.
  public var descriptorCeiling: UInt64?
  /// Where resctrl is mounted.
  public var resctrl: String?

  /// Nothing is known.
  public init() {}
}

/// A limit of the runtime's own, which its containers inherit.
public struct HostLimit: Equatable, Sendable {
  /// `RLIMIT_…`.
  public var name: String
  /// The limit in force.
  public var soft: UInt64
  /// The ceiling.
  public var hard: UInt64

  /// Makes one.
  public init(name: String, soft: UInt64, hard: UInt64) {
    (self.name, self.soft, self.hard) = (name, soft, hard)
  }
}

/// A call that younger kernels have, which the runtime prefers to its elders.
public enum KernelCall: String, Sendable, CaseIterable {
  case openat2, clone3, close_range, pidfd_open, pidfd_send_signal, pidfd_getfd, open_tree, move_mount, fsopen
  case mount_setattr, statx, memfd_create, execveat, bpf
}
