import Domain
import Testing

/// The annotations that restrict a container beyond the specification.
@Suite struct LandlockTests {
  static func settings(_ text: String) throws -> LandlockSettings {
    try LandlockSettings(decoding: try parsed(text))
  }

  static let whole = """
    {"handledAccessFS":["execute","write_file","read_file","truncate","ioctl_dev"],
     "handledAccessNet":["bind_tcp","connect_tcp"],"scoped":["signal","abstract_unix_socket"],
     "pathBeneath":[{"paths":["/usr","/bin"],"allowedAccess":["execute","read_file"]},
       {"paths":["/dev/null"],"allowedAccess":["write_file","ioctl_dev"]}],
     "netPort":[{"ports":[80,443],"allowedAccess":["connect_tcp"]}]}
    """

  static func violations(
    _ text: String, version: Int = 7, noNewPrivileges: Bool = true, effective: [String] = []
  ) throws -> [String] {
    var document = Document()
    document.annotations = [Annotation(name: KnownAnnotation.landlock.rawValue, value: text)]
    document.landlock = try settings(text)
    document.process = ProcessSettings()
    document.process?.noNewPrivileges = noNewPrivileges
    document.process?.capabilities = CapabilitySettings()
    document.process?.capabilities?.effective = effective
    var facts = Facts()
    facts.landlockVersion = version
    let place = KnownAnnotation.landlock.pointer.text
    return ValidationRule.violations(of: document, on: facts).filter { $0.pointer.text.hasPrefix(place) }
      .map { $0.pointer.text.dropFirst(place.utf8.count) + ": " + $0.message }
  }

  @Test("names become the kernel's numbers")
  func numbers() throws {
    let ruleset = try #require(try LandlockTests.settings(LandlockTests.whole).ruleset(version: 7))
    #expect(ruleset.files == 0b111 | 1 << 14 | 1 << 15)
    #expect(ruleset.ports == 3)
    #expect(ruleset.scopes == 3)
    #expect(ruleset.pathRules.map(\.path) == ["/usr", "/bin", "/dev/null"])
    #expect(ruleset.pathRules.map(\.access) == [0b101, 0b101, 0b10 | 1 << 15])
    #expect(ruleset.portRules.map(\.port) == [80, 443])
    #expect(ruleset.portRules.map(\.access) == [2, 2])
  }

  @Test(
    "an older kernel is asked for what it has",
    arguments: [
      (5, 0b111 | 1 << 14 | 1 << 15, 3, 0, 3), (4, 0b111 | 1 << 14, 3, 0, 3), (3, 0b111 | 1 << 14, 0, 0, 3),
      (1, 0b111, 0, 0, 3),
    ] as [(Int, UInt64, UInt64, UInt64, Int)])
  func older(version: Int, files: UInt64, ports: UInt64, scopes: UInt64, paths: Int) throws {
    let ruleset = try #require(try LandlockTests.settings(LandlockTests.whole).ruleset(version: version))
    #expect(ruleset.files == files && ruleset.ports == ports && ruleset.scopes == scopes)
    #expect(ruleset.pathRules.count == paths)
    #expect(ruleset.portRules.count == (ports == 0 ? 0 : 2))
    #expect(try LandlockTests.settings(LandlockTests.whole).ruleset(version: 0) == nil)
  }

