import Domain
import Linux
import Ports

/// What a start does and how long each part takes: the recording behind `--trace`.
///
/// The runtime's own part is told by decorators of the ports (`Composition.traced`) and by the phases between them,
/// that of each new process by its timeline.
final class Trace {
  /// Something that took a time.
  struct Span {
    var name: StaticString
    /// It is a call of a port, not a phase of the runtime's own.
    var isCall: Bool
    /// Nanoseconds of the real-time clock.
    var begin: UInt64
    var end: UInt64
    /// What is worth to know beside it.
    var detail: String?
  }

  /// When it began: nanoseconds of the real-time clock.
  let origin = Timeline.now()
  /// What was done, in the order in which it ended.
  private(set) var spans: [Span] = []
  /// The processes that were born.
  private(set) var tracks: [TraceTrack] = []

  private let path: String
  private let title: String
  private var file: Descriptor?

  /// The trace that a command line asks for; nil without one. The file is there at once, so that what cannot be
  /// written is no surprise later. It is its owner's: options of mounts are in it, a password perhaps.
  init?(_ invocation: Invocation) throws(Failure) {
    guard let path = invocation.filled(.trace) else { return nil }
    self.path = path
    title = "martlet \(invocation.command?.rule.name ?? "") \(invocation.operands.first ?? "")"
    do throws(Errno) {
      file = try Host.openEmpty(path, mode: 0o600)
    } catch {
      throw .system(SystemFailure(call: "open", subject: path, errno: error))
    }
  }

  /// Notes how long something takes, whether or not it succeeds.
  func span<Value, Problem: Error>(
    _ name: StaticString, isCall: Bool, _ body: () throws(Problem) -> Value
  ) throws(Problem) -> Value {
    let begin = Timeline.now()
    defer { spans.append(Span(name: name, isCall: isCall, begin: begin, end: Timeline.now())) }
    return try body()
  }

  /// Notes a call of a port.
  func call<Value, Problem: Error>(
    _ name: StaticString, _ body: () throws(Problem) -> Value
  ) throws(Problem) -> Value {
    try span(name, isCall: true, body)
  }

  /// Says more of what was noted last.
  func annotate(_ detail: String) {
    guard !spans.isEmpty else { return }
    spans[spans.count - 1].detail = detail
  }

  /// A process is about to be born.
  func add(_ track: TraceTrack) { tracks.append(track) }

  /// Writes the file, once: when the start is done, or has failed.
  func finish(_ failure: Failure? = nil) throws(Failure) {
    guard let file = file.take() else { return }
    let number = file.number
    do throws(Errno) {
      try Files.writeAll(number, text(title, failure))
    } catch {
      throw .system(SystemFailure(call: "write", subject: path, errno: error))
    }
  }
}

extension Trace? {
  /// A phase of the runtime's own work, noted where somebody asked for it.
  func phase<Value, Problem: Error>(
    _ name: StaticString, _ body: () throws(Problem) -> Value
  ) throws(Problem) -> Value {
    guard let trace = self else { return try body() }
    return try trace.span(name, isCall: false, body)
  }
}

extension Context {
  /// Performs a command whose start is to be looked at. A trace that cannot be written does not undo a start.
  func perform(_ trace: Trace) throws(Failure) -> Int32 {
    let code: Int32
    do throws(Failure) {
      code = try performCommand()
    } catch {
      finish(trace, error)
      throw error
    }
    finish(trace, nil)
    return code
  }

  /// Writes the trace.
  func finish(_ trace: Trace, _ failure: Failure?) {
    do throws(Failure) {
      try trace.finish(failure)
    } catch {
      Output.error("trace: \(error)\n")
    }
  }
}
