import Testing

@testable import Kit

/// A command line and what is made of it.
struct ParserCase: CustomTestStringConvertible, Sendable {
  let line: String
  let command: String?
  let settings: [String]
  let operands: [String]

  init(_ line: String, _ command: String?, _ settings: [String] = [], _ operands: [String] = []) {
    (self.line, self.command, self.settings, self.operands) = (line, command, settings, operands)
  }

  var testDescription: String { line }
}

@Suite struct ParserTests {
  static let accepted: [ParserCase] = [
    ParserCase("", nil),
    ParserCase("--version", nil, ["version=true"]),
    ParserCase("-v", nil, ["version=true"]),
    ParserCase("--root /r state a", "state", ["root=/r"], ["a"]),
    ParserCase("--root=/r state a", "state", ["root=/r"], ["a"]),
    ParserCase("--root=\u{301}=r state a", "state", ["root=\u{301}=r"], ["a"]),
    ParserCase("-root /r state a", "state", ["root=/r"], ["a"]),
    ParserCase("state a --root /r", "state", ["root=/r"], ["a"]),
    ParserCase("--systemd-cgroup=false list", "list", ["systemdCgroup=false"]),
    ParserCase("--systemd-cgroup list", "list", ["systemdCgroup=true"]),
    ParserCase("--cgroup-manager disabled list", "list", ["cgroupManager=disabled"]),
    ParserCase("--debug=T --debug=0 list", "list", ["debug=true", "debug=false"]),
    ParserCase("create --bundle b -pid-file=p c", "create", ["bundle=b", "pidFile=p"], ["c"]),
    ParserCase("create c --bundle b", "create", ["bundle=b"], ["c"]),
    ParserCase("run -no-subreaper -d c", "run", ["noSubreaper=true", "detach=true"], ["c"]),
    ParserCase("run --preserve-fds 2 c", "run", ["preserveFds=2"], ["c"]),
    ParserCase("exec -e A=1,2 -e B= c sh -c -e", "exec", ["env=A=1,2", "env=B="], ["c", "sh", "-c", "-e"]),
    ParserCase("exec c --detach", "exec", [], ["c", "--detach"]),
    ParserCase("exec c -- sh", "exec", [], ["c", "sh"]),
    ParserCase("exec -p f c", "exec", ["process=f"], ["c"]),
    ParserCase("kill c -9", "kill", [], ["c", "-9"]),
    ParserCase("kill --all c 9", "kill", ["all=true"], ["c", "9"]),
    ParserCase("ps --format json c", "ps", ["format=json"], ["c"]),
    ParserCase("ps c -o pid", "ps", [], ["c", "-o", "pid"]),
    ParserCase("ps c -- -ef", "ps", [], ["c", "-ef"]),
    ParserCase("delete -f c", "delete", ["force=true"], ["c"]),
    ParserCase("delete -- c", "delete", [], ["c"]),
    ParserCase("spec --rootless", "spec", ["rootlessSpec=true"]),
    ParserCase("--rootless auto spec", "spec", ["rootless=auto"]),
    ParserCase("create --help", "create", ["help=true"]),
    ParserCase("help create", "create", ["help=true"]),
    ParserCase("list -f json -q", "list", ["format=json", "quiet=true"]),
  ]

  @Test(arguments: accepted) func accepts(_ sample: ParserCase) throws {
    let invocation = try Parser.parse(sample.line.split(separator: " ").map(String.init))
    #expect(invocation.command?.rule.name == sample.command)
    #expect(invocation.settings.map { "\($0.option)=\($0.text)" } == sample.settings)
    #expect(invocation.operands == sample.operands)
  }

  static let refused: [(String, String)] = [
    ("--nope", "flag provided but not defined: -nope"),
    ("state --bundle b c", "flag provided but not defined: -bundle"),
    ("create --bundle", "flag needs an argument: -bundle"),
    ("--debug=maybe list", "invalid boolean value \"maybe\" for -debug: parse error"),
    ("create --preserve-fds x c", "invalid value \"x\" for flag -preserve-fds: parse error"),
    ("create --preserve-fds -1 c", "invalid value \"-1\" for flag -preserve-fds: parse error"),
    (
      "run --preserve-fds 99999999999999999999 c",
      "invalid value \"99999999999999999999\" for flag -preserve-fds: parse error"
    ),
    ("create", "martlet: \"create\" requires exactly 1 argument(s)"),
    ("create a b", "martlet: \"create\" requires exactly 1 argument(s)"),
    ("exec", "martlet: \"exec\" requires a minimum of 1 argument(s)"),
    ("kill a b c", "martlet: \"kill\" requires 1 to 2 argument(s)"),
    ("frobnicate", "No help topic for 'frobnicate'"),
    ("checkpoint --help", "martlet checkpoint: not yet supported"),
    ("restore c", "martlet restore: not yet supported"),
  ]

  @Test(arguments: refused) func refuses(_ line: String, _ message: String) {
    var found: String?
    do throws(UsageError) {
      _ = try Parser.parse(line.split(separator: " ").map(String.init))
    } catch {
      found = error.description
    }
    #expect(found == message)
  }

  @Test func tablesAreComplete() {
    #expect(Set(Option.rules.map(\.option)) == Set(Option.allCases))
    #expect(Command.allCases.allSatisfy { $0.rule.command == $0 })
    for rule in Option.rules where rule.commands != .global {
      let rivals = Option.rules.filter {
        $0.option != rule.option && !$0.commands.isDisjoint(with: rule.commands)
          && ($0.name == rule.name || (!rule.short.isEmpty && $0.short == rule.short))
      }
      #expect(rivals.isEmpty, "\(rule.name)")
    }
  }

  @Test func exactlyOneLineOfTheVersionSaysVersion() {
    let lines = Version.text.split(separator: "\n")
    #expect(lines.filter { $0.contains("version") }.count == 1)
    #expect(lines.first?.hasPrefix("martlet version ") == true)
  }

  @Test(arguments: [("0", 0, nil), ("1000:7", 1000, 7)] as [(String, UInt32, UInt32?)])
  func readsUsers(_ text: String, _ uid: UInt32, _ gid: UInt32?) {
    #expect(UserText(text)?.uid == uid)
    #expect(UserText(text)?.gid == gid)
  }

  @Test(arguments: [
    "", ":", "1:", ":1", "1:2:3", "-1", "+1", " 1", "1 ", "0x1", "root", "4294967295", "4294967296", "1:-1",
    "١",
  ])
  func refusesUsers(_ text: String) {
    #expect(UserText(text) == nil)
  }
}
