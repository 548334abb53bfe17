import Domain
import Testing

@Suite struct CgroupNameTests {
  @Test(
    arguments: [
      (nil, nil, "martlet/web"), ("", nil, "martlet/web"), (nil, "1a2b", "martlet/web-1a2b"),
      ("/a/b", "1a2b", "a/b"), ("a/b", nil, "a/b"), ("//a/./b/", nil, "a/b"), ("/a/../b", nil, "b"),
      ("/a:b:c/d", nil, "a:b:c/d"), ("a:b", nil, "a:b"),
      ("/a/\u{301}b/../c", nil, "a/c"), ("/\u{301}a", nil, "\u{301}a"),
    ] as [(String?, String?, String)])
  func name(_ path: String?, _ digest: String?, _ expected: String) throws {
    let id = try ContainerID("web")
    #expect(try CgroupName.name(id: id, path: path, rootDigest: digest) == expected)
  }

  @Test(arguments: [
    ("/", CgroupName.Violation.outside("/")), ("..", .outside("..")), ("/a/../../b", .outside("/a/../../b")),
    ("a/..", .outside("a/..")), ("system.slice:m:web", .systemdForm("system.slice:m:web")),
    ("::", .systemdForm("::")), ("/a\u{0}b", .malformed("/a\u{0}b")),
    ("/a/../../\u{301}b", .outside("/a/../../\u{301}b")), ("../\u{301}b", .outside("../\u{301}b")),
    (String(repeating: "a", count: 4096), .malformed(String(repeating: "a", count: 4096))),
  ])
  func refused(_ path: String, _ violation: CgroupName.Violation) throws {
    let id = try ContainerID("web")
    #expect(throws: violation) { try CgroupName.name(id: id, path: path, rootDigest: nil) }
  }
}
