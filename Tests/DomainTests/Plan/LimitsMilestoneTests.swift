import Domain
import Testing

/// Where a process waits for its limits: ahead of the first step that they bind, and only where one is.
@Suite struct LimitsMilestoneTests {
  /// The steps around the milestone: the one that comes next, nil without a milestone.
  static func next(
    _ mode: CgroupLayout.Mode, _ driver: CgroupLocation.Driver = .cgroupfs,
    _ change: (inout Document) -> Void = { _ in }
  ) throws -> StepKind? {
    var document = GoldenPlanTests.smallDocument()
    document.mounts = [Mount(destination: "/proc", type: "proc", source: "proc")]
    change(&document)
    var facts = Facts()
    facts.cgroups = CgroupLayout(mode: mode)
    var request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    request.cgroup = CgroupLocation(driver: driver, paths: [])
    let plan = try PlanCompiler.compile(document, facts: facts, request: request)
    let place = plan.entries.firstIndex { $0.step == .reach(.limited) }
    #expect(plan.awaitsLimits == (place != nil))
    return place.map { plan.entries[$0 + 1].step.kind }
  }

  @Test("cgroup v1 refuses nodes while its rules are written")
  func nodes() throws {
    #expect(try LimitsMilestoneTests.next(.legacy) == .makeDevice)
    #expect(try LimitsMilestoneTests.next(.hybrid) == .makeDevice)
    #expect(try LimitsMilestoneTests.next(.unified) == nil)
    #expect(try LimitsMilestoneTests.next(.hybrid, .disabled) == nil)
  }

  @Test(
    "a device is mounted under the rules, a folder is not", arguments: [CgroupLayout.Mode.unified, .hybrid])
  func devices(mode: CgroupLayout.Mode) throws {
    let disk = try LimitsMilestoneTests.next(mode) {
      $0.mounts.append(Mount(destination: "/data", type: "ext4", source: "/dev/vdb"))
    }
    #expect(disk == .mount)
    let folder = try LimitsMilestoneTests.next(mode) {
      $0.mounts.append(Mount(destination: "/data", source: "/srv", options: ["bind"]))
    }
    #expect(folder == (mode == .unified ? nil : .makeDevice))
  }

  @Test("a policy is judged by the CPUs of the cgroup")
  func policies() throws {
    func policy(cpus: String?) throws -> StepKind? {
      try LimitsMilestoneTests.next(.unified) {
        $0.process?.scheduler = Scheduler(policy: .batch)
        $0.linux?.resources.cpu.cpus = cpus
      }
    }
    #expect(try policy(cpus: "0") != nil)
    #expect(try policy(cpus: nil) == nil)
  }
}
