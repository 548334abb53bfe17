import Domain
import Testing

@Suite struct HostCheckTests {
  /// A host that has everything.
  static func host(_ change: (inout HostView) -> Void = { _ in }) -> HostView {
    var facts = Facts(cgroups: CgroupLayout(mode: .unified, hierarchies: [tree]))
    facts.landlockVersion = 7
    facts.hasCoreScheduling = true
    facts.securityModules = [.apparmor, .selinux]
    var seen = HostInspection()
    seen.filterActions = SeccompAction.allCases
    seen.hasFilterAgents = true
    seen.controllers = ["cpu", "cpuset", "memory", "pids", "io", "hugetlb", "rdma", "misc"]
    seen.fileSystems = ["proc", "tmpfs", "sysfs", "devpts", "mqueue", "cgroup2"]
    seen.programs = ["criu": "/sbin/criu", "newuidmap": "/bin/newuidmap", "newgidmap": "/bin/newgidmap"]
    seen.userNamespaceLimit = 1000
    seen.limits = ResourceLimitNumber.table.map { HostLimit(name: $0.name, soft: 1 << 20, hard: 1 << 20) }
    seen.descriptorCeiling = 1 << 20
    seen.resctrl = "/sys/fs/resctrl"
    var view = HostView(facts: facts, inspection: seen, driver: .cgroupfs, reason: "auto")
    change(&view)
    return view
  }

  static let tree = CgroupLayout.Hierarchy(controllers: [], mountPoint: "/sys/fs/cgroup", isUnified: true)

