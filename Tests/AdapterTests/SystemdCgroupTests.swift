import CLinux
import Domain
import Linux
import Ports
import Simulation
import Testing

@testable import Systemd

/// The driver over a service manager that plays a script, and cgroups that are a value.
@Suite struct SystemdCgroupTests {
  private static let unified = CgroupLayout(
    mode: .unified, hierarchies: [.init(controllers: [], mountPoint: "/c", isUnified: true)])
  private static let hybrid = CgroupLayout(
    mode: .hybrid,
    hierarchies: [
      .init(controllers: ["memory"], mountPoint: "/c/memory"),
      .init(controllers: ["name=systemd"], mountPoint: "/c/systemd"),
      .init(controllers: [], mountPoint: "/c/unified", isUnified: true),
    ])
  private static let directory = "/c/a.slice/p-web.scope"

  private static func request(_ annotations: [Annotation] = []) throws -> CgroupRequest {
    CgroupRequest(id: try ContainerID("web"), path: "a.slice:p:", annotations: annotations)
  }

  private static func location(_ below: String = "") -> CgroupLocation {
    CgroupLocation(
      driver: .systemd, paths: [.init(controller: "", directory: directory + below)], unit: "p-web.scope")
  }

  private static func manager(
    _ service: FakeService, _ files: any CgroupManager = InMemoryCgroupManager(.init()),
    layout: CgroupLayout = unified,
    scope: BusLookup.Scope = .system
  ) -> SystemdCgroupManager {
    SystemdCgroupManager(
      layout, files: files, scope: BusLookup(scope), service: service.manager(patience: 500),
      trees: [])
  }

