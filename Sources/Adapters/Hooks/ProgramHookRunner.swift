import CLinux
public import Domain
import Linux
public import Ports

/// Runs hooks as child processes of the runtime.
public final class ProgramHookRunner: HookRunner {
  /// How much of each stream of a hook is kept for the error message.
  public static let outputLimit = 16 << 10

  /// Opens nothing.
  public init() {}

  public func run(_ hook: Hook, state: String, inside target: HookTarget?) throws(HookError) {
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
      streams, process: process.number, input: Array(state.utf8), timeout: hook.timeout)
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