  static func results(_ change: (inout HostView) -> Void) -> [String: CheckResult] {
    let results = HostCheck.results(for: host(change))
    return Dictionary(results.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  @Test func aHostWithEverythingHasNothingToMend() {
    let results = HostCheck.results(for: HostCheckTests.host())
    #expect(results.allSatisfy { $0.verdict.status == .ok && $0.remedy.isEmpty })
    #expect(Set(results.map { $0.group + "/" + $0.name }).count == results.count)
  }

  @Test(arguments: KernelCall.allCases) func aCallThatIsMissingIsNamedAndNoObstacle(_ call: KernelCall) throws
  {
    let results = HostCheckTests.results { $0.inspection.refusals[call] = .noSystemCall }
    let found = try #require(results[call.rawValue])
    #expect(found.verdict.status == .missing)
    #expect(!found.remedy.isEmpty)
    #expect(!found.isObstacle)
    #expect(results.values.filter { $0.verdict.status != .ok }.count == 1)
  }

  @Test func aCallThatAFilterForbidsIsUnusableSaveWhereRootAloneMayAsk() {
    let root = HostCheckTests.results {
      $0.inspection.refusals = [.openat2: .notPermitted, .fsopen: .notPermitted]
    }
    #expect(root["openat2"]?.verdict.status == .unusable)
    #expect(root["fsopen"]?.verdict.status == .unusable)
    let user = HostCheckTests.results {
      $0.inspection.refusals = [.openat2: .notPermitted, .fsopen: .notPermitted]
      $0.facts.effectiveUserID = 1000
    }
    #expect(user["openat2"]?.verdict.status == .unusable)
    #expect(user["fsopen"]?.verdict.status == .ok)
  }

  /// What keeps every container from running, and how it comes about.
  static let obstacles: [(name: String, change: @Sendable (inout HostView) -> Void)] = [
    ("user", { $0.facts.effectiveUserID = 1000 }),
    ("pid", { $0.facts.namespaces.remove(NamespaceSet(.pid)) }),
    ("layout", { $0.facts.cgroups.hierarchies = [] }),
    ("driver", { $0.driver = .systemd }),
    ("place", { $0.inspection.closedHierarchies = ["/sys/fs/cgroup"] }),
  ]

  @Test(arguments: obstacles.indices) func whatEveryContainerNeedsIsAnObstacle(_ index: Int) {
    let (name, change) = HostCheckTests.obstacles[index]
    let obstacles = HostCheckTests.results(change).values.filter(\.isObstacle)
    #expect(obstacles.map(\.name) == [name])
    #expect(obstacles.allSatisfy { !$0.remedy.isEmpty })
  }

  /// What only some containers ask for.
  static let lesser: [(name: String, status: HostCheck.Status, change: @Sendable (inout HostView) -> Void)] =
    [
      ("landlock", .missing, { $0.facts.landlockVersion = 0 }),
      ("core scheduling", .missing, { $0.facts.hasCoreScheduling = false }),
      ("time", .missing, { $0.facts.namespaces.remove(NamespaceSet(.time)) }),
      ("user", .ok, { $0.inspection.userNamespaceLimit = 0 }),
      ("memory", .missing, { $0.inspection.controllers.removeAll { $0 == "memory" } }),
      ("filters", .missing, { $0.inspection.filterActions = nil }),
      ("filters", .unusable, { $0.inspection.filterActions = [.allow] }),
      ("agents", .missing, { $0.inspection.hasFilterAgents = false }),
      ("AppArmor", .missing, { $0.facts.securityModules.remove(.apparmor) }),
      ("criu", .missing, { $0.inspection.programs["criu"] = nil }),
      ("subordinate ids", .ok, { $0.inspection.subordinateIDs = (0, 0) }),
      ("resctrl", .missing, { $0.inspection.resctrl = nil }),
      (
        "resctrl", .unusable,
        {
          $0.inspection.resctrl = nil
          $0.inspection.fileSystems.append("resctrl")
        }
      ),
      ("RLIMIT_NOFILE", .unusable, { $0.inspection.limits[7].hard = 64 }),
    ]

  @Test(arguments: lesser.indices) func whatSomeContainersNeedIsNoObstacle(_ index: Int) throws {
    let (name, status, change) = HostCheckTests.lesser[index]
    let found = try #require(HostCheckTests.results(change)[name])
    #expect(found.verdict.status == status)
    #expect(!found.isObstacle)
    #expect(found.remedy.isEmpty == (status == .ok))
  }

  @Test func aHostWithoutCgroupsServesWhoeverWantsNone() {
    let results = HostCheckTests.results {
      $0.facts.cgroups.hierarchies = []
      $0.driver = .disabled
    }
    #expect(results["layout"]?.verdict.status == .ok)
  }
}

@Suite struct BundleCheckTests {
  private func document(_ change: (inout Document) -> Void) -> Document {
    var document = Document()
    document.process = ProcessSettings()
    document.linux = LinuxSettings()
    change(&document)
    return document
  }

  private func places(_ document: Document, _ change: (inout HostView) -> Void = { _ in }) -> [String] {
    document.unmetWishes(on: HostCheckTests.host(change)).map { "\($0.isObstacle ? "!" : "")\($0.name)" }
  }

  @Test func aPlainDocumentWantsNothingThatIsNotThere() {
    let limited = document { $0.linux?.resources.pidsLimit = 10 }
    #expect(places(limited).isEmpty)
  }

  @Test func aLimitWithoutItsControllerIsAnObstacle() {
    let limited = document {
      $0.linux?.resources.pidsLimit = 10
      $0.linux?.resources.memory.limit = 1 << 20
    }
    #expect(places(limited) { $0.inspection.controllers = ["memory"] } == ["!/linux/resources"])
    #expect(
      places(limited) {
        $0.inspection.controllers = []
        $0.driver = .disabled
      }.isEmpty)
  }

  @Test func aLimitThatCannotBeRaisedIsAnObstacle() {
    let limited = document {
      $0.process?.rlimits = [
        ResourceLimit(type: "RLIMIT_NPROC", hard: 2 << 20, soft: 1),
        ResourceLimit(type: "RLIMIT_NOFILE", hard: 2 << 20, soft: 1),
      ]
    }
    #expect(places(limited) == ["!/process/rlimits/1"])
    #expect(
      places(limited) {
        $0.facts.effectiveUserID = 1000
        $0.inspection.descriptorCeiling = nil
      } == ["!/process/rlimits/0", "!/process/rlimits/1"])
  }

  @Test func aMountOfAnUnknownKindIsNamedAndIdsNeedTheirCalls() {
    let mounted = document {
      $0.mounts = [
        Mount(destination: "/a", type: "proc"), Mount(destination: "/b", type: "nosuch"),
        Mount(destination: "/c", type: "bind", options: ["bind"]),
        Mount(destination: "/d", type: "none", options: ["bind", "idmap"]),
      ]
    }
    #expect(places(mounted) == ["/mounts/1/type"])
    #expect(
      places(mounted) { $0.inspection.refusals = [.mount_setattr: .noSystemCall] } == [
        "/mounts/1/type", "!/mounts/3",
      ])
  }

  @Test func aFilterNeedsItsActionsAndItsAgent() {
    let filtered = document {
      $0.linux?.seccomp = SeccompProfile(defaultAction: .log)
      $0.linux?.seccomp?.listenerPath = "/run/agent"
    }
    #expect(places(filtered).isEmpty)
    #expect(places(filtered) { $0.inspection.filterActions = nil } == ["!/linux/seccomp"])
    #expect(places(filtered) { $0.inspection.filterActions = [.allow] } == ["!/linux/seccomp"])
    #expect(
      places(filtered) { $0.inspection.refusals = [.pidfd_getfd: .noSystemCall] } == [
        "!/linux/seccomp/listenerPath"
      ])
  }
}
