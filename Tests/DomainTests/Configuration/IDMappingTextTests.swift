import Domain
import Testing

@Suite struct IDMappingTextTests {
  @Test("mappings are one line each")
  func lines() {
    let mappings = [
      IDMapping(containerID: 0, hostID: 1, size: 2), IDMapping(containerID: 2, hostID: 3, size: 4),
    ]
    #expect(IDMapping.text(mappings) == "0 1 2\n2 3 4")
  }

  @Test("what is too long for the kernel becomes one range where ranges continue one another")
  func merged() {
    let mappings = (0..<300).map { IDMapping(containerID: 1_000_000 + $0, hostID: 2_000_000 + $0, size: 1) }
    #expect(IDMapping.text(mappings.reversed()) == "1000000 2000000 300")
    let apart = (0..<300).map { IDMapping(containerID: 1_000_000 + $0, hostID: 2_000_000 + 2 * $0, size: 1) }
    #expect(IDMapping.text(apart).utf8.count > IDMapping.textLimit)
  }

  @Test("ranges at the end of all ids are not merged beyond it")
  func limits() {
    let mappings = [
      IDMapping(containerID: .max, hostID: 0, size: .max),
      IDMapping(containerID: 0, hostID: .max, size: .max),
      IDMapping(containerID: .max - 1, hostID: 9, size: 1),
    ]
    #expect(IDMapping.merged(mappings).count == 3)
  }

  @Test("a line of the kernel's file is read back, and nothing else")
  func reading() {
    #expect(
      IDMapping(line: "         0     100000      65536")
        == IDMapping(containerID: 0, hostID: 100_000, size: 65536))
    for text in ["", "1 2", "1 2 x", "1 2 3 4", "4294967296 0 1"] { #expect(IDMapping(line: text) == nil) }
  }
}
