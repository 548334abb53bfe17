import CLinux
import CgroupV1
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
    // The mark comes last: no annotation takes it away.
    #expect(named.suffix(2).map(\.0) == ["TimeoutStopUSec", "Documentation"])
    #expect(values["Documentation"] == .array(.string, [.string("info:martlet/web")]))
    #expect(values["TimeoutStopUSec"] == .uint64(3_000_000))
  }

  private static func occupied(by processes: [Int32]) -> InMemoryCgroupManager {
    let tree = InMemoryCgroupManager.Tree()
    let files = InMemoryCgroupManager(tree)
    _ = try? files.createBirthplace(location())
    for process in processes { try? files.add(process, to: location()) }
    return files
  }

  private static let version = FakeService.text("257")
  private static let mark = "info:martlet/web@1970-01-01T00:00:00.000000005Z"

  private static func held(_ location: CgroupLocation) throws -> CgroupLocation {
    var copy = location
    copy.holder = .init(id: try ContainerID("web"), created: Timestamp(seconds: 0, nanoseconds: 5))
    return copy
  }

  @Test func aMarkIsAURI() throws {
    let holder = try Self.held(Self.location()).holder
    #expect(UnitMark(try ContainerID("web"), holder).text == Self.mark)
    #expect(UnitMark.isAny(["man:x", Self.mark]) && !UnitMark.isAny(["info:x"]))
  }

  /// What a container left that is gone is taken over; what is somebody else's stays as it is.
  @Test func aUnitOfTheSameName() throws {
    let exists = FakeService.unitExists
    let calls = ["Get Version", "StartTransientUnit p-web.scope", "GetUnit p-web.scope", "Get Documentation"]
    func create(_ service: FakeService, _ files: any CgroupManager = InMemoryCgroupManager(.init())) throws {
      _ = try Self.manager(service, files).create(
        try Self.held(Self.location()), for: 41, try Self.request())
    }
    let abandoned = FakeService(
      [Self.version, exists] + FakeService.documented("info:martlet/other@1") + [
        FakeService.noSuchUnit, FakeService.done,
      ])
    try create(abandoned)
    #expect(abandoned.called == calls + ["StopUnit p-web.scope", "StartTransientUnit p-web.scope"])
    // Of somebody else's unit only that it failed is forgotten.
    let again = calls + ["ResetFailedUnit p-web.scope", "StartTransientUnit p-web.scope"]
    let failed = FakeService(
      [Self.version, exists] + FakeService.documented("man:x") + [.values([]), FakeService.done])
    try create(failed)
    #expect(failed.called == again)
    let foreign = FakeService(
      [Self.version, exists] + FakeService.documented("man:x") + [.values([]), exists]
        + FakeService.documented("man:x"))
    #expect(throws: CgroupError.self) { try create(foreign) }
    #expect(foreign.called == again + ["GetUnit p-web.scope", "Get Documentation"])
    let occupied = FakeService([Self.version, exists] + FakeService.documented("info:martlet/other@1"))
    #expect(throws: CgroupError.notEmpty(directory: Self.directory, processes: 1)) {
      try create(occupied, Self.occupied(by: [9]))
    }
    #expect(occupied.called == calls)
    // Gone since.
    let gone = FakeService(Self.version, exists, FakeService.noSuchUnit, FakeService.done)
    try create(gone)
    // By the first of two calls, whose answer was lost; or for an earlier part of the location.
    let lost = FakeService([
      .init(replies: [Self.version, .end]), .init(replies: [exists] + FakeService.documented(Self.mark)),
    ])
    try create(lost)
    #expect(lost.called.last == "Get Documentation")
    #expect(throws: CgroupError.notEmpty(directory: Self.directory, processes: 1)) {
      try Self.manager(FakeService(), Self.occupied(by: [9])).createBirthplace(Self.location())
    }
  }

  private static let readOnly = FakeService.Reply.refusal("org.freedesktop.DBus.Error.PropertyReadOnly", "no")

  /// What may have come to be of a start that failed is removed again, if it is ours.
  @Test(arguments: [FakeService.Reply.job("failed"), .endless([]), readOnly])
  func aFailedStartLeavesNothing(_ reply: FakeService.Reply) throws {
    for (found, stops) in [(Self.mark, true), ("info:martlet/other@1", false)] {
      let removal = FakeService.documented(found) + (stops ? [FakeService.noSuchUnit] : [])
      var scripts = [FakeService.Script(replies: [Self.version, reply])]
      if case .endless = reply {
        scripts.append(.init(replies: removal))
      } else {
        scripts[0].replies += removal
      }
      let service = FakeService(scripts)
      #expect(throws: CgroupError.self) {
        try Self.manager(service).create(try Self.held(Self.location()), for: 41, try Self.request())
      }
      #expect(service.called.last == (stops ? "StopUnit p-web.scope" : "Get Documentation"))
    }
  }

  @Test func whatCannotBeRemovedAgainIsTold() throws {
    let service = FakeService(
      [Self.version, Self.readOnly] + FakeService.documented(Self.mark) + [Self.readOnly])
    let cause = CgroupError.serviceManager(
      operation: "start", unit: "p-web.scope",
      .refused(name: "org.freedesktop.DBus.Error.PropertyReadOnly", text: "no"))
    #expect(throws: CgroupError.remains(unit: "p-web.scope", cause: cause)) {
      try Self.manager(service).create(try Self.held(Self.location()), for: 41, try Self.request())
    }
  }

  /// Two hierarchies of version 1 as folders, in which systemd has made cgroups and put these processes.
  private final class Folders {
    let path: String
    let layout: CgroupLayout

    init(processes: [String]) throws {
      var template = Array("/tmp/martlet-systemd-XXXXXX".utf8CString)
      path = String(cString: try #require(mkdtemp(&template)))
      var hierarchies: [CgroupLayout.Hierarchy] = []
      for (name, text) in zip(["memory", "pids"], processes) {
        let group = "\(path)/\(name)/a.slice/p-web.scope"
        for folder in ["\(path)/\(name)", "\(path)/\(name)/a.slice", group] { mkdir(folder, 0o755) }
        for (file, content) in [("cgroup.procs", text), ("tasks", "")] {
          try Host.replace("\(group)/\(file)", [UInt8](content.utf8), mode: 0o600)
        }
        hierarchies.append(.init(controllers: [name], mountPoint: "\(path)/\(name)"))
      }
      layout = CgroupLayout(mode: .legacy, hierarchies: hierarchies)
    }

    func create(_ service: FakeService) throws {
      let trees = layout.hierarchies.map { CgroupTree($0, kind: .unverified) }
      let manager = SystemdCgroupManager(
        layout, files: CgroupV1Manager(trees), service: service.manager(patience: 500), trees: trees)
      let paths = layout.hierarchies.map {
        CgroupLocation.Path(controller: $0.controllers[0], directory: $0.mountPoint + "/a.slice/p-web.scope")
      }
      let location = CgroupLocation(driver: .systemd, paths: paths, unit: "p-web.scope")
      let doors = try manager.create(try held(location), for: 41, try request())
      for door in doors { close(door) }
    }

    deinit {
      for hierarchy in layout.hierarchies {
        let group = hierarchy.mountPoint + "/a.slice/p-web.scope"
        for file in ["cgroup.procs", "tasks"] { unlink("\(group)/\(file)") }
        for folder in [group, hierarchy.mountPoint + "/a.slice", hierarchy.mountPoint] { rmdir(folder) }
      }
      rmdir(path)
    }
  }

  /// On version 1 systemd moves the process into the hierarchies that it uses; all others come after the scope, and a
  /// stranger's process in one of them ends the creation.
  @Test func theScopeComesBeforeTheOtherHierarchies() throws {
    let service = FakeService(Self.version, FakeService.done)
    try Folders(processes: ["41\n", ""]).create(service)
    #expect(service.called == ["Get Version", "StartTransientUnit p-web.scope"])
    let occupied = FakeService(
      [Self.version, FakeService.done] + FakeService.documented(Self.mark) + [FakeService.noSuchUnit])
    let folders = try Folders(processes: ["41\n", "41\n9\n"])
    #expect(throws: CgroupError.notEmpty(directory: folders.path + "/pids/a.slice/p-web.scope", processes: 1))
    {
      try folders.create(occupied)
    }
    #expect(occupied.called.last == "StopUnit p-web.scope")
  }

  /// The container stands still while systemd sets device rules of version 1; what takes the update back ends that.
  @Test func anUpdateOfDevicesIsThawed() throws {
    let tree = InMemoryCgroupManager.Tree()
    let files = InMemoryCgroupManager(tree)
    _ = try files.createBirthplace(Self.location())
    var given = Resources()
    given.devices = [DeviceRule(allow: false)]
    let change = ResourceChange(given: given, recorded: Resources())
    let manager = Self.manager(FakeService(), files, layout: Self.hybrid)
    #expect(try manager.prepare(change, at: Self.location()).freezes)
    try files.setFrozen(true, Self.location())
    #expect(try !manager.prepare(change, at: Self.location()).freezes)
    #expect(try !Self.manager(FakeService(), files).prepare(change, at: Self.location()).freezes)
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
    let service = FakeService(FakeService.documented(Self.mark) + [FakeService.done, .values([])])
    try Self.manager(service, InMemoryCgroupManager(tree)).destroy(try Self.held(Self.location("/inner")))
    #expect(service.called.suffix(2) == ["StopUnit p-web.scope", "ResetFailedUnit p-web.scope"])
    #expect(tree.groups.isEmpty)
    // Where systemd cannot be asked, the files go, and the error tells of the unit.
    _ = try InMemoryCgroupManager(tree).createBirthplace(Self.location())
    #expect(throws: CgroupError.serviceManager(operation: "look up", unit: "p-web.scope", .noAddress)) {
      try Self.manager(FakeService([FakeService.Script]()), InMemoryCgroupManager(tree)).destroy(
        Self.location())
    }
    #expect(tree.groups.isEmpty)
  }

  /// A unit of the same name that came after the container's own is not touched, nor are its processes.
  @Test func aStrangersUnitIsNotTouched() throws {
    let foreign = [Self.unitOfOthers, [FakeService.noSuchUnit]].map { [Self.version] + $0 }
    let tree = InMemoryCgroupManager.Tree()
    let files = InMemoryCgroupManager(tree)
    _ = try files.createBirthplace(Self.location())
    try files.add(9, to: Self.location())
    let location = try Self.held(Self.location())
    func manager(_ replies: [FakeService.Reply]) -> SystemdCgroupManager {
      Self.manager(FakeService(replies), files)
    }
    let others = FakeService.documented("man:x") + [Self.version]
    #expect(try manager(others).processes(in: location) == [])
    try manager(others).killAll(in: location)
    try manager(others).destroy(location)
    #expect(tree.groups[Self.directory]?.processes == [9])
    #expect(try !manager(foreign[0]).isProven(location))
    #expect(try !manager(foreign[1]).isProven(location))
    #expect(try manager([Self.version] + FakeService.documented(Self.mark)).isProven(location))
    // It went between the two questions, and systemd has made an empty one of that name.
    #expect(try manager(FakeService.documented(loadState: "not-found")).processes(in: location) == [9])
    // Before the first version that takes marks, what is there is whose the location is.
    #expect(try manager(FakeService.documented() + [FakeService.text("237")]).processes(in: location) == [9])
    #expect(try manager(FakeService.documented(Self.mark)).processes(in: location) == [9])
  }

  private static let unitOfOthers = FakeService.documented("man:x")
}
