import CLinux
import Domain
import Ports
import Testing

@testable import HostProbe

@Suite("The host probe")
struct HostProbeTests {
  @Test("this host has what every host has")
  func facts() throws {
    let facts = try LinuxHostProbe().facts()
    #expect(facts.effectiveUserID == geteuid())
    #expect(facts.namespaces.contains(.mount))
    #expect(facts.namespaces.contains(.pid))
    #expect(facts.cgroups.hierarchies.allSatisfy { $0.mountPoint.hasPrefix("/") })
  }

  @Test(
    "only the map of all ids is the first user namespace's",
    arguments: [
      ("         0          0 4294967295\n", true), ("         0          0 4294967294\n", false),
      ("         0     100000      65536\n", false), ("0 0 4294967295\n1 1 1\n", false), ("", false),
    ])
  func maps(text: String, isWhole: Bool) {
    #expect(ProbeText.isWholeRange(Array(text.utf8)) == isWhole)
  }

}
