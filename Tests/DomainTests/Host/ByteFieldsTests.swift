import Domain
import Testing

@Suite("Fields of a text")
struct ByteFieldsTests {
  @Test(
    "every field comes once, empty ones too",
    arguments: [
      ("a b", ["a", "b"]), ("", [""]), (" ", ["", ""]), ("a", ["a"]), (" a  b", ["", "a", "", "b"]),
    ])
  func fields(_ text: String, _ expected: [String]) {
    var fields = ByteFields(Array(text.utf8), at: " ")
    var found: [String] = []
    while let field = fields.next() { found.append(String(decoding: field, as: UTF8.self)) }
    #expect(found == expected)
    #expect(fields.next() == nil)
  }
}
