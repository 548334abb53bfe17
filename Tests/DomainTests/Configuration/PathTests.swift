import Testing

@testable import Domain

@Suite("Paths as text")
struct PathTests {
  @Test(
    "a path is cleaned without looking at the host",
    arguments: [
      ("/a/../\u{301}b/../proc", "/proc"), ("/\u{301}a/..", "/"), ("/a/\u{301}b", "/a/\u{301}b"),
      ("/", "/"), ("/a", "/a"), ("/a/b.c/..d", "/a/b.c/..d"), ("/a/.../b", "/a/.../b"), ("/.a", "/.a"),
      ("", "/"), ("a", "/a"), ("//", "/"), ("/a/", "/a"), ("/a//b", "/a/b"), ("/a/./b", "/a/b"), ("/.", "/"),
      ("/a/..", "/"), ("/a/../b", "/b"), ("/../..", "/"), ("/a/b/../../../c", "/c"), ("a/../b/.", "/b"),
    ])
  func cleaned(_ path: String, _ expected: String) {
    #expect(path.cleanedPath == expected)
    #expect(expected.cleanedPath == expected)
  }

  @Test("a prefix is one of bytes, whatever letters they make")
  func bytePrefix() {
    #expect("--name".hasBytePrefix("--"))
    #expect("a".hasBytePrefix(""))
    #expect(!"a".hasBytePrefix("ab"))
    #expect(!"-".hasBytePrefix("--"))
    #expect("/\u{301}x".hasBytePrefix("/"))
  }
}
