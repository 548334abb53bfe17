import CLinux
public import Domain
import Linux
public import Ports

/// A descriptor that may be none.
private struct OutputFile: ~Copyable {
  let number: Int32

  deinit { if number >= 0 { _ = Descriptor(owning: number) } }
}

/// Runs hooks as child processes of the runtime.
public final class ProgramHookRunner: HookRunner {
  /// How much of each stream of a hook is kept for the error message.
  public static let outputLimit = 16 << 10

  /// Opens nothing.
  public init() {}

  public func run(
    _ hook: Hook, state: String, inside target: HookTarget?, files: HookFiles
  ) throws(HookError) {
    let output = try file(files.output, of: hook)
    let errors = try file(files.errors, of: hook)
    // A hook may end without reading its input: that is an error number here, not a signal.
    let wasIgnored = clinux_ignore(SIGPIPE) != 0
    defer { if !wasIgnored { clinux_restore(SIGPIPE) } }
    let streams: HookStreams
    let descriptor: Int32
    do throws(SystemFailure) {
      streams = try HookStreams()
      descriptor = try HookProcess.start(hook, streams, inside: target)
    } catch {
      throw .start(path: hook.path, error)
    }
    let process = Descriptor(owning: descriptor)
    streams.closeOtherEnds()
    let conversation = HookConversation(
      streams, process: process.number, input: Array(state.utf8), timeout: hook.timeout,
      copies: (output.number, errors.number))
    let ended = conversation.untilEnd()
    if !ended { try? Processes.signal(process.number, SIGKILL) }
    let end: Processes.End
    do {
      end = try Processes.reap(process.number)
    } catch {
      throw .start(path: hook.path, SystemFailure(call: "waitid", subject: "", errno: error))
    }
    guard ended else { throw .timedOut(path: hook.path, seconds: hook.timeout ?? 0) }
    try check(end, of: hook, conversation)
  }

  /// A file for what the hook writes, opened before it runs; a number below 0 where none is asked for.
  private func file(_ path: String?, of hook: Hook) throws(HookError) -> OutputFile {
    guard let path else { return OutputFile(number: -1) }
    do throws(Errno) {
      let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW
      return OutputFile(number: try Files.open(path, flags, mode: 0o600).release())
    } catch {
      throw .file(path: hook.path, SystemFailure(call: "open", subject: path, errno: error))
    }
  }

  private func check(
    _ end: Processes.End, of hook: Hook, _ conversation: HookConversation
  ) throws(HookError) {
    if let failure = conversation.takeStartFailure(of: hook.path) {
      throw .start(path: hook.path, failure)
    }
    switch end {
    case .exited(0): return
    case .exited(let code):
      throw .exited(
        path: hook.path, code: code, output: conversation.output.text, errorOutput: conversation.errors.text)
    case .signalled(let signal):
      throw .signalled(
        path: hook.path, signal: signal, output: conversation.output.text,
        errorOutput: conversation.errors.text)
    }
  }
}
