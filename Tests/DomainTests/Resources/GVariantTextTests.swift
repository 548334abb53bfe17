import Domain
import Testing

@Suite struct GVariantTextTests {
  private static let values: [(text: String, value: PropertyValue)] = [
    ("uint64 30000000", .uint64(30_000_000)), ("true", .boolean(true)), (" false ", .boolean(false)),
    ("15", .int32(15)), ("-15", .int32(-15)), ("0x1F", .int32(31)), ("017", .int32(15)), ("0", .int32(0)),
    ("'inactive-or-failed'", .string("inactive-or-failed")), ("\"a'b\"", .string("a'b")),
    ("['crio.service']", .strings(["crio.service"])), ("byte 0xff", .byte(255)),
    ("int16 -32768", .int16(-32768)), ("uint16 65535", .uint16(65535)), ("uint32 7", .uint32(7)),
    ("int64 -9223372036854775808", .int64(.min)), ("uint64 18446744073709551615", .uint64(.max)),
    ("1.5", .double(1.5)), ("1e3", .double(1000)), ("double 2", .double(2)), ("inf", .double(.infinity)),
    ("objectpath '/a/b'", .objectPath("/a/b")), ("signature 'a{sv}'", .signature("a{sv}")),
    ("@as []", .strings([])), ("@ay b'a\\101\\n'", .bytes([97, 65, 10, 0])), ("b'x'", .bytes([120, 0])),
    ("[1, 2.5]", .array(.double, [.double(1), .double(2.5)])),
    ("[uint32 1, 2]", .array(.uint32, [.uint32(1), .uint32(2)])),
    ("(1, 'a', true)", .structure([.int32(1), .string("a"), .boolean(true)])),
    ("('a',)", .structure([.string("a")])),
    (
      "[('/dev/null', 'rw')]",
      .array(.structure([.string, .string]), [.structure([.string("/dev/null"), .string("rw")])])
    ),
    ("{'a': 1}", .array(.entry(.string, .int32), [.entry(.string("a"), .int32(1))])),
    (
      "@a{sv} {'k': <uint32 5>}",
      .array(.entry(.string, .variant), [.entry(.string("k"), .variant(.uint32(5)))])
    ),
    ("<'x'>", .variant(.string("x"))),
    ("[[], ['a']]", .array(.array(.string), [.strings([]), .strings(["a"])])),
    ("'\\u00e4\\U0001F600\\t\\q\\\n'", .string("ä😀\tq")),
    ("@(st) ('a', 5)", .structure([.string("a"), .uint64(5)])),
    ("[@o '/a', '/b']", .array(.objectPath, [.objectPath("/a"), .objectPath("/b")])),
  ]

