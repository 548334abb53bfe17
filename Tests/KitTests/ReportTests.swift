import Domain
import Linux
import Ports
import Testing

@testable import Kit

@Suite struct ReportTests {
  static let executables: [(String, Errno, String)] = [
    ("nope", .noSuchFileOrDirectory, "exec: \"nope\": executable file not found in $PATH"),
    ("/nope", .noSuchFileOrDirectory, "exec: \"/nope\": stat /nope: no such file or directory"),
    ("/etc/passwd", .permissionDenied, "exec: \"/etc/passwd\": permission denied"),
    ("/etc", .isDirectory, "exec: \"/etc\": is a directory: permission denied"),
    ("/a/b", .notDirectory, "exec: \"/a/b\": stat /a/b: not a directory"),
  ]

  @Test(arguments: executables) func namesTheProgram(_ name: String, _ errno: Errno, _ text: String) {
    let entry = PlanEntry(.findExecutable(name: name, searchPath: ""), origin: .root)
    let failure = Failure.step(StepFailure(index: 3, errno: errno, call: .open), entry)
    #expect("\(failure)" == "unable to start container process: " + text)
  }

  @Test func namesStepPlaceCallAndErrno() {
    let entry = PlanEntry(.setHostName("h"), origin: JSONPointer(text: "/hostname"))
    let text = "\(Failure.step(StepFailure(index: 0, errno: .notPermitted, call: .sethostname), entry))"
    for part in ["set host name", "(/hostname)", "sethostname", "operation not permitted"] {
      #expect(text.contains(part))
    }
  }

  @Test func missingContainersDoNotExist() throws {
    let failure = Failure.state(.missing(try ContainerID("a")))
    #expect("\(failure)" == "container does not exist")
  }

  @Test func logLinesAreOneObjectOrOneLine() {
    let time = Timestamp(seconds: 0, nanoseconds: 5)
    #expect(
      Log.line(.error, "a \"b\"\nc", .json, time: time)
        == "{\"level\":\"error\",\"msg\":\"a \\\"b\\\"\\nc\",\"time\":\"1970-01-01T00:00:00Z\"}\n")
    #expect(
      Log.line(.error, "a\nb", .text, time: time)
        == "time=\"1970-01-01T00:00:00Z\" level=error msg=\"a\\nb\"\n")
  }

  @Test func tablesAlign() {
    let text = Table.text([["ID", "OWNER"], ["a-long-container-id", "root"]])
    #expect(text == "ID                    OWNER\na-long-container-id   root\n")
  }

  @Test func processTableKeepsOwnLines() {
    let text = "UID   PID CMD\nroot    1 init\nroot   10 sh\n-       - sh\nroot   20 x\n"
    #expect(ProcessTable.rows(text, [10]) == "UID   PID CMD\nroot   10 sh\n-       - sh\n")
    #expect(ProcessTable.rows("a b\n", [1]) == nil)
  }

  @Test func failedProcessTablesSayWhy() {
    let said = Programs.Result(output: [], errors: Array("no such option".utf8), end: .exited(1))
    #expect(ProcessTable.failure(said) == "exit status 1: no such option")
    let missing = Programs.Result(output: [], errors: [], end: .exited(127))
    #expect(ProcessTable.failure(missing) == "exec: \"ps\": executable file not found in $PATH")
    #expect(
      ProcessTable.failure(Programs.Result(output: [], errors: [], end: .signalled(9))) == "ps: signal 9")
  }

  @Test func ownersHaveNamesOrNumbers() {
    let names = OwnerNames(text: "root:x:0:0::/:\nbad\n:x:5:5:::\nother:x:0:0:::\n")
    #expect([names.name(0), names.name(5)] == ["root", "#5"])
  }

  @Test func configurationErrorsNameTheLine() {
    let text = "{\n  // \"criuPath\": comment\n  \"log\": \"/l\",\n  \"criuPath\": 5\n}"
    let json = JSON.object([.init("log", .string("/l")), .init("criuPath", .integer(5))])
    #expect(
      throws: ConfigurationError.invalidValue(path: "f", line: 4, "criuPath", "5")
    ) { try HostConfiguration.decode(json, [UInt8](text.utf8), "f") }
    #expect(throws: ConfigurationError.unknownKey(path: "f", line: 1, "nope")) {
      try HostConfiguration.decode(.object([.init("nope", .null)]), [UInt8]("{\"nope\": null}".utf8), "f")
    }
  }

  @Test func filterFilesSurviveARoundTrip() {
    let filter = CompiledFilter(program: [UInt8](1...16), flags: 0x8000_0002)
    #expect(FilterFile.decode(FilterFile.encode(filter)) == filter)
    #expect(FilterFile.decode([]) == nil)
    #expect(FilterFile.decode([UInt8](repeating: 0, count: 16)) == nil)
  }

  static let lines: [(String, String)] = [
    ("one \"line\", ä", "one \"line\", ä"), ("two\nlines\t", "two\\nlines\\t"), ("\u{1b}[31m", "\\u001b[31m"),
    ("\u{9b}31m\u{7f}", "\\u009b31m\\u007f"),
  ]

  @Test(arguments: lines) func keepsAMessageOnOneLine(_ message: String, _ line: String) {
    #expect(Log.oneLine(message) == line)
  }
}

@Suite struct ErrorReportTests {
  private func text(_ report: ErrorReport) -> String {
    String(decoding: report.json.text(.compact), as: UTF8.self)
  }

  @Test("a step's failure names its step, place, call and errno")
  func step() throws {
    let entry = PlanEntry(.setHostName("h"), origin: JSONPointer(text: "/hostname"))
    let failure = Failure.step(StepFailure(index: 0, errno: .notPermitted, call: .sethostname), entry)
    let text = text(ErrorReport(command: .run, id: "a", failure: failure))
    for part in [
      #""code":"step""#, #""command":"run""#, #""container":"a""#, #""pointer":"/hostname""#,
      #""step":"set host name"#,
      #""call":"sethostname""#, #""errno":1"#, #""error":"operation not permitted""#,
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
  }

  @Test("what has nothing to say is left out")
  func short() throws {
    let failure = Failure.state(.missing(try ContainerID("a")))
    #expect(
      text(ErrorReport(command: .start, id: "web", failure: failure))
        == #"{"error":{"code":"missing","message":"container does not exist","command":"start","container":"web"}}"#
    )
  }

  @Test("the manual of failures has every code, and no other")
  func documented() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = String(decoding: try Host.read("/\(root)/docs/errors.md", limit: 1 << 20), as: UTF8.self)
    let rows = page.split(separator: "\n").drop { $0 != "| code | meaning |" }.dropFirst(2)
    let named = rows.compactMap { row in row.split(separator: "`").dropFirst().first.map(String.init) }
    #expect(named.sorted() == ErrorReport.Code.allCases.map(\.rawValue).sorted())
  }
}
