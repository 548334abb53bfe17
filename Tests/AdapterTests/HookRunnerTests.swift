import CLinux
import Domain
import Linux
import Ports
import Testing

@testable import Hooks

@Suite(.serialized) struct HookRunnerTests {
  static func hook(_ script: String, env: [String]? = nil, timeout: Int? = nil) -> Hook {
    Hook(path: "/bin/sh", args: ["hook", "-c", script], env: env, timeout: timeout)
  }

  static func outcome(
    _ hook: Hook, state: String = "{}", files: HookFiles = HookFiles()
  ) -> HookError? {
    do throws(HookError) {
      try ProgramHookRunner().run(hook, state: state, inside: nil, files: files)
      return nil
    } catch {
      return error
    }
  }

  @Test("the state arrives on standard input, whole")
  func state() {
    let large = String(repeating: "x", count: 300_000)
    #expect(HookRunnerTests.outcome(HookRunnerTests.hook("test $(wc -c) = 300000"), state: large) == nil)
    #expect(
      HookRunnerTests.outcome(HookRunnerTests.hook("test \"$(cat)\" = '{\"a\":1}'"), state: "{\"a\":1}")
        == nil)
  }

  @Test("what it writes is added to the files that are named, all of it")
  func files() throws {
    let path = "/tmp/martlet-hooks-\(getpid())"
    let files = HookFiles(output: path + ".out", errors: path + ".err")
    defer { for file in [files.output, files.errors] { _ = file.map { unlink($0) } } }
    let hook = HookRunnerTests.hook("head -c 100000 /dev/zero; echo wrong >&2")
    for _ in 0..<2 { #expect(HookRunnerTests.outcome(hook, files: files) == nil) }
    #expect(try Host.read(path + ".out", limit: 1 << 20).count == 200_000)
    #expect(try Host.read(path + ".err", limit: 1 << 20) == Array("wrong\nwrong\n".utf8))
    let nowhere = HookRunnerTests.outcome(hook, files: HookFiles(output: "/nowhere/x"))
    guard case .file(path: "/bin/sh", let failure) = nowhere else {
      Issue.record("\(String(describing: nowhere))")
      return
    }
    #expect(failure.errno == .noSuchFileOrDirectory)
  }

  @Test("a hook's process sees that its runtime died before it asked to be told")
  func orphan() throws {
    let streams = try HookStreams()
    #expect(!HookProcess.hasNoReader(streams.output.writer))
    streams.output.closeReader()
    #expect(HookProcess.hasNoReader(streams.output.writer))
  }

  @Test("a hook that does not read its input is no failure")
  func inputIgnored() {
    let large = String(repeating: "x", count: 300_000)
    #expect(HookRunnerTests.outcome(HookRunnerTests.hook("exec 0<&-; exit 0"), state: large) == nil)
  }

  @Test("arguments and environment are exactly those given")
  func environment() {
    let hook = HookRunnerTests.hook("test \"$0 $A\" = 'hook 1' && test -z \"$HOME\"", env: ["A=1"])
    #expect(HookRunnerTests.outcome(hook) == nil)
    setenv("MARTLET_TEST_HOOK", "inherited", 1)
    #expect(HookRunnerTests.outcome(HookRunnerTests.hook("test \"$MARTLET_TEST_HOOK\" = inherited")) == nil)
  }

  @Test("a failing hook tells its code and what it wrote, up to a bound")
  func failure() {
    let outcome = HookRunnerTests.outcome(HookRunnerTests.hook("echo out; echo err >&2; exit 3"))
    guard case .exited("/bin/sh", 3, "out\n", let errors) = outcome else {
      Issue.record("unexpected outcome \(String(describing: outcome))")
      return
    }
    // Another test of this process may have changed its directory to one that is gone: the shell says so.
    #expect(errors.hasSuffix("err\n"))
    let noisy = HookRunnerTests.outcome(HookRunnerTests.hook("yes | head -c 1000000; exit 1"))
    guard case .exited(_, 1, let output, _) = noisy else {
      Issue.record("unexpected outcome \(String(describing: noisy))")
      return
    }
    #expect(output.utf8.count == ProgramHookRunner.outputLimit)
  }

  @Test("a signal is told apart from an exit code")
  func signalled() {
    let outcome = HookRunnerTests.outcome(HookRunnerTests.hook("kill -TERM $$"))
    #expect(outcome == .signalled(path: "/bin/sh", signal: SIGTERM, output: "", errorOutput: ""))
  }

  @Test("a hook past its timeout is killed")
  func timeout() {
    let begin = time(nil)
    let outcome = HookRunnerTests.outcome(HookRunnerTests.hook("sleep 30", timeout: 1))
    #expect(outcome == .timedOut(path: "/bin/sh", seconds: 1))
    #expect(time(nil) - begin < 10)
  }

  @Test(
    "a timeout that no clock can count is none", arguments: [Int.max, Int.max / 1000, Int.max / 1000 - 1])
  func endlessTimeout(_ seconds: Int) {
    #expect(HookRunnerTests.outcome(HookRunnerTests.hook("sleep 0.05", timeout: seconds)) == nil)
  }

  @Test("a daemon that keeps the pipes open is not waited for")
  func daemon() {
    let begin = time(nil)
    #expect(HookRunnerTests.outcome(HookRunnerTests.hook("sleep 5 & exit 0")) == nil)
    #expect(time(nil) - begin < 4)
  }

  @Test("a program that cannot be started is an error of its own")
  func notStarted() {
    let missing = HookRunnerTests.outcome(Hook(path: "/nonexistent/hook"))
    guard case .start("/nonexistent/hook", let failure) = missing else {
      Issue.record("unexpected outcome \(String(describing: missing))")
      return
    }
    #expect(failure.errno == .noSuchFileOrDirectory)
  }
}
