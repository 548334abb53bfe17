import Testing

@testable import Capabilities

@Suite struct CapabilityTests {
  @Test(
    "names are the specification's, and nothing else is one",
    arguments: [
      ("CAP_CHOWN", 0), ("CAP_KILL", 5), ("CAP_SYS_ADMIN", 21), ("cap_chown", nil), ("CHOWN", nil),
      ("00021", nil), ("CAP_", nil), ("CAP_NEVER_HEARD", nil), ("", nil),
    ] as [(String, UInt32?)])
  func names(_ name: String, _ number: UInt32?) {
    #expect(LibcapNames().number(of: name) == number)
  }

  @Test("what is known has the number of its place")
  func known() {
    let names = LibcapNames()
    #expect(names.known.count >= 38)
    #expect(names.known.enumerated().allSatisfy { names.number(of: $1) == UInt32($0) })
  }
}
