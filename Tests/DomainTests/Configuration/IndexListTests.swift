import Domain
import Testing

@Suite struct IndexListTests {
  @Test(
    "lists are read, put in order and written",
    arguments: [
      ("0", "0"), ("0-3,7", "0-3,7"), ("7, 0 - 3", nil), (" 7 ,0-3,", "0-3,7"), ("3,1,2", "1-3"),
      ("0-5,2-3,4-9", "0-9"), ("", ""), (",,", ""), ("1024-1030,65535", "1024-1030,65535"), ("00", "0"),
    ] as [(String, String?)])
  func texts(_ text: String, _ wanted: String?) {
    #expect((try? IndexList(text))?.description == wanted)
  }

  @Test("the mask has whole words, and reads back")
  func masks() throws {
    #expect(try IndexList("0,9").mask == [1, 2, 0, 0, 0, 0, 0, 0])
    #expect(try IndexList("64").mask == [UInt8](repeating: 0, count: 8) + [1, 0, 0, 0, 0, 0, 0, 0])
    #expect(IndexList.none.mask.isEmpty)
    #expect(IndexList.everyCPU.mask == [UInt8](repeating: 0xFF, count: 1024))
    for text in ["0", "63-64", "1024-1030,65535", "0-65535", "1,3,5"] {
      let list = try IndexList(text)
      #expect(IndexList(mask: list.mask) == list)
    }
  }

  @Test(
    "what is no list is said to be so",
    arguments: [
      ("a", IndexList.Problem.malformed("a")), ("1-", .malformed("1-")), ("-1", .malformed("-1")),
      ("1-2-3", .malformed("1-2-3")), ("0-10:2/4", .malformed("0-10:2/4")), ("٣", .malformed("٣")),
      ("65536", .tooLarge("65536")), ("0-99999999999", .tooLarge("0-99999999999")), ("5-4", .reversed("5-4")),
    ])
  func problems(_ text: String, _ problem: IndexList.Problem) {
    #expect(throws: problem) { try IndexList(text) }
  }

  @Test("many overlapping ranges cost no more than their number")
  func many() throws {
    let list = try IndexList([String](repeating: "0-65535", count: 200_000).joined(separator: ","))
    #expect(list.ranges == [0...65535] && list.mask.count == 8192)
  }
}
