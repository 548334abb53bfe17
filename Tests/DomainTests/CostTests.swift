import CLinux
import Testing

@testable import Domain

/// Large documents cost about as much more as they are larger. What is counted is the time that the thread itself
/// had, so that a busy machine changes little; and a cost that grew with the square would be twice the bound.
@Suite(.serialized) struct CostTests {
  struct Subject: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var count = 500
    var run: @Sendable (Int) throws -> Void
  }

  private static let (factor, bound) = (8, 32.0)

  @Test("the cost of many grows with their number", arguments: subjects)
  func grows(_ subject: Subject) throws {
    try subject.run(subject.count / 4)
    var ratio = Double.infinity
    // The least of some: whatever disturbs, disturbs not always.
    for _ in 0..<4 where ratio > Self.bound {
      let few = try Self.nanoseconds { try subject.run(subject.count) }
      let many = try Self.nanoseconds { try subject.run(subject.count * Self.factor) }
      ratio = min(ratio, Double(many) / Double(max(few, 1)))
    }
    #expect(ratio <= Self.bound, "\(subject.testDescription)")
  }

  private static func nanoseconds(_ body: () throws -> Void) throws -> Int64 {
    func now() -> Int64 {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
    let begin = now()
    try body()
    return now() - begin
  }

  /// Validates and compiles.
  @Sendable private static func exercise(_ change: (inout Document) -> Void) throws {
    var document = ValidationTests.good()
    change(&document)
    _ = ValidationRule.violations(of: document, on: Facts())
    _ = document.warnings(on: Facts())
    let request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    _ = EncodedPlan(try PlanCompiler.compile(document, facts: Facts(), request: request))
    _ = try Document(decoding: document.json)
  }

  /// The letter with its accents in one of 5,040 orders.
  private static func sameLetter(_ number: Int) -> String {
    var (accents, rest) = (Array("\u{301}\u{327}\u{345}\u{315}\u{31B}\u{323}\u{35C}".unicodeScalars), number)
    var text = "a"
    while !accents.isEmpty {
      text.unicodeScalars.append(accents.remove(at: rest % accents.count))
      rest /= accents.count + 1
    }
    return text
  }

  static let subjects: [Subject] = [
    Subject(testDescription: "mounts") { count in
      try exercise { document in
        document.mounts = (0..<count).map {
          Mount(destination: "/m/\($0)", type: "tmpfs", source: "s\($0)", options: ["ro", "size=\($0)k"])
        }
      }
    },
    Subject(testDescription: "variables") { count in
      try exercise { $0.process?.env = (0..<count).map { "N\($0)=\($0)" } }
    },
    // Swift takes all orders of some accents for the same letter.
    Subject(testDescription: "variables whose names are the same letter") { count in
      try exercise { $0.process?.env = (0..<count).map { "\(Self.sameLetter($0))=\($0)" } }
    },
    Subject(testDescription: "arguments") { count in
      try exercise { $0.process?.args = (0..<count).map { "argument \($0)" } }
    },
    Subject(testDescription: "annotations") { count in
      try exercise { $0.annotations = (0..<count).map { Annotation(name: "a.b/\($0)", value: "\($0)") } }
    },
    Subject(testDescription: "hooks") { count in
      try exercise { $0.hooks.poststop = (0..<count).map { Hook(path: "/bin/\($0)", args: ["\($0)"]) } }
    },
    Subject(testDescription: "masked paths") { count in
      try exercise { $0.linux?.maskedPaths = (0..<count).map { "/proc/\($0)" } }
    },
    Subject(testDescription: "groups", count: 5000) { count in
      try exercise { $0.process?.user.additionalGids = (0..<count).map { UInt32($0) } }
    },
    Subject(testDescription: "more mappings than the kernel takes") { count in
      var document = ValidationTests.good()
      document.linux?.namespaces.append(Namespace(.user))
      let mappings = (0..<count).map {
        IDMapping(containerID: UInt32($0), hostID: UInt32($0), size: 1)
      }
      document.linux?.uidMappings = mappings
      document.linux?.gidMappings = mappings
      document.process?.user.additionalGids = (0..<count).map { UInt32($0) }
      #expect(!ValidationRule.violations(of: document, on: Facts()).isEmpty)
    },
    Subject(testDescription: "ranges of a mount") { count in
      var linux = LinuxSettings()
      linux.uidMappings = (0..<count).map { IDMapping(containerID: UInt32($0), hostID: 0, size: 1) }
      let ranges = [String](repeating: "@\(count)-0-1", count: count).joined(separator: "#")
      let mount = Mount(destination: "/m", type: "tmpfs", options: ["idmap=uids=\(ranges);gids=\(ranges)"])
      #expect(throws: MountMapping.Problem.self) {
        try MountMapping.of(mount, MountOptions(mount.options), linux)
      }
    },
    Subject(testDescription: "rules of devices") { count in
      let rules = (0..<count).map {
        DeviceRule(allow: $0 % 2 == 0, kind: .character, major: UInt32($0 / 2), minor: 1)
      }
      #expect(DeviceProgram.compile(DeviceRule.effective(rules)).count > count)
    },
    Subject(testDescription: "rules of system calls") { count in
      try exercise { document in
        var profile = SeccompProfile(defaultAction: .errno)
        let argument = SeccompArgument(index: 0, value: 1, op: .equal)
        profile.syscalls = (0..<count).map {
          SeccompRule(names: ["read", "call\($0)"], action: .allow, args: [argument])
        }
        document.linux?.seccomp = profile
      }
    },
    Subject(testDescription: "names in Landlock's rules") { count in
      var settings = LandlockSettings()
      settings.handledFiles = [String](repeating: "read_file", count: count)
      settings.paths = [.init(paths: ["/"], access: [String](repeating: "execute", count: count))]
      var document = ValidationTests.good()
      document.landlock = settings
      #expect(!ValidationRule.violations(of: document, on: Facts()).isEmpty)
    },
    Subject(testDescription: "members of an object", count: 2000) { count in
      let members = (0..<count).map { JSON.Member("kernel.\($0)", .string("1")) }
      let json = JSON.object([.init("linux", .object([.init("sysctl", .object(members))]))])
      let document = try Document(decoding: json)
      #expect(document.linux?.sysctl.count == count)
    },
  ]
}
