import Domain
import Testing

@testable import Kit

extension UseCaseTests {
  @Suite struct CompletionTests {
    /// A line whose last word is being typed, and some of the words it can become.
    static let offered: [(line: String, words: [String], absent: [String])] = [
      ("", ["run", "state", "completion"], ["--root", "mycontainer"]),
      ("st", ["state", "start"], ["run"]),
      ("-", ["--root", "--debug", "--help"], ["--bundle"]),
      ("--root /r s", ["state", "spec"], ["run"]),
      ("create --", ["--bundle", "--root", "--pid-file"], ["--tty"]),
      ("create --b", ["--bundle"], ["--root"]),
      ("exec -t --e", ["--env"], []),
      ("exec c --", [], ["--env"]),
      ("run c --det", ["--detach"], []),
      ("--log-format ", ["text", "json"], []),
      ("--log-format=j", ["--log-format=json"], ["json"]),
      ("-log-format=j", ["-log-format=json"], []),
      ("list -f j", ["json"], ["table"]),
      ("--rootless ", ["true", "false", "auto"], []),
      ("top --sort ", ["cpu", "memory", "id"], []),
      ("events --pressure ", ["low", "medium", "critical"], ["some"]),
      ("kill c SIGT", ["SIGTERM", "SIGTSTP"], ["SIGKILL"]),
      ("exec --cap CAP_SYS_A", ["CAP_SYS_ADMIN"], ["CAP_CHOWN"]),
      ("manual cr", ["create"], []),
      ("completion ", ["bash", "zsh", "fish"], []),
      ("nope ", ["run"], []),
      ("list -- --", [], ["--quiet"]),
    ]

    @Test(arguments: offered) func offers(_ line: String, _ words: [String], _ absent: [String]) throws {
      let answer = try answer(line)
      #expect(answer.first == "words")
      let found = answer.dropFirst().map { $0.split(separator: "\t")[0] }
      for word in words { #expect(found.contains(word[...])) }
      for word in absent { #expect(!found.contains(word[...])) }
    }

    static let paths: [(String, String)] = [
      ("run --bundle ", "directories"), ("run -b ", "directories"), ("run --bundle=d", "directories"),
      ("--root /r", "directories"), ("plan ", "directories"), ("--log ", "files"), ("--config=", "files"),
      ("exec --process p", "files"), ("update c -r ", "files"),
    ]

    @Test(arguments: paths) func leavesPathsToTheShell(_ line: String, _ kind: String) throws {
      #expect(try answer(line) == [kind[...]])
    }

    @Test func offersContainers() throws {
      let bench = try Bench()
      #expect(bench.run("create --bundle \(bench.directory) first") == nil)
      #expect(bench.run("create --bundle \(bench.directory) second") == nil)
      let context = try Context(Invocation(), bench.composition)
      for line in ["state ", "exec -t ", "kill --all ", "--root /somewhere delete --force ", "ps "] {
        #expect(Completion.answer(words(line), in: context) == "words\nfirst\nsecond\n")
      }
      #expect(Completion.answer(words("state s"), in: context) == "words\nsecond\n")
      #expect(Completion.answer(words("state first "), in: context) == "words\n")
    }

    @Test func knowsTheRootOfTheLine() {
      #expect(Completion(words("--root /a state ")).root == "/a")
      #expect(Completion(words("state --root=/b ")).root == "/b")
      #expect(Completion(words("exec c --root=/b ")).root == nil)
      #expect(Completion(words("list ")).root == nil)
    }

    @Test func everyOptionIsOffered() throws {
      for rule in Option.rules where !rule.isHidden {
        let command = Command.allCases.first { rule.commands.contains(CommandSet($0)) }
        let answer = try answer((command.map { $0.rule.name + " " } ?? "") + "--" + rule.name)
        #expect(answer.contains("--\(rule.name)\t\(rule.help)"))
      }
    }

    @Test func shellsAreNamed() throws {
      let bench = try Bench()
      #expect(bench.run("completion bash") == nil)
      #expect(bench.run("completion csh") == "unknown shell \"csh\": bash, zsh and fish are known")
    }

    private func answer(_ line: String) throws -> [Substring] {
      let context = try Context(Invocation(), try Bench().composition)
      return Completion.answer(words(line), in: context).split(separator: "\n")
    }

    private func words(_ line: String) -> [String] {
      line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
