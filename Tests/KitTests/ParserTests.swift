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
    ParserCase("--help state --nope", nil, ["help=true"]),
    ParserCase("help", nil, ["help=true"]),
    ParserCase("--help=false list", "list", ["help=false"]),
    ParserCase("--log-level debug list", "list", ["logLevel=debug"]),
    ParserCase("-- list", "list"),
    ParserCase("list --", "list"),
    ParserCase("create help", "create", [], ["help"]),
    ParserCase("create -h --bundle b", "create", ["help=true", "bundle=b"]),
    ParserCase("delete - -f=T", "delete", ["force=true"], ["-"]),
    ParserCase(
      "update --pids-limit 0x10 --pids-limit=-1 c", "update", ["pidsLimit=16", "pidsLimit=-1"], ["c"]),
    ParserCase(
      "update --pids-limit 010 --blkio-weight 0b11 c", "update", ["pidsLimit=8", "blkioWeight=3"], ["c"]),
    ParserCase("events --interval 500ms c", "events", ["interval=500ms"], ["c"]),
    ParserCase("top --interval -1s", "top", ["interval=-1s"]),
    ParserCase(
      "checkpoint --leave-running --leave-running --empty-ns network --status-fd 3 c", "checkpoint",
      ["leaveRunning=true", "leaveRunning=true", "emptyNs=network", "statusFd=3"], ["c"]),
    ParserCase(
      "restore --image-path i --detach --pid-file p -no-subreaper --bundle b c", "restore",
      ["imagePath=i", "detach=true", "pidFile=p", "noSubreaper=true", "bundle=b"], ["c"]),
  ]

  @Test(arguments: accepted) func accepts(_ sample: ParserCase) throws {
    let invocation = try Parser.parse(sample.line.split(separator: " ").map(String.init))
    #expect(invocation.command?.rule.name == sample.command)
    #expect(invocation.settings.map { "\($0.option)=\($0.text)" } == sample.settings)
    #expect(invocation.operands == sample.operands)
  }

  static let refused: [(String, String)] = [
    ("--nope", "flag provided but not defined: -nope"),
    ("--rot /r list", "flag provided but not defined: -rot (did you mean --root?)"),
    ("state --bundle b c", "flag provided but not defined: -bundle"),
    ("create --bundel b c", "flag provided but not defined: -bundel (did you mean --bundle?)"),
    ("list -qf json", "flag provided but not defined: -qf"),
    ("create --bundle", "flag needs an argument: -bundle"),
    ("restore --lsm-mount-context", "flag needs an argument: -lsm-mount-context"),
    ("--debug=maybe list", "invalid boolean value \"maybe\" for -debug: parse error"),
    ("delete --force= c", "invalid boolean value \"\" for -force: parse error"),
    ("delete ---force c", "bad flag syntax: ---force"),
    ("delete -=x c", "bad flag syntax: -=x"),
    ("create --preserve-fds x c", "invalid value \"x\" for flag -preserve-fds: parse error"),
    ("create --preserve-fds -1 c", "invalid value \"-1\" for flag -preserve-fds: parse error"),
    (
      "run --preserve-fds 99999999999999999999 c",
      "invalid value \"99999999999999999999\" for flag -preserve-fds: value out of range"
    ),
    ("update --pids-limit= c", "invalid value \"\" for flag -pids-limit: parse error"),
    ("update --pids-limit 0x c", "invalid value \"0x\" for flag -pids-limit: parse error"),
    ("update --pids-limit 08 c", "invalid value \"08\" for flag -pids-limit: parse error"),
    (
      "update --pids-limit 9223372036854775808 c",
      "invalid value \"9223372036854775808\" for flag -pids-limit: value out of range"
    ),
    ("events --interval soon c", "invalid value \"soon\" for flag -interval: parse error"),
    ("create", "martlet: \"create\" requires exactly 1 argument(s)"),
    ("create a b", "martlet: \"create\" requires exactly 1 argument(s)"),
    ("exec", "martlet: \"exec\" requires a minimum of 1 argument(s)"),
    ("kill", "martlet: \"kill\" requires a minimum of 1 argument(s)"),
    ("kill a b c", "martlet: \"kill\" requires a maximum of 2 argument(s)"),
    ("frobnicate", "No help topic for 'frobnicate'"),
    ("help frobnicate", "No help topic for 'frobnicate'"),
    ("crate c", "No help topic for 'crate' (did you mean create?)"),
    ("- list", "No help topic for '-'"),
    ("checkpoint --help", "martlet checkpoint is not supported yet"),
    ("restore", "martlet: \"restore\" requires exactly 1 argument(s)"),
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

  @Test func readsTheSmallestNumber() throws {
    let invocation = try Parser.parse(["update", "--pids-limit", "-9223372036854775808", "c"])
    #expect(invocation.number(.pidsLimit) == .min)
  }

  @Test func looksForNothingBehindAnEmptyName() throws {
    #expect(try Parser.parse(["", "list"]) == Invocation())
  }

  @Test func keepsWhatWasReadBeforeAnError() {
    var parser = Parser(["--log", "file", "create", "--nope"])
    var found: UsageError?
    do throws(UsageError) { try parser.read() } catch { found = error }
    #expect(found == .unknownOption("nope", .create))
    #expect(parser.invocation.text(.log) == "file")
  }

  @Test(
    arguments: [
      (["--nope"], "Incorrect Usage. flag provided but not defined: -nope\n\nNAME:\n   martlet - "),
      (
        ["list", "--nope"],
        "Incorrect Usage: flag provided but not defined: -nope\n\nNAME:\n   martlet list - "
      ),
      (["state"], "Incorrect Usage.\n\nNAME:\n   martlet state - "),
      (["restore", "-h"], "NAME:\n   martlet restore - "),
    ] as [([String], String)])
  func showsHelpWithWhatIsWrong(_ arguments: [String], _ page: String) {
    do throws(UsageError) {
      _ = try Parser.parse(arguments)
      Issue.record("accepted")
    } catch {
      #expect(error.page?.hasPrefix(page) == true, "\(error.page ?? "")")
    }
  }

  @Test func saysNothingOfHelpForACommandThatIsNone() {
    #expect(UsageError.unknownCommand("x").page == nil)
  }

  @Test(arguments: [
    ("abc", "abc", 0), ("", "abc", 3), ("abc", "acb", 1), ("abc", "abd", 1), ("list", "lists", 1),
    ("kill", "state", 5),
  ]) func countsWhatIsToBeChanged(_ one: String, _ other: String, _ distance: Int) {
    #expect(Suggestion.distance(Array(one.utf8), Array(other.utf8)) == distance)
    #expect(Suggestion.distance(Array(other.utf8), Array(one.utf8)) == distance)
  }

  @Test(arguments: Command.allCases) func helpShowsAnExampleThatCanBeParsed(_ command: Command) throws {
    let help = Help.text(command)
    #expect(help.contains("\nEXAMPLE:\n   "))
    var count = 0
    for line in command.rule.example.split(separator: "\n") where !line.hasPrefix("#") {
      // What a shell would pass on: behind a pipe that leads to it, before one that leads away.
      let words = line.split(separator: " ").split { $0 == "martlet" }.last?.prefix { $0 != "|" && $0 != ">" }
      let invocation = try Parser.parse((words ?? []).map(String.init))
      if invocation.command == command { count += 1 }
    }
    #expect(count > 0)
  }

  @Test(arguments: Command.allCases) func helpShowsEveryOptionButHiddenOnes(_ command: Command) {
    let help = Help.text(command)
    for rule in Option.rules where rule.commands.contains(CommandSet(command)) {
      #expect(help.contains("--\(rule.name)") != rule.isHidden, "\(rule.name)")
    }
  }

  @Test func tablesAreComplete() {
    #expect(Command.rules.count == Command.allCases.count)
    for rule in Option.rules { #expect(rule.argument.isEmpty == (rule.kind == .flag), "\(rule.name)") }
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
