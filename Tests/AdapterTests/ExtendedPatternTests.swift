import Linux
import Testing

@Suite struct ExtendedPatternTests {
  @Test(arguments: [
    ("^web-[0-9]+$", "web-12", true), ("^web-[0-9]+$", "web-x", false), ("b", "abc", true),
    ("a|c$", "xc", true),
    ("", "anything", true), ("^$", "a", false),
  ]) func matches(_ pattern: String, _ text: String, _ wanted: Bool) throws {
    #expect(try ExtendedPattern(pattern).matches(text) == wanted)
  }

  @Test(arguments: ["(", "[a", "*a{2,1}", "a{99999}"]) func refuses(_ pattern: String) {
    #expect(throws: ExtendedPattern.Malformed.self) { try ExtendedPattern(pattern) }
  }
}
