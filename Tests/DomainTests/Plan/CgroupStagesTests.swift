import Domain
import Testing

/// Where a process waits for what its parent makes meanwhile: ahead of the first step that needs it, and only
/// where one does.
@Suite struct CgroupStagesTests {
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
    #expect(try CgroupStagesTests.next(.legacy) == .makeDevice)
    #expect(try CgroupStagesTests.next(.hybrid) == .makeDevice)
    #expect(try CgroupStagesTests.next(.unified) == nil)
    #expect(try CgroupStagesTests.next(.hybrid, .disabled) == nil)
  }

  @Test(
    "a device is mounted under the rules, a folder is not", arguments: [CgroupLayout.Mode.unified, .hybrid])
  func devices(mode: CgroupLayout.Mode) throws {
    let disk = try CgroupStagesTests.next(mode) {
      $0.mounts.append(Mount(destination: "/data", type: "ext4", source: "/dev/vdb"))
    }
    #expect(disk == .mount)
    let folder = try CgroupStagesTests.next(mode) {
      $0.mounts.append(Mount(destination: "/data", source: "/srv", options: ["bind"]))
    }
    #expect(folder == (mode == .unified ? nil : .makeDevice))
  }

  /// The steps before and after the one that joins late, the slots that come late, and what is before them.
  static func late(
    _ mounts: [Mount], _ mode: CgroupLayout.Mode = .hybrid, _ change: (inout Document) -> Void = { _ in }
  ) throws -> [String]? {
    var document = GoldenPlanTests.smallDocument()
    document.mounts = mounts
    change(&document)
    var facts = Facts()
    facts.cgroups = CgroupLayout(mode: mode)
    let request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    let plan = try PlanCompiler.compile(document, facts: facts, request: request)
    let place = plan.entries.firstIndex { $0.step == .joinRemainingCgroups }
    #expect((place == nil) == (plan.firstLateSlot == nil))
    guard let place, let first = plan.firstLateSlot else { return nil }
    return [plan.entries[place + 1].step.description] + plan.slots[first...].map(\.source.description)
  }

  static let proc = Mount(destination: "/proc", type: "proc", source: "proc")
  static let bind = Mount(destination: "/data", source: "/srv", options: ["bind"])
  static let disk = Mount(destination: "/data", type: "ext4", source: "/dev/vdb")

  @Test("remaining cgroups are joined before the first bind, which may lead into one")
  func binds() throws {
    typealias Tests = CgroupStagesTests
    #expect(
      try Tests.late([Tests.proc, Tests.bind]) == [
        "bind \"/srv\" on \"/data\" []", "mount tree of \"/srv\"", "exec fifo",
      ])
    #expect(try Tests.late([Tests.proc]) == ["reach milestone limited", "exec fifo"])
    #expect(try Tests.late([Tests.disk, Tests.bind])?.first == "reach milestone limited")
    #expect(try Tests.late([Tests.bind], .unified) == nil)
  }

  @Test("all cgroups come first where a namespace depends on them", arguments: [NamespaceType.cgroup, .user])
  func namespaces(type: NamespaceType) throws {
    #expect(
      try CgroupStagesTests.late([CgroupStagesTests.bind]) { $0.linux?.namespaces.append(Namespace(type)) }
        == nil)
  }

  @Test("a policy is judged by the CPUs of the cgroup")
  func policies() throws {
    func policy(cpus: String?) throws -> StepKind? {
      try CgroupStagesTests.next(.unified) {
        $0.process?.scheduler = Scheduler(policy: .batch)
        $0.linux?.resources.cpu.cpus = cpus
      }
    }
    #expect(try policy(cpus: "0") != nil)
    #expect(try policy(cpus: nil) == nil)
  }
}
