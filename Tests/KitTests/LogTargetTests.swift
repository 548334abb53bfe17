import Linux
import Testing

@testable import Kit

@Suite("Where messages go")
struct LogTargetTests {
  @Test(
    "a form names a service or a file, anything else is a path",
    arguments: [
      ("/a", .file("/a")), ("a:b", .file("a:b")), ("file:/a:b", .file("/a:b")),
      ("journald", .file("journald")),
      ("journald:x", .journal("x")), ("syslog:x:y", .system("x:y")), ("file:syslog:x", .file("syslog:x")),
      ("syslog:", .system("")),
    ] as [(String, LogTarget)])
  func forms(text: String, target: LogTarget) {
    #expect(LogTarget(text) == target)
  }

  @Test("neither a message nor an identifier adds a field or a line of its own")
  func oneLine() {
    #expect(
      LogTarget.entry(.error, "a\nPRIORITY=0", "x\ny")
        == "PRIORITY=3\nSYSLOG_IDENTIFIER=x\\ny\nMESSAGE=a\\nPRIORITY=0\n")
    #expect(
      LogTarget.record(.warning, "a\n<0>b", "x\ny") == "<12>x\\ny[\(Host.processID)]: a\\n<0>b")
  }

  @Test(
    "whose runtime directory holds containers",
    arguments: [
      (0, false, nil, false), (0, false, "user", false), (0, true, "root", false), (0, true, nil, true),
      (0, true, "user", true), (1000, false, nil, true), (1000, true, "root", true),
    ] as [(UInt32, Bool, String?, Bool)])
  func runtimeDirectory(userID: UInt32, isMapped: Bool, name: String?, wanted: Bool) {
    #expect(StateRoot.usesRuntimeDirectory(userID: userID, isMapped: isMapped, name: name) == wanted)
  }
}
