import Domain
import Testing

@Suite("Service notices")
struct ServiceNoticeTests {
  private static func passed(_ said: String) -> String? {
    ServiceNotice(Array(said.utf8), mainProcess: 7).map { String(decoding: $0.text, as: UTF8.self) }
  }

  @Test(
    "only known lines of a known form go on",
    arguments: [
      ("READY=1", "MAINPID=7\nREADY=1\n"), ("STATUS=up\nREADY=1\n", "MAINPID=7\nSTATUS=up\nREADY=1\n"),
      ("MAINPID=1", "MAINPID=7\n"), ("READY=1\nMAINPID=4711\n", "MAINPID=7\nREADY=1\n"),
      ("X=1\nWATCHDOG=1\nFDSTORE=1", "WATCHDOG=1\n"), ("STATUS=", "STATUS=\n"),
      ("RELOADING=1\nMONOTONIC_USEC=12", "RELOADING=1\nMONOTONIC_USEC=12\n"),
      ("STATUS=Größe", "STATUS=Größe\n"), ("ERRNO=2\nERRNO=x", "ERRNO=2\n"),
    ])
  func known(said: String, wanted: String) {
    #expect(Self.passed(said) == wanted)
  }

  @Test(
    "what is unknown, malformed or too long is not passed on",
    arguments: [
      "", "\n\n", "READY", "READY=0", "READY=11", "ready=1", " READY=1", "BARRIER=1", "FDSTORE=1\nFDNAME=x",
      "STATUS=a\u{1B}[31m", "STATUS=a\0b", "ERRNO=", "ERRNO=-1", "ERRNO=123456789012345678901",
      "EXTEND_TIMEOUT_USEC=1 2", "WATCHDOG=trigger", "WATCHDOG_USEC=1", "=1",
    ])
  func unknown(said: String) {
    #expect(Self.passed(said) == nil)
  }

  @Test("a status that is no UTF-8, or too long, is not passed on")
  func bytes() {
    #expect(Self.passed("STATUS=" + String(repeating: "x", count: 4096)) == nil)
    #expect(ServiceNotice(Array("STATUS=".utf8) + [0xFF], mainProcess: 7) == nil)
  }

  @Test("only a service that says so is ready")
  func ready() {
    #expect(ServiceNotice(Array("A=1\nREADY=1".utf8), mainProcess: 7)?.isReady == true)
    #expect(ServiceNotice(Array("STATUS=READY=1".utf8), mainProcess: 7)?.isReady == false)
  }

  @Test("a container's own socket takes the place of any other in its environment")
  func environment() throws {
    var document = Document()
    document.process = ProcessSettings()
    document.process?.env = ["NOTIFY_SOCKET=/other", "A=b"]
    #expect(document.notifying.process?.env.last == "NOTIFY_SOCKET=/run/notify/notify.sock")
  }
}
