import CLinux
import Domain
import Linux
import PortConformance
import Ports
import Resctrl
import Simulation
import Testing

/// The same checks for every manager: on a model everywhere, on played machines of every shape as root.
@Suite(.serialized) struct IntelRdtManagerTests {
  typealias Shape = IntelRdtManagerConformance.Shape

  /// A machine with one cache of two domains, a memory bandwidth, and counters.
  static let plain = Shape(
    lines: ["L3:0=f;1=ff", "MB:0=20;1=50"], respelled: ["MB: 1=50 ;0=20;", " L3:1=0xFF;0=00f"],
    others: ["L3:0=f0;1=f", "MB:0=30;1=100"],
    refused: ["L3:0=5", "L3:0=0", "L3:0=800", "L3:2=f", "L3:0=x", "MB:0=9", "MB:0=101", "MB:0=f", "X:0=1"],
    canCount: true)

  /// The shapes that `resctrl.py` plays, and what they take.
  static let shapes: [(name: String, shape: Shape)] = [
    ("cat", plain),
    (
      "cat-only",
      Shape(
        lines: ["L3:0=ff;1=3"], respelled: ["L3:1=00003;0=000ff"], others: ["L3:0=f;1=c"],
        refused: ["L3:0=1", "L3:0=5", "MB:0=50"], canCount: false)
    ),
    (
      "cdp",
      Shape(
        lines: ["L3CODE:0=f;1=f", "L3DATA:0=f0;1=f0"], respelled: ["L3DATA:1=0f0;0=f0", "L3CODE:0=f;1=f"],
        others: ["L3CODE:0=f0;1=f", "L3DATA:0=f;1=f0"], refused: ["L3:0=f", "L3CODE:0=5"], canCount: true)
    ),
    (
      "l2",
      Shape(
        lines: ["L2:0=f;2=3;4=1", "L3:0=f"], respelled: ["L3:0=00f", "L2:4=01;0=0f;2=03"],
        others: ["L2:0=f0;2=3;4=1", "L3:0=f"], refused: ["L2:3=f", "L2:0=100", "MB:0=50"], canCount: true)
    ),
    (
      "mba",
      Shape(
        lines: ["MB:0=20;1=50"], respelled: ["MB:1=050;0=20"], others: ["MB:0=30;1=50"],
        refused: ["MB:0=5", "L3:0=f"], canCount: true)
    ),
    (
      "mba-mbps",
      Shape(
        lines: ["L3:0=f", "MB:0=1025;1=7"], respelled: ["MB:1=7;0=01025", "L3:0=f"],
        others: ["L3:0=f", "MB:0=1030;1=7"], refused: ["MB:0=4294967296"], canCount: true)
    ),
    (
      "eighths",
      Shape(
        lines: ["L3:0=5;1=0", "MB:0=16;1=2048"], respelled: ["L3:1=0000;0=05", "MB:0=16"],
        others: ["L3:0=a;1=0", "MB:0=17;1=2048"], refused: ["MB:0=2049", "L3:0=10000"], canCount: true)
    ),
    ("monitoring", Shape(lines: [], respelled: [], others: [], refused: [], canCount: true)),
    (
      "sparse",
      Shape(
        lines: ["L3:0=505;1=f"], respelled: ["L3:1=f;0=505"], others: ["L3:0=505;1=5"],
        refused: ["L3:0=800", "L3:0=0"], canCount: true)
    ),
    (
      "few",
      Shape(
        lines: ["L3:0=f"], respelled: ["L3:0=0xf"], others: ["L3:0=f0"], refused: ["L3:0=5"], classesLeft: 1,
        canCount: true)
    ),
    (
      "locked",
      Shape(
        lines: ["L3:0=f;1=fc"], respelled: ["L3:1=fc;0=f"], others: ["L3:0=f;1=f0"],
        refused: ["L3:1=3", "L3:1=ff", "L3:1=1"], canCount: true)
    ),
    (
      "exclusive",
      Shape(
        lines: ["L3:0=f0;1=fc"], respelled: ["L3:1=fc;0=f0"], others: ["L3:0=f0;1=f0"],
        refused: ["L3:0=1;1=1", "L3:0=ff"], canCount: true)
    ),
    (
      "domains",
      Shape(
        lines: ["L3:0=f;4=f;8=f;28=7fff"], respelled: ["L3:28=7fff", "L3:8=f", "L3:4=f", "L3:0=f"],
        others: ["L3:0=f;4=f;8=f0;28=7fff"], refused: ["L3:1=f", "L3:32=f"], canCount: true)
    ),
  ]

