let cgroupChecks: [HostCheck] =
  [
    HostCheck("cgroups", "layout", .required, remedy: "mount a cgroup2 file system at /sys/fs/cgroup") {
      host in
      let layout = host.facts.cgroups
      if layout.hierarchies.isEmpty {
        let needsNone = host.driver == .disabled
        return .init(
          needsNone ? .ok : .missing, needsNone ? "none, and none is needed" : "no hierarchy is mounted")
      }
      return .init(.ok, "\(layout.mode.title), \(layout.hierarchies.count) mounted")
    },
    HostCheck(
      "cgroups", "driver", .required, remedy: "choose cgroupfs, or run where systemd is the first process"
    ) {
      host in
      let text = "\(host.driver.rawValue): \(host.reason)"
      let isLost = host.driver == .systemd && !host.inspection.isManagedBySystemd
      return .init(isLost ? .unusable : .ok, isLost ? text + ", and systemd is not the first process" : text)
    },
    HostCheck(
      "cgroups", "place", .required, remedy: "run as root, or where the cgroups are delegated and mounted rw"
    ) {
      host in
      let closed = host.inspection.closedHierarchies
      guard host.driver == .cgroupfs, !closed.isEmpty else { return .init(.ok, "cgroups can be made") }
      return .init(.unusable, "not writable: \(closed.joined(separator: " "))")
    },
  ] + controllerChecks

/// Controllers, by both names where they have two.
private let controllerChecks: [HostCheck] = [
  ("cpu", "cpu"), ("cpuset", "cpuset"), ("memory", "memory"), ("pids", "pids"), ("blkio", "io"),
  ("hugetlb", "hugetlb"), ("rdma", "rdma"), ("misc", "misc"),
].map { old, new in
  HostCheck(
    "cgroups", old == new ? old : "\(new) (\(old))",
    remedy:
      "its limits are refused; the kernel was built without it, it is off (cgroup_disable=) or not mounted"
  ) { host in
    let found = host.inspection.controllers
    return found.contains(old) || found.contains(new) ? .init(.ok) : .init(.missing)
  }
}

extension CgroupLayout.Mode {
  /// The set-up for people.
  fileprivate var title: String {
    switch self {
    case .legacy: "version 1"
    case .hybrid: "hybrid: version 1 with a tree of version 2"
    case .unified: "version 2"
    }
  }
}

let programChecks: [HostCheck] = [
  HostCheck("programs", "criu", remedy: "checkpoint and restore need it: apt-get install criu, or criuPath") {
    program($0.criu, $0)
  },
  HostCheck(
    "programs", "newuidmap", remedy: "ordinary users need it for ids beside their own: apt-get install uidmap"
  ) {
    program("newuidmap", $0)
  },
  HostCheck("programs", "newgidmap", remedy: "likewise") { program("newgidmap", $0) },
  HostCheck(
    "users", "subordinate ids",
    remedy:
      "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER: for containers of an ordinary user"
  ) { host in
    let (users, groups) = host.inspection.subordinateIDs
    if users > 0, groups > 0 { return .init(.ok, "\(users) users, \(groups) groups") }
    if host.facts.effectiveUserID == 0 { return .init(.ok, "root needs none") }
    return .init(.missing, "\(users) users, \(groups) groups")
  },
  HostCheck(
    "hardware", "resctrl", remedy: "linux.intelRdt is refused; mount -t resctrl resctrl /sys/fs/resctrl"
  ) {
    if let place = $0.inspection.resctrl { return .init(.ok, place) }
    return $0.inspection.fileSystems.contains("resctrl")
      ? .init(.unusable, "not mounted") : .init(.missing, "the kernel or the processor has none")
  },
]

private func program(_ name: String, _ host: HostView) -> HostCheck.Verdict {
  host.inspection.programs[name].map { .init(.ok, $0) } ?? .init(.missing, "\(name) is not found")
}

/// Limits that containers have come to need, and how much of each.
let limitChecks: [HostCheck] = [
  ("RLIMIT_NOFILE", 1024 as UInt64), ("RLIMIT_NPROC", 1024), ("RLIMIT_CORE", 0), ("RLIMIT_MEMLOCK", 65536),
].map { name, least in
  HostCheck("limits", name, remedy: "raise the hard limit for whoever calls martlet (ulimit -H, LimitXXX=)") {
    host in
    guard let limit = host.inspection.limits.first(where: { $0.name == name }) else { return .init(.missing) }
    let text = "hard \(limit.hard == .max ? "unlimited" : "\(limit.hard)")"
    return .init(limit.hard >= least ? .ok : .unusable, text)
  }
}
