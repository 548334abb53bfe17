import Domain
import Linux
import Ports

/// Where messages go: standard error, and what `--log` names.
struct Log {
  /// How a line is written.
  enum Format {
    case text, json
  }

  /// How grave a message is.
  enum Level: String, Comparable {
    case debug, warning, error

    static func < (one: Level, other: Level) -> Bool {
      one != other && (one == .debug || other == .error)
    }
  }

  /// Where; nil logs to standard error only.
  var target: LogTarget?
  /// How its lines are written.
  var format = Format.text
  /// The least grave messages that are written. Without being asked for others there are only errors: callers
  /// expect that the log of a failed command is one line, and that standard error of a successful one is empty.
  var level = Level.error

  /// Warnings that wait for the end of a command.
  private let held = HeldWarnings()

  /// A message that is no error. Warnings that are not asked for wait for `end()`.
  func note(_ level: Level, _ message: String) {
    if level == .warning, level < self.level { held.add(message) }
    guard level >= self.level else { return }
    write(level, message)
  }

  /// The command succeeded: what it had to warn of is added to the log that was named. The log of a failed one
  /// is one line, from which engines read why.
  func end() {
    if target != nil { for message in held.messages { write(.warning, message) } }
    held.messages = []
  }

  private func write(_ level: Level, _ message: String) {
    let line = Log.line(level, message, format, time: Host.now())
    guard let target else { return Output.error(line) }
    guard let miss = miss(target, level, message, line) else { return }
    Output.error(Log.line(level, message + miss, format, time: Host.now()))
  }

  /// The error that ends a command. It appears on standard error whatever the log is, in the form `shown` if that
  /// is given.
  func fail(_ message: String, shown: String? = nil) {
    let line = Log.line(.error, message, format, time: Host.now())
    guard let target else { return Output.error(shown ?? line) }
    let miss = miss(target, .error, message, line) ?? ""
    Output.error(shown ?? Log.oneLine(message + miss) + "\n")
  }

  /// Writes a message; why it could not be written, to stand behind it on standard error.
  private func miss(_ target: LogTarget, _ level: Level, _ message: String, _ line: String) -> String? {
    do throws(Errno) {
      try target.write(level, message, line: line)
      return nil
    } catch {
      return " (log \(target.path): \(error))"
    }
  }

  /// The message with its control characters escaped: a name in it may hold any, also those that a terminal
  /// obeys without an escape character (U+0080 to U+009F).
  static func oneLine(_ message: String) -> String {
    guard message.unicodeScalars.contains(where: isControl) else { return message }
    return message.unicodeScalars.reduce(into: "") { line, scalar in
      if !isControl(scalar) {
        line.unicodeScalars.append(scalar)
      } else if scalar.value < 0x80 {
        line += String(scalar).quoted.dropFirst().dropLast()
      } else {
        line += "\\u00" + String(scalar.value, radix: 16)
      }
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
  }

  /// One line, such as `time="…" level=error msg="…"`.
  static func line(_ level: Level, _ message: String, _ format: Format, time: Timestamp) -> String {
    let stamp = Timestamp(seconds: time.seconds, nanoseconds: 0).description
    switch format {
    case .text:
      return "time=\"\(stamp)\" level=\(level.rawValue) msg=\(message.quoted)\n"
    case .json:
      return "{\"level\":\"\(level.rawValue)\",\"msg\":\(message.quoted),\"time\":\"\(stamp)\"}\n"
    }
  }
}

/// What all copies of a log have held back.
private final class HeldWarnings {
  var messages: [String] = []

  /// Keeps each once, and no more than a reader wants: a command that runs for long may warn all the time.
  func add(_ message: String) {
    if messages.count < 100, !messages.containsBytewise(message) { messages.append(message) }
  }
}

/// The standard streams.
enum Output {
  /// Why something was not written to standard output.
  nonisolated(unsafe) private static var miss: Errno?

  /// Writes to standard output. What cannot be written is noted for `check`.
  static func write(_ text: String) {
    do throws(Errno) { try Files.writeAll(1, text) } catch { miss = error }
  }

  /// Fails if anything that was written to standard output did not get there.
  static func check() throws(Failure) {
    guard let errno = miss else { return }
    throw .system(SystemFailure(call: "write", subject: "standard output", errno: errno))
  }

  /// Writes JSON to standard output.
  static func write(_ json: JSON, _ layout: JSONWriter.Layout, end: String = "") {
    write(String(decoding: json.text(layout), as: UTF8.self) + end)
  }

  /// Writes to standard error. Nothing can be done, and nobody told, when that fails.
  static func error(_ text: String) {
    _ = try? Files.writeAll(2, text)
  }
}