  @Test func valuesAreRead() {
    for (text, value) in GVariantTextTests.values {
      #expect(throws: Never.self, "\(text)") {
        let parsed = try GVariantText.parse(text)
        #expect(parsed == value, "\(text)")
        #expect(parsed.type.signature == value.type.signature)
      }
    }
  }

  private static let wrong: [(text: String, reason: GVariantText.Problem.Reason)] = [
    ("", .ended), ("[", .ended), ("'a", .ended), ("1 2", .trailing), ("[]", .untyped), ("{}", .untyped),
    ("[1, 'a']", .mismatch), ("uint32 -1", .value(type: "u")), ("byte 256", .value(type: "y")),
    ("4294967296", .value(type: "i")), ("0x", .value(type: "i")), ("--1", .value(type: "i")),
    ("0-1", .value(type: "i")),
    ("objectpath 'a'", .value(type: "o")), ("signature 'a'", .value(type: "g")), ("@z 1", .type("@")),
    ("@", .type("@")),
    ("'\\u000'", .escape), ("'\\u0000'", .escape), ("'\\ud800'", .escape), ("b'\\777'", .escape),
    ("just 1", .unsupported("just")),
    ("nothing", .unsupported("nothing")), ("handle 1", .unsupported("handle")), ("()", .unsupported("()")),
    ("{'a', 1}", .unsupported("{}")), ("('a')", .expected(",")), ("maybe", .expected("value")),
    ("uint32 uint64 1", .mismatch),
    ("[1 2]", .expected(",")), ("{1 2}", .expected(":")),
    ("<>", .expected("value")), ("@s 1", .value(type: "s")), ("true1", .expected("value")),
    (String(repeating: "[", count: 40), .tooDeep), (String(repeating: "<", count: 4000), .tooDeep),
  ]

  @Test func whatIsWrongIsNamed() {
    for (text, reason) in GVariantTextTests.wrong {
      do throws(GVariantText.Problem) {
        let value = try GVariantText.parse(text)
        Issue.record("\(text): taken as \(value)")
      } catch {
        #expect(error.reason == reason, "\(text)")
        #expect(error.offset <= text.utf8.count)
      }
    }
  }

  /// Every prefix and every text with one byte changed is read or refused.
  @Test func damagedTextsAreReadOrRefused() {
    var random = Generator(seed: 7)
    var refused = 0
    for (text, _) in GVariantTextTests.values {
      let bytes = Array(text.utf8)
      for end in bytes.indices
      where (try? GVariantText.parse(String(decoding: bytes[..<end], as: UTF8.self))) == nil {
        refused += 1
      }
      for _ in 0..<200 {
        var damaged = bytes
        damaged[Int(random.next() % UInt64(bytes.count))] = random.pick(
          Array("'\"[](){}<>@,:\\x0a-+.e1 ".utf8))
        if (try? GVariantText.parse(String(decoding: damaged, as: UTF8.self))) == nil { refused += 1 }
      }
    }
    #expect(refused > 1000)
  }

  private static let annotations: [(name: String, text: String, property: UnitProperty?)] = [
    ("TimeoutStopUSec", "uint64 10", UnitProperty("TimeoutStopUSec", .uint64(10))),
    ("TimeoutStopSec", "10", UnitProperty("TimeoutStopUSec", .uint64(10_000_000))),
    ("TimeoutStopSec", "1.5", UnitProperty("TimeoutStopUSec", .uint64(1_500_000))),
    ("TimeoutStopSec", "uint64 18446744073709551615", nil), ("TimeoutStopSec", "-1", nil),
    ("TimeoutStopSec", "inf", nil),
    ("TimeoutStopSec", "'10'", nil), ("KillSignal", "15", UnitProperty("KillSignal", .int32(15))),
    ("After", "['crio.service']", UnitProperty("After", .strings(["crio.service"]))),
    ("USec", "5", UnitProperty("USec", .int32(5))), ("CPUSec", "5", UnitProperty("CPUSec", .int32(5))),
    ("ab", "1", nil), ("A1b", "1", nil), ("A-b", "1", nil), ("PIDs", "[uint32 1]", nil),
    ("Slice", "'a.slice'", nil),
  ]

  @Test func annotationsAreProperties() {
    for (name, text, property) in GVariantTextTests.annotations {
      let annotation = Annotation(name: UnitAnnotations.prefix + name, value: text)
      #expect(
        (try? UnitAnnotations.properties([Annotation(name: "other", value: "["), annotation]))
          == property.map { [$0] }, "\(name) \(text)")
    }
  }

  @Test func subgroupsAreNames() throws {
    func subgroup(_ text: String) throws -> String? {
      try UnitAnnotations.subgroup([Annotation(name: UnitAnnotations.subgroup, value: text)])
    }
    #expect(try UnitAnnotations.subgroup([]) == nil)
    #expect(try subgroup("") == nil)
    #expect(try subgroup("container") == "container")
    for text in ["a/b", "..", ".", "cgroup.procs", "a\nb"] {
      #expect(throws: UnitAnnotations.Violation.self, "\(text)") { try subgroup(text) }
    }
  }
}
