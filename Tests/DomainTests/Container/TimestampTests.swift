import Domain
import Testing

@Suite struct TimestampTests {
  @Test(
    arguments: [
      (0, 0, "1970-01-01T00:00:00Z"), (-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"),
      (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"),
      (4_107_542_399, 500_000_000, "2100-02-28T23:59:59.5Z"),
      (4_107_542_400, 0, "2100-03-01T00:00:00Z"), (1_700_000_000, 120_000_000, "2023-11-14T22:13:20.12Z"),
      (253_402_300_799, 0, "9999-12-31T23:59:59Z"), (-62_167_219_200, 0, "0000-01-01T00:00:00Z"),
    ] as [(Int64, UInt32, String)])
  func bothWays(seconds: Int64, nanoseconds: UInt32, text: String) {
    let moment = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    #expect(moment.description == text)
    #expect(Timestamp(text) == moment)
  }

  @Test(
    arguments: [
      ("2023-11-14T23:13:20+01:00", 1_700_000_000), ("2023-11-14t18:43:20.000-03:30", 1_700_000_000),
      ("1970-01-01T00:00:00.0000000009999z", 0), ("1998-12-31T23:59:60Z", 915_148_800),
    ] as [(String, Int64)])
  func otherForms(text: String, seconds: Int64) {
    #expect(Timestamp(text)?.seconds == seconds)
  }

  @Test(arguments: [
    "", "2023", "2023-11-14", "2023-11-14T22:13:20", "2023-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
    "2023-04-31T00:00:00Z", "2023-01-00T00:00:00Z", "2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z",
    "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00Zx", "2023-01-01 00:00:00Z", "+023-01-01T00:00:00Z",
    "2023-01-01T00:00:00+0100", "2023-01-01T00:00:00+24:00", "２023-01-01T00:00:00Z",
  ])
  func refused(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func extremesDoNotTrap() {
    for seconds in [Int64.min, .max] {
      #expect(!Timestamp(seconds: seconds, nanoseconds: .max).description.isEmpty)
    }
  }
}
