import Domain
import Testing

@Suite struct WriterTests {
  static let sample = JSON.object([
    JSON.Member("a", .array([.integer(1), .unsigned(.max), .real(0.5)])),
    JSON.Member("b", .object([JSON.Member("c", .array([])), JSON.Member("d", .object([]))])),
  ])

  @Test func compact() {
    #expect(written(Self.sample) == #"{"a":[1,18446744073709551615,0.5],"b":{"c":[],"d":{}}}"#)
  }

  @Test func indented() {
    let text =
      "{\n  \"a\": [\n    1,\n    18446744073709551615,\n    0.5\n  ],\n  \"b\": {\n    \"c\": [],\n    \"d\": {}\n  }\n}"
    #expect(written(Self.sample, .spaces) == text)
    let tabs =
      "{\n\t\"a\": [\n\t\t1,\n\t\t18446744073709551615,\n\t\t0.5\n\t],\n\t\"b\": {\n\t\t\"c\": [],\n\t\t\"d\": {}\n\t}\n}"
    #expect(written(Self.sample, .tabs) == tabs)
  }

  @Test(arguments: [
    ("plain", "\"plain\""), ("q\"b\\", #""q\"b\\""#),
    ("\u{80}\u{9b}31m\u{9f}", #""\u0080\u009b31m\u009f""#), ("\u{a0}é¿\u{9}", "\"\u{a0}é¿\\t\""),
    ("\n\r\t\u{8}\0\u{1f}\u{7f}", #""\n\r\t\u0008\u0000\u001f\u007f""#),
    ("é😀/", "\"é😀/\""),
  ])
  func escapes(text: String, expected: String) throws {
    #expect(written(.string(text)) == expected)
    #expect(try parsed(expected) == .string(text))
  }

  @Test func everyScalarBelow256ComesBack() throws {
    let text = String(String.UnicodeScalarView((0..<256).compactMap { Unicode.Scalar(UInt32($0)) }))
    #expect(try parsed(written(.object([JSON.Member(text, .string(text))])))[text] == .string(text))
  }

  @Test(arguments: [0.1, 1e100, -Double.leastNonzeroMagnitude, 1.7976931348623157e308, 1e16])
  func reals(number: Double) throws {
    #expect(try parsed(written(.real(number))) == .real(number))
  }
}