  @Test func placesAreBelowTheManagersOwnCgroup() throws {
    let root = Self.manager(FakeService(FakeService.text("")))
    #expect(try root.locate(try Self.request()) == Self.location())
    let user = Self.manager(FakeService(FakeService.text("/user.slice/user@7.service")), scope: .user)
    let place = try user.locate(CgroupRequest(id: try ContainerID("web"), path: nil))
    #expect(place.paths.map(\.directory) == ["/c/user.slice/user@7.service/user.slice/martlet-web.scope"])
    let hybrid = try Self.manager(FakeService(FakeService.text("/")), layout: Self.hybrid).locate(
      try Self.request())
    #expect(
      hybrid.paths == [
        .init(controller: "memory", directory: "/c/memory/a.slice/p-web.scope"),
        .init(controller: "name=systemd", directory: "/c/systemd/a.slice/p-web.scope"),
        .init(controller: "", directory: "/c/unified/a.slice/p-web.scope"),
      ])
    let below = try Self.request([Annotation(name: "run.oci.systemd.subgroup", value: "inner")])
    #expect(try Self.manager(FakeService(FakeService.text(""))).locate(below) == Self.location("/inner"))
  }

  @Test func whatCannotBeUsedIsRefusedBeforeAnythingIsAsked() throws {
    let service = FakeService()
    let manager = Self.manager(service)
    #expect(throws: CgroupError.notUnitPath("/a")) {
      try manager.locate(CgroupRequest(id: try ContainerID("web"), path: "/a"))
    }
    let wrong = try Self.request([Annotation(name: "org.systemd.property.After", value: "[")])
    #expect(throws: CgroupError.self) { try manager.locate(wrong) }
    #expect(service.sockets.isEmpty)
  }

  @Test func aScopeIsMadeWithItsProcess() throws {
    let service = FakeService(FakeService.text("257"), FakeService.done)
    let request = try Self.request([Annotation(name: "org.systemd.property.TimeoutStopSec", value: "3")])
    #expect(try Self.manager(service).create(Self.location(), for: 41, request) == [])
    let start = try #require(service.sent().calls.last)
    guard case .array(_, let properties) = start.body[2] else { return }
    let named = properties.compactMap { property -> (String, PropertyValue)? in
      guard case .structure(let members) = property, case .string(let name) = members[0],
        case .variant(let value) = members[1]
      else { return nil }
      return (name, value)
    }
    let values = Dictionary(named, uniquingKeysWith: { $1 })
    #expect(values["PIDs"] == .array(.uint32, [.uint32(41)]))
    #expect(values["Slice"] == .string("a.slice"))
    #expect(values["Delegate"] == .boolean(true))
    #expect(values["IOAccounting"] == .boolean(true))
    #expect(values["CollectMode"] == .string("inactive-or-failed"))
    #expect(named.last?.0 == "TimeoutStopUSec")
    #expect(values["TimeoutStopUSec"] == .uint64(3_000_000))
  }

  private static func occupied(by processes: [Int32]) -> InMemoryCgroupManager {
    let tree = InMemoryCgroupManager.Tree()
    let files = InMemoryCgroupManager(tree)
    _ = try? files.createBirthplace(location())
    for process in processes { try? files.add(process, to: location()) }
    return files
  }

  /// A unit that is there and empty is what a container left that failed; one with processes is somebody's.
  @Test func aUnitOfTheSameName() throws {
    let exists = FakeService.unitExists
    let failed = FakeService(FakeService.text("257"), exists, FakeService.noSuchUnit, FakeService.done)
    _ = try Self.manager(failed).create(Self.location(), for: 41, try Self.request())
    #expect(
      failed.called == [
        "Get Version", "StartTransientUnit p-web.scope", "StopUnit p-web.scope",
        "StartTransientUnit p-web.scope",
      ])
    let again = FakeService(FakeService.text("257"), exists, FakeService.done, .values([]), exists)
    #expect(throws: CgroupError.self) {
      try Self.manager(again).create(Self.location(), for: 41, try Self.request())
    }
    #expect(again.called.count == 5)
    let foreign = FakeService(FakeService.text("257"), exists)
    #expect(throws: CgroupError.notEmpty(directory: Self.directory, processes: 1)) {
      try Self.manager(foreign, Self.occupied(by: [9])).create(Self.location(), for: 41, try Self.request())
    }
    #expect(foreign.called.last == "StartTransientUnit p-web.scope")
    // Made by the first of two calls, whose answer was lost.
    let lost = FakeService([.init(replies: [FakeService.text("257"), .end]), .init(replies: [exists])])
    _ = try Self.manager(lost, Self.occupied(by: [41])).create(Self.location(), for: 41, try Self.request())
    #expect(throws: CgroupError.notEmpty(directory: Self.directory, processes: 1)) {
      try Self.manager(FakeService(), Self.occupied(by: [9])).createBirthplace(Self.location())
    }
  }

  /// What may have come to be of a start that failed is removed again.
  @Test(arguments: [
    FakeService.Reply.job("failed"), .endless([]),
    .refusal("org.freedesktop.DBus.Error.PropertyReadOnly", "no"),
  ])
  func aFailedStartLeavesNothing(_ reply: FakeService.Reply) throws {
    let removal = FakeService.Script(replies: [FakeService.noSuchUnit])
    var first = FakeService.Script(replies: [FakeService.text("257"), reply])
    if case .endless = reply {} else { first.replies.append(FakeService.noSuchUnit) }
    let service = FakeService([first, removal])
    #expect(throws: CgroupError.self) {
      try Self.manager(service).create(Self.location(), for: 41, try Self.request())
    }
    #expect(service.called.last == "StopUnit p-web.scope")
  }

  /// On a host with version 1 the other hierarchies' cgroups are made before the scope.
  @Test func aFailedStartLeavesNoHierarchy() throws {
    let tree = InMemoryCgroupManager.Tree()
    let files = InMemoryCgroupManager(tree)
    _ = try files.createBirthplace(Self.location())
    let service = FakeService(
      FakeService.text("257"), .refusal("org.freedesktop.DBus.Error.PropertyReadOnly", "no"),
      FakeService.noSuchUnit)
    #expect(throws: CgroupError.self) {
      try Self.manager(service, files, layout: Self.hybrid).create(
        Self.location(), for: 41, try Self.request())
    }
    #expect(tree.groups.isEmpty)
  }

  @Test func limitsGoToSystemdFirst() throws {
    let tree = InMemoryCgroupManager.Tree()
    _ = try InMemoryCgroupManager(tree).createBirthplace(Self.location())
    let service = FakeService(FakeService.text("257"), .values([]), .values([]))
    var resources = Resources()
    (resources.pidsLimit, resources.devices) = (7, [DeviceRule(allow: false)])
    try Self.manager(service, InMemoryCgroupManager(tree)).apply(resources, to: Self.location())
    #expect(service.called == ["Get Version", "SetUnitProperties p-web.scope", "Ping"])
    #expect(tree.groups[Self.directory]?.files["pids.max"]?.text == "7")
    // What systemd refuses is not written either.
    let refusing = FakeService(
      FakeService.text("257"), .refusal("org.freedesktop.DBus.Error.InvalidArgs", "no"))
    resources.pidsLimit = 8
    #expect(throws: CgroupError.self) {
      try Self.manager(refusing, InMemoryCgroupManager(tree)).apply(resources, to: Self.location())
    }
    #expect(tree.groups[Self.directory]?.files["pids.max"]?.text == "7")
    #expect(throws: Never.self) { try Self.manager(FakeService()).apply(Resources(), to: Self.location()) }
  }

  @Test func removalStopsTheUnitAndThenRemovesWhatItLeft() throws {
    let tree = InMemoryCgroupManager.Tree()
    _ = try InMemoryCgroupManager(tree).createBirthplace(Self.location())
    let service = FakeService(FakeService.done, .values([]))
    try Self.manager(service, InMemoryCgroupManager(tree)).destroy(Self.location("/inner"))
    #expect(service.called == ["StopUnit p-web.scope", "ResetFailedUnit p-web.scope"])
    #expect(tree.groups.isEmpty)
    // Where systemd cannot be asked, the files go, and the error tells of the unit.
    _ = try InMemoryCgroupManager(tree).createBirthplace(Self.location())
    #expect(throws: CgroupError.serviceManager(operation: "remove", unit: "p-web.scope", .noAddress)) {
      try Self.manager(FakeService([]), InMemoryCgroupManager(tree)).destroy(Self.location())
    }
    #expect(tree.groups.isEmpty)
  }
}
