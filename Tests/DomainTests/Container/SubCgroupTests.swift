import Domain
import Testing

@Suite struct SubCgroupTests {
  private static let location = CgroupLocation(
    driver: .cgroupfs,
    paths: [
      .init(controller: "pids", directory: "/sys/fs/cgroup/pids/c"),
      .init(controller: "cpu", directory: "/sys/fs/cgroup/cpu/c"),
      .init(controller: "", directory: "/sys/fs/cgroup/unified/c"),
    ])

  static let accepted: [([String], [String])] = [
    ([], ["pids/c", "cpu/c", "unified/c"]),
    (["a"], ["pids/c/a", "cpu/c/a", "unified/c/a"]),
    (["/a/b/"], ["pids/c/a/b", "cpu/c/a/b", "unified/c/a/b"]),
    (["/"], ["pids/c", "cpu/c", "unified/c"]),
    (["../../a"], ["pids/c/a", "cpu/c/a", "unified/c/a"]),
    (["pids:a"], ["pids/c/a", "cpu/c", "unified/c"]),
    (["pids,cpu:a"], ["pids/c/a", "cpu/c/a", "unified/c"]),
    (["pids:a", "cpu:b:c"], ["pids/c/a", "cpu/c/b:c", "unified/c"]),
    ([":a"], ["pids/c", "cpu/c", "unified/c/a"]),
  ]

  @Test(arguments: accepted) func leadsBelow(_ places: [String], _ directories: [String]) throws {
    let found = try Self.location.below(places.map { SubCgroup($0) }).paths.map(\.directory)
    #expect(found == directories.map { "/sys/fs/cgroup/" + $0 })
  }

  static let refused: [([String], SubCgroup.Problem)] = [
    (["a", "b"], .missingController(path: "a")), (["pids:a", "b"], .missingController(path: "b")),
    (["pids:a", "pids:b"], .repeated(controller: "pids")), (["pids,pids:a"], .repeated(controller: "pids")),
    (["misc:a"], .unknown(controller: "misc")), (["pids,:a", "cpu:b", ":c"], .repeated(controller: "")),
  ]

  @Test(arguments: refused) func refuses(_ places: [String], _ problem: SubCgroup.Problem) {
    #expect(throws: problem) { try Self.location.below(places.map { SubCgroup($0) }) }
  }
}
