import Domain
import Linux
import Ports

extension Trace {
  /// All that was noted, in the Chrome trace event format: an object with `traceEvents`, which are metadata (`M`) and
  /// complete events (`X`), one a line; times are in microseconds from the begin of the trace.
  func text(_ title: String, _ failure: Failure?) -> String {
    let lines = events(title).map { String(decoding: $0.text(), as: UTF8.self) }
    let about = String(decoding: about(title, failure).text(), as: UTF8.self)
    return "{\"displayTimeUnit\":\"ms\",\"otherData\":\(about),\"traceEvents\":[\n"
      + lines.joined(separator: ",\n") + "\n]}\n"
  }

  private func events(_ title: String) -> [JSON] {
    let own = Processes.current
    var events = [Trace.name(own, title)] + spans.sorted { $0.begin < $1.begin }.map { event($0, own) }
    for track in tracks {
      let pid = track.process?.pid ?? 0
      events.append(Trace.name(pid, "new process"))
      events += track.parts.map { event($0, track, pid) }
    }
    return events
  }

  private func about(_ title: String, _ failure: Failure?) -> JSON {
    var about: [JSON.Member] = [
      .init("version", .string(Version.number)), .init("command", .string(title)),
      .init("began", .string(Trace.moment(origin).description)),
    ]
    if let failure { about.append(.init("failure", .string("\(failure)"))) }
    return .object(about)
  }

  private static func moment(_ nanoseconds: UInt64) -> Timestamp {
    Timestamp(
      seconds: Int64(nanoseconds / 1_000_000_000), nanoseconds: UInt32(nanoseconds % 1_000_000_000))
  }

  private static func name(_ pid: Int32, _ title: String) -> JSON {
    .object([
      .init("ph", .string("M")), .init("name", .string("process_name")), .init("pid", .integer(Int64(pid))),
      .init("tid", .integer(Int64(pid))), .init("args", .object([.init("name", .string(title))])),
    ])
  }

  private func event(_ span: Span, _ pid: Int32) -> JSON {
    event(
      "\(span.name)", span.isCall ? "call" : "phase", span.begin, span.end, pid,
      span.detail.map { [.init("detail", .string($0))] } ?? [])
  }

  private func event(_ part: TraceTrack.Part, _ track: TraceTrack, _ pid: Int32) -> JSON {
    guard let index = part.step else { return event(part.name, "birth", part.begin, part.end, pid, []) }
    let entry = track.plan.entries[index]
    var arguments: [JSON.Member] = [
      .init("step", .integer(Int64(index))), .init("effect", .string(entry.step.description)),
      .init("origin", .string(entry.origin.text)),
    ]
    if let failure = track.failure, failure.index == index {
      arguments.append(.init("failure", .string("\(failure.call): \(failure.errno)")))
    }
    return event(part.name, "step", part.begin, part.end, pid, arguments)
  }

  private func event(
    _ name: String, _ category: String, _ begin: UInt64, _ end: UInt64, _ pid: Int32,
    _ arguments: [JSON.Member]
  ) -> JSON {
    .object([
      .init("name", .string(name)), .init("cat", .string(category)), .init("ph", .string("X")),
      .init("ts", microseconds(begin, since: origin)), .init("dur", microseconds(end, since: begin)),
      .init("pid", .integer(Int64(pid))), .init("tid", .integer(Int64(pid))),
      .init("args", .object(arguments)),
    ])
  }

  /// 0 where the clock was set back meanwhile.
  private func microseconds(_ end: UInt64, since begin: UInt64) -> JSON {
    .real(Double(end > begin ? end - begin : 0) / 1000)
  }
}
