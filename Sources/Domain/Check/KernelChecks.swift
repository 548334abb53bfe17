let userChecks: [HostCheck] = [
  HostCheck("host", "user", .required, remedy: "run martlet as root: other users cannot run containers yet") {
    guard $0.facts.effectiveUserID == 0 else {
      return .init(.unusable, "user \($0.facts.effectiveUserID)")
    }
    return .init(.ok, $0.facts.inUserNamespace ? "root of a user namespace, with what that allows" : "root")
  },
  HostCheck("host", "kernel", remedy: "") { .init(.ok, $0.inspection.release) },
]

/// Calls that are asked whether they are there.
let callChecks: [HostCheck] = CallUse.table.map { use in
  HostCheck(
    "kernel", use.call.rawValue,
    remedy: "\(use.without); Linux \(use.since) or later has the call, unless a filter hides it"
  ) { host in
    guard let answer = host.inspection.refusals[use.call] else { return .init(.ok, use.purpose) }
    if answer == .notPermitted, use.isPrivileged, host.facts.effectiveUserID != 0 {
      return .init(.ok, use.purpose)
    }
    return .init(answer == .noSystemCall ? .missing : .unusable, "\(answer)")
  }
}

/// What a call is for.
private struct CallUse {
  var call: KernelCall
  var since: String
  var purpose: String
  /// What becomes of a container without it.
  var without: String
  /// It may be refused to whoever is not root before it looks at anything.
  var isPrivileged = false

  init(_ call: KernelCall, _ since: String, _ purpose: String, without: String, isPrivileged: Bool = false) {
    (self.call, self.since, self.purpose) = (call, since, purpose)
    (self.without, self.isPrivileged) = (without, isPrivileged)
  }

  static let table: [CallUse] = [
    CallUse(
      .openat2, "5.6", "resolves paths inside the root file system",
      without: "paths are walked component by component"),
    CallUse(
      .clone3, "5.3", "births, also into a cgroup", without: "plain clone serves; no time namespaces at birth"
    ),
    CallUse(
      .close_range, "5.11", "closes descriptors at once", without: "descriptors are closed one by one"),
    CallUse(.pidfd_open, "5.3", "holds on to processes", without: "exec and hooks in containers are refused"),
    CallUse(
      .pidfd_send_signal, "5.1", "signals processes that are held", without: "signals go by number, checked"),
    CallUse(.pidfd_getfd, "5.6", "takes over seccomp listeners", without: "seccomp agents are refused"),
    CallUse(
      .open_tree, "5.2", "clones mounts", without: "mounts are bound by path; id-mapped ones are refused",
      isPrivileged: true),
    CallUse(
      .move_mount, "5.2", "attaches mounts by descriptor",
      without: "mounts are made by path; id-mapped ones are refused", isPrivileged: true),
    CallUse(
      .fsopen, "5.2", "makes file systems with mapped ids",
      without: "only what is bound can have mapped ids", isPrivileged: true),
    CallUse(
      .mount_setattr, "5.12", "id-mapped mounts, and attributes of whole trees of them",
      without: "id-mapped mounts and recursive options such as rro are refused", isPrivileged: true),
    CallUse(.statx, "4.11", "tells mounts apart", without: "mounts are told apart by procfs"),
    CallUse(
      .memfd_create, "3.17", "files in memory", without: "unnamed files in a temporary folder serve"),
    CallUse(.execveat, "3.19", "executes by descriptor", without: "the descriptor's name in procfs serves"),
    CallUse(
      .bpf, "4.15", "device rules on cgroup v2", without: "device rules on cgroup v2 are refused",
      isPrivileged: true),
  ]
}

let kernelChecks: [HostCheck] = [
  HostCheck(
    "kernel", "landlock",
    remedy: "the annotation io.martlet.landlock is refused; CONFIG_SECURITY_LANDLOCK, and lsm=…,landlock"
  ) {
    let version = $0.facts.landlockVersion
    return version > 0 ? .init(.ok, "version \(version)") : .init(.missing)
  },
  HostCheck(
    "kernel", "core scheduling",
    remedy: "the annotation io.martlet.core-scheduling is refused; Linux 5.14 with CONFIG_SCHED_CORE"
  ) {
    $0.facts.hasCoreScheduling ? .init(.ok) : .init(.missing)
  },
]

/// Kinds of namespaces. Those of mounts and processes are in every kernel.
let namespaceChecks: [HostCheck] =
  NamespaceType.allCases.map { type in
    HostCheck(
      "namespaces", type.rawValue, type == .mount || type == .pid ? .required : .optional,
      remedy: "containers that ask for it are refused; the kernel was built without it"
    ) { host in
      guard host.facts.namespaces.contains(type) else { return .init(.missing) }
      guard type == .user, host.inspection.userNamespaceLimit == 0 else { return .init(.ok) }
      return .init(.unusable, "user.max_user_namespaces is 0: sysctl user.max_user_namespaces=15000")
    }
  }

let filterChecks: [HostCheck] = [
  HostCheck("seccomp", "filters", remedy: "profiles are refused; CONFIG_SECCOMP_FILTER") {
    guard let actions = $0.inspection.filterActions else { return .init(.missing) }
    let lacking = SeccompAction.allCases.filter { !actions.contains($0) }
    guard !lacking.isEmpty else { return .init(.ok, "all actions") }
    return .init(.unusable, "without \(lacking.map(\.rawValue).joined(separator: " "))")
  },
  HostCheck("seccomp", "agents", remedy: "listenerPath is refused; Linux 5.0") {
    $0.inspection.hasFilterAgents ? .init(.ok) : .init(.missing)
  },
]

let moduleChecks: [HostCheck] =
  [
    ("AppArmor", SecurityModules.apparmor, "apparmorProfile"),
    ("SELinux", .selinux, "selinuxLabel and mountLabel"),
  ]
  .map { name, module, properties in
    HostCheck(
      "security modules", name,
      remedy: "containers with \(properties) are refused; it is chosen by lsm= at boot"
    ) {
      host in
      guard !host.facts.securityModules.contains(module) else { return .init(.ok) }
      guard let all = host.inspection.securityModules else { return .init(.missing) }
      return .init(.missing, "in force: \(all.isEmpty ? "none" : all.joined(separator: " "))")
    }
  }