  @Test("the model conforms", arguments: [false, true])
  func model(_ fewClasses: Bool) {
    var shape = IntelRdtManagerTests.plain
    if fewClasses { shape.classesLeft = 1 }
    let tree = InMemoryIntelRdtManager.Tree(
      RdtHost(
        resources: [
          .init(
            name: "L3", kind: .cache(.init(mask: 0x7FF, allowsGaps: false)), classes: fewClasses ? 2 : 16,
            domains: [0, 1]),
          .init(
            name: "MB", kind: .bandwidth(.init(minimum: 10, step: 10)), classes: fewClasses ? 2 : 8,
            domains: [0, 1]),
        ], events: ["llc_occupancy"]))
    var next: Int32 = 100
    var ended: Set<Int32> = []
    tree.hasEnded = { ended.contains($0) }
    let conformance = IntelRdtManagerConformance(
      shape: shape, make: { InMemoryIntelRdtManager(tree) },
      startProcess: {
        next += 1
        return next
      }, reap: { ended.insert($0) }, groups: { tree.groups.keys.sorted() },
      isMember: { pid, location in
        (tree.members[pid] ?? "") == (location.monitoring.map { location.group + "/" + $0 } ?? location.group)
      })
    #expect(Conformance.failures(of: "Simulation" + (fewClasses ? ", few classes" : ""), conformance) == [])
    #expect(IntelRdtManagerConformance.names.count >= 20)
  }

  /// Checks that pass whatever a manager does would prove nothing.
  @Test("a manager that does nothing does not conform")
  func idle() {
    let conformance = IntelRdtManagerConformance(
      shape: IntelRdtManagerTests.plain, make: { IdleManager() }, startProcess: { 1 }, reap: { _ in },
      groups: { [] }, isMember: { _, _ in true })
    #expect(conformance.run().count >= 12)
  }

  @Test(
    "played machines conform",
    .enabled(if: PlayedResctrl.hindrance == nil, "root plays machines by a file system of its own"),
    arguments: shapes.map(\.name))
  func played(_ name: String) throws {
    let shape = try #require(IntelRdtManagerTests.shapes.first { $0.name == name }?.shape)
    let machine = try PlayedResctrl(name)
    let before = machine.groups()
    let conformance = IntelRdtManagerConformance(
      shape: shape, make: { ResctrlManager(machine.mount) }, startProcess: CgroupManagerTests.sleeper,
      reap: CgroupManagerTests.reap, groups: machine.groups, isMember: machine.holds)
    #expect(Conformance.failures(of: "resctrl, played: " + name, conformance) == [])
    #expect(machine.groups() == before)
  }
}

/// The lock by which programs agree on who changes groups.
@Suite struct ResctrlLockTests {
  @Test("another program's lock is waited for, and not for ever")
  func deadline() throws {
    var template = Array("/tmp/martlet-resctrl-XXXXXX".utf8CString)
    let folder = String(cString: try #require(mkdtemp(&template)))
    defer { rmdir(folder) }
    let location = RdtLocation(
      mount: RdtMount(path: folder, isUnverified: true), group: "web", isNew: true, isShared: false)
    func destroy(_ patience: Int64) throws(RdtError) -> RdtRemoval {
      try ResctrlManager(location.mount, patience: patience).destroy(location)
    }
    do {
      let holder = try Files.open(folder, O_RDONLY | O_DIRECTORY)
      #expect(try LockWait.tries(holder.number))
      #expect(throws: RdtError.locked(path: folder, milliseconds: 50)) { try destroy(50) }
      _ = holder.number
    }
    #expect(try destroy(60_000) == .done)
    // A manager keeps no lock behind, whether it lives on or not.
    let manager = ResctrlManager(location.mount)
    #expect(try manager.destroy(location) == .done)
    #expect(try destroy(50) == .done)
    _ = manager
  }
}

/// Answers everything and does nothing.
private final class IdleManager: IntelRdtManager {
  func locate(_ group: RdtGroup) throws(RdtError) -> RdtLocation {
    RdtLocation(mount: RdtMount(path: "/"), group: group.name, isNew: true, isShared: group.isShared)
  }
  func claim(_ location: RdtLocation, _ schemata: RdtSchemata) throws(RdtError) -> RdtLocation { location }
  func add(_ pid: Int32, to location: RdtLocation) throws(RdtError) {}
  func apply(_ schemata: RdtSchemata, to location: RdtLocation) throws(RdtError) -> RdtSchemata { schemata }
  func statistics(of location: RdtLocation) throws(RdtError) -> RdtStatistics { RdtStatistics() }
  func destroy(_ location: RdtLocation) throws(RdtError) -> RdtRemoval { .done }
}
