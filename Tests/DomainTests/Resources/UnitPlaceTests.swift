import Testing

@testable import Domain

@Suite struct UnitPlaceTests {
  private static let places: [(path: String?, slice: String, unit: String, group: String)] = [
    (nil, "system.slice", "martlet-web.scope", "/system.slice/martlet-web.scope"),
    ("", "system.slice", "martlet-web.scope", "/system.slice/martlet-web.scope"),
    ("::", "system.slice", "web.scope", "/system.slice/web.scope"),
    ("machine.slice:libpod:abc", "machine.slice", "libpod-abc.scope", "/machine.slice/libpod-abc.scope"),
    (
      "kubepods-besteffort-pod1.slice:cri-containerd:x", "kubepods-besteffort-pod1.slice",
      "cri-containerd-x.scope",
      "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/cri-containerd-x.scope"
    ),
    ("-.slice:a:b", "-.slice", "a-b.scope", "/a-b.scope"),
    ("a.slice::.b+c", "a.slice", "\\x2eb\\x2bc.scope", "/a.slice/\\x2eb\\x2bc.scope"),
    (":p:ä", "system.slice", "p-\\xc3\\xa4.scope", "/system.slice/p-\\xc3\\xa4.scope"),
  ]

  @Test func pathsArePlaces() throws {
    let id = try ContainerID("web")
    for place in UnitPlaceTests.places {
      let made = try UnitPlace(id: id, path: place.path, rootDigest: nil, defaultSlice: "system.slice")
      #expect(made.slice == place.slice)
      #expect(made.unit == place.unit)
      #expect(made.controlGroup == place.group)
    }
    let rooted = try UnitPlace(id: id, path: nil, rootDigest: "0123abcd", defaultSlice: "user.slice")
    #expect(rooted.controlGroup == "/user.slice/martlet-web-0123abcd.scope")
  }

  private static let wrong: [(path: String, error: UnitPlace.Violation)] = [
    ("/a/b", .notUnitPath("/a/b")), ("a:b", .notUnitPath("a:b")), ("a:b:c:d", .notUnitPath("a:b:c:d")),
    ("a.slice:b:c/d", .notUnitPath("a.slice:b:c/d")),
    ("a:b:c", .slice("a")), ("-a.slice:b:c", .slice("-a.slice")), ("a-.slice:b:c", .slice("a-.slice")),
    ("a--b.slice:b:c", .slice("a--b.slice")), (".slice:b:c", .slice(".slice")),
    ("a b.slice:b:c", .slice("a b.slice")),
    ("a@b.slice:b:c", .slice("a@b.slice")), ("a.slice:b:c.slice", .notScope("a.slice:b:c.slice")),
  ]

  @Test func otherPathsAreRefused() throws {
    let id = try ContainerID("web")
    for (path, error) in UnitPlaceTests.wrong {
      #expect(throws: error, "\(path)") {
        try UnitPlace(id: id, path: path, rootDigest: nil, defaultSlice: "system.slice")
      }
    }
    let long = "a.slice:b:" + String(repeating: "c", count: 250)
    #expect(throws: UnitPlace.Violation.self) {
      try UnitPlace(id: id, path: long, rootDigest: nil, defaultSlice: "system.slice")
    }
    #expect(UnitPlace.isUnitPath("a.slice:b:c"))
    #expect(!UnitPlace.isUnitPath("/a:b:c"))
  }

  @Test(
    arguments: [
      ("257.13-1~deb13u1", 257), ("v252.5", 252), ("systemd 239 (239-82.el8)", 239), ("", UInt32.max),
      ("258", 258),
    ] as [(String, UInt32)])
  func versionsAreNumbers(_ text: String, _ number: UInt32) {
    #expect(SystemdVersion(text: text).number == number)
  }

  @Test(arguments: ["y", "a{sv}", "a(st)", "(ayas)", "aaav", "a{s(ii)}"]) func signaturesAreTypes(
    _ text: String
  ) throws {
    let types = try #require(PropertyType.list(Array(text.utf8)))
    #expect(types.map(\.signature).joined() == text)
  }

  @Test(arguments: [
    "a", "(", ")", "()", "{sv}", "a{vs}", "a{s}", "a{sss}", "z", "h", "m",
    String(repeating: "a", count: 33) + "s", String(repeating: "(", count: 33) + "s",
  ])
  func otherSignaturesAreRefused(_ text: String) {
    #expect(PropertyType.list(Array(text.utf8)) == nil)
  }
}
