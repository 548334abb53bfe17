import Testing

@testable import Domain

@Suite("Names that were seen before")
struct NameIndexTests {
  @Test(
    "a name has the place of its first coming, among few and among many", arguments: [1, 32, 33, 34, 500])
  func places(count: Int) {
    var index = NameIndex()
    for number in 0..<count { #expect(index.remember("name \(number)") == nil) }
    for number in 0..<count { #expect(index.remember("name \(number)") == number) }
    #expect(index.remember("another") == nil)
    #expect(index.remember("another") == count)
  }
}