  @Test(
    "what is wrong is told, all of it",
    arguments: [
      (whole, 7, []), (#"{"scoped":["signal"]}"#, 6, []),
      (whole, 0, [": the kernel has no Landlock, or it is not in use"]),
      (
        whole, 4,
        [
          #"/handledAccessFS/4: "ioctl_dev" needs version 5 of Landlock, the kernel has 4"#,
          #"/scoped/0: "signal" needs version 6 of Landlock, the kernel has 4"#,
          #"/scoped/1: "abstract_unix_socket" needs version 6 of Landlock, the kernel has 4"#,
        ]
      ),
      ("{}", 7, [": denies nothing"]),
      (
        #"{"handledAccessFs":["execute"],"handledAccessFS":["exec"],"scoped":["x"],"bestEffort":true}"#, 7,
        [
          "/handledAccessFs: unknown property", #"/handledAccessFS/0: unknown Landlock access "exec""#,
          #"/scoped/0: unknown Landlock access "x""#,
        ]
      ),
      (
        """
        {"handledAccessFS":["execute"],"pathBeneath":[{"paths":["usr"],"allowedAccess":["read_file"]},
        {"paths":["/a"],"allowedAccess":[]}],"netPort":[{"ports":[1],"allowedAccess":["bind_tcp"]}]}
        """, 7,
        [
          #"/pathBeneath/0/allowedAccess/0: "read_file" is not handled"#,
          "/pathBeneath/0/paths/0: must be an absolute path",
          "/pathBeneath/1/allowedAccess: must not be empty",
          #"/netPort/0/allowedAccess/0: "bind_tcp" is not handled"#,
        ]
      ),
    ] as [(String, Int, [String])])
  func wrong(text: String, version: Int, messages: [String]) throws {
    #expect(try LandlockTests.violations(text, version: version) == messages)
  }

  @Test("with best effort a kernel may be too old, and says so")
  func bestEffort() throws {
    let text = #"{"bestEffort":true,"# + LandlockTests.whole.dropFirst()
    for version in [0, 1, 4, 7] {
      #expect(try LandlockTests.violations(text, version: version) == [])
      var document = Document()
      document.ociVersion = "1.3.0"
      document.landlock = try LandlockTests.settings(text)
      var facts = Facts()
      facts.landlockVersion = version
      #expect(document.warnings(on: facts).count == (version < 6 ? 1 : 0))
    }
    let ruleset = try #require(try LandlockTests.settings(text).ruleset(version: 1))
    #expect(ruleset.pathRules.allSatisfy { $0.mayBeMissing })
  }

  @Test("the kernel's condition is the document's")
  func privileges() throws {
    let needed = [": Landlock needs noNewPrivileges, or CAP_SYS_ADMIN among the effective capabilities"]
    #expect(try LandlockTests.violations(LandlockTests.whole, noNewPrivileges: false) == needed)
    #expect(
      try LandlockTests.violations(
        LandlockTests.whole, noNewPrivileges: false, effective: ["CAP_SYS_ADMIN"]) == [])
  }

  @Test(
    "texts of another form are refused at their place",
    arguments: [
      ("[]", ""), (#"{"handledAccessFS":[1]}"#, "/handledAccessFS/0"),
      (#"{"netPort":[{"ports":[65536],"allowedAccess":[]}]}"#, "/netPort/0/ports/0"),
      (#"{"pathBeneath":[{"paths":["/"]}]}"#, "/pathBeneath/0/allowedAccess"),
      (#"{"pathBeneath":[{"paths":["/\u0000"],"allowedAccess":[]}]}"#, "/pathBeneath/0/paths/0"),
      (#"{"bestEffort":"yes"}"#, "/bestEffort"),
    ])
  func malformed(text: String, pointer: String) throws {
    let error = #expect(throws: DecodingError.self) { try LandlockTests.settings(text) }
    #expect(error?.pointer.text == pointer)
  }

  @Test("rules are looked up early and put in force last")
  func plan() throws {
    var request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    request.seccomp = CompiledFilter(program: [UInt8](repeating: 0, count: 32), flags: 0)
    request.landlock = try LandlockTests.settings(LandlockTests.whole).ruleset(version: 7)
    request.coreCookie = .of(process: 1)
    let document = GoldenPlanTests.smallDocument()
    let plan = try PlanCompiler.compile(document, facts: Facts(), request: request)
    let steps = plan.entries.map(\.step.description)
    let start = try #require(steps.firstIndex(of: "share cores with process 1 and its like"))
    #expect(
      Array(steps[(start - 1)..<(start + 8)]) == [
        "set no_new_privs", "share cores with process 1 and its like",
        "deny by Landlock execute,write_file,read_file,truncate,ioctl_dev,bind_tcp,connect_tcp,"
          + "abstract_unix_socket,signal", #"allow execute,read_file below "/usr""#,
        #"allow execute,read_file below "/bin""#, #"allow write_file,ioctl_dev below "/dev/null""#,
        "allow connect_tcp at port 80", "allow connect_tcp at port 443", "reach milestone ready",
      ])
    #expect(
      Array(steps.suffix(4)) == [
        "wait for start at slot 2", "put Landlock's rules in force",
        "install a seccomp filter of 4 instructions", #"execute "sh""#,
      ])
    #expect(PlanRule.violations(of: plan).map(\.name) == [])
  }

  @Test(
    "core scheduling has two scopes, and needs a kernel that has it",
    arguments: [
      ("container", true, []), ("process", true, []),
      ("container", false, ["the kernel has no core scheduling"]),
      ("", true, [#""" is not "container" or "process""#]),
      ("host", false, [#""host" is not "container" or "process""#]),
    ])
  func cores(text: String, has: Bool, messages: [String]) {
    var document = Document()
    document.annotations = [Annotation(name: KnownAnnotation.coreScheduling.rawValue, value: text)]
    var facts = Facts()
    facts.hasCoreScheduling = has
    let found = ValidationRule.violations(of: document, on: facts).filter {
      $0.pointer == KnownAnnotation.coreScheduling.pointer
    }
    #expect(found.map(\.message) == messages)
    #expect(document.questions == .coreScheduling)
  }
}
