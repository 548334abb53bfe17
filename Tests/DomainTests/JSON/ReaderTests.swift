import Domain
import Ports
import Testing
import YajlDocument

@Suite struct ReaderTests {
  @Test(arguments: [
    ("null", JSON.null), ("true", .bool(true)), ("0", .integer(0)), ("-0", .integer(0)),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .unsigned(1 << 63)), ("18446744073709551615", .unsigned(.max)),
    ("18446744073709551616", .real(18_446_744_073_709_551_616)),
    ("-9223372036854775809", .real(-9_223_372_036_854_775_808)),
    ("1.5", .real(1.5)), ("1e3", .real(1000)), ("-2.5E-1", .real(-0.25)),
    (#""""#, .string("")), (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, .string("a\"\\/\u{8}\u{c}\n\r\té😀")),
    (#""a\u0000b""#, .string("a\0b")), ("[]", .array([])), ("{}", .object([])),
    (" [ 1 , [ ] , { } ]\n", .array([.integer(1), .array([]), .object([])])),
    (
      #"{"a":1,"b":{"c":[true,null]},"a":2}"#,
      .object([
        JSON.Member("a", .integer(1)),
        JSON.Member("b", .object([JSON.Member("c", .array([.bool(true), .null]))])),
        JSON.Member("a", .integer(2)),
      ])
    ),
  ])
  func values(text: String, value: JSON) throws {
    #expect(try parsed(text) == value)
  }

  @Test(arguments: [
    "", " ", "{", "[", #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, "[1", "[1,", #""a"#, "tru", "-",
  ])
  func truncated(text: String) {
    #expect(throws: DocumentError.truncated) { try parsed(text) }
  }

  @Test(arguments: [
    ("{]", 1, 2), ("{\n  \"a\": x}", 2, 8), ("{} x", 1, 4), ("{}{}", 1, 3), ("[1,]", 1, 4),
    ("{\"a\":1,}", 1, 8),
    ("[\n\n01]", 3, 2), ("nul0", 1, 3), ("[\"é\", é]", 1, 7), ("{'a':1}", 1, 2), ("[\"\u{1}\"]", 1, 2),
    (#"["\x"]"#, 1, 3), ("// no\n{}", 1, 1), ("[1e999]", 1, 6), ("NaN", 1, 1), ("\u{FEFF}{}", 1, 1),
  ])
  func syntax(text: String, line: Int, column: Int) {
    do {
      _ = try parsed(text)
      Issue.record("accepted")
    } catch .syntax(let foundLine, let foundColumn, let reason) {
      #expect(foundLine == line && foundColumn == column, "\(foundLine):\(foundColumn) \(reason)")
      #expect(!reason.isEmpty && !reason.contains("\n"))
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
      [0x22, 0xE2, 0x82, 0x22], [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], [0xFF, 0xFE, 0x7B, 0x00],
      Array(#""\udc00""#.utf8), Array("[1]\0".utf8),
    ] as [[UInt8]])
  func notText(bytes: [UInt8]) {
    do {
      _ = try YajlDocument().parse(bytes, limits: DocumentLimits())
      Issue.record("accepted")
    } catch .syntax {
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func depth() throws {
    let limits = DocumentLimits(depth: 8)
    let fits = String(repeating: "[", count: 8) + String(repeating: "]", count: 8)
    #expect(throws: Never.self) { try parsed(fits, limits) }
    #expect(throws: DocumentError.tooDeep(limit: 8)) { try parsed("[" + fits + "]", limits) }
    #expect(throws: DocumentError.tooDeep(limit: 64)) {
      try parsed(String(repeating: "{\"a\":[", count: 1_000_000))
    }
  }

  @Test func size() throws {
    #expect(throws: Never.self) { try parsed("[1]", DocumentLimits(size: 3)) }
    #expect(throws: DocumentError.tooLarge(limit: 2)) { try parsed("[1]", DocumentLimits(size: 2)) }
  }

  @Test func comments() throws {
    let limits = DocumentLimits(allowsComments: true)
    #expect(try parsed("// one\n{/* two */}", limits) == .object([]))
    #expect(throws: DocumentError.truncated) { try parsed("{/* open", limits) }
  }

  @Test func everyPrefixFails() throws {
    let text = Array(written(DefaultDocument.make(unified: true).json).utf8)
    let reader = YajlDocument()
    #expect(throws: Never.self) { try reader.parse(text, limits: DocumentLimits()) }
    for count in 0..<text.count {
      #expect(throws: DocumentError.truncated) {
        try reader.parse(Array(text[..<count]), limits: DocumentLimits())
      }
    }
  }
}
