import Domain
import Linux
import Testing

@testable import HostProbe

@Suite struct ConventionalCgroupsTests {
  @Test("a look at each place finds what the mount table says, or leaves it to the table")
  func agreesWithTheMountTable() throws {
    let procfs = try Procfs()
    let table = CgroupLayout(mountTable: try procfs.read("self/mountinfo", limit: 16 << 20))
    guard let found = try ConventionalCgroups.layout(procfs, root: "/sys/fs/cgroup") else { return }
    #expect(found.mode == table.mode)
    let order: (CgroupLayout.Hierarchy, CgroupLayout.Hierarchy) -> Bool = { $0.mountPoint < $1.mountPoint }
    #expect(found.hierarchies.sorted(by: order) == table.hierarchies.sorted(by: order))
  }

  @Test("hierarchies that are not in their places are not made up")
  func elsewhere() throws {
    #expect(try ConventionalCgroups.layout(try Procfs(), root: "/nonexistent") == nil)
    #expect(try ConventionalCgroups.layout(try Procfs(), root: "/proc") == nil)
  }
}
