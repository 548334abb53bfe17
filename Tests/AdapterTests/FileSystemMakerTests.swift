import Testing

@testable import Spawner

@Suite struct FileSystemMakerTests {
  @Test(
    "options are taken apart as the kernel does",
    arguments: [
      ("", ""), ("size=1m", "size|1m"), ("a,b=1,,c=", "a b|1 c|"), ("x=y=z", "x|y=z"),
      ("context=\"u:r:t:s0:c1,c2\",mode=755", "context|u:r:t:s0:c1,c2 mode|755"), ("a=\"b", "a|b"),
    ])
  func options(data: String, wanted: String) {
    let found = FileSystemMaker.options(data).map { $0.key + ($0.value.map { "|" + $0 } ?? "") }
    #expect(found.joined(separator: " ") == wanted)
  }
}
