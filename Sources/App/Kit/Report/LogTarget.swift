import Domain
import Linux

/// Where messages go beside standard error, as `--log` names it.
enum LogTarget: Equatable {
  /// A file that lines are appended to; many runs may share it.
  case file(String)
  /// The journal of systemd, under an identifier.
  case journal(String)
  /// The system's log, under an identifier.
  case system(String)

  /// Takes `journald:IDENTIFIER`, `syslog:IDENTIFIER`, `file:PATH`, or a path.
  init(_ text: String) {
    for (prefix, make) in LogTarget.forms where text.hasBytePrefix(prefix) {
      self = make(String(Substring(text.utf8.dropFirst(prefix.utf8.count))))
      return
    }
    self = .file(text)
  }

  private static var forms: [(prefix: String, make: (String) -> LogTarget)] {
    [("journald:", LogTarget.journal), ("syslog:", LogTarget.system), ("file:", LogTarget.file)]
  }

  /// The socket of the journal.
  static let journalSocket = "/run/systemd/journal/socket"
  /// The socket of the system's log.
  static let systemSocket = "/dev/log"

  /// Where messages arrive: the path of a file or socket.
  var path: String {
    switch self {
    case .file(let path): path
    case .journal: LogTarget.journalSocket
    case .system: LogTarget.systemSocket
    }
  }

  /// It means the same wherever a command is run.
  var isFixed: Bool {
    if case .file(let path) = self { path.isAbsolutePath } else { true }
  }

  /// Writes one message: a file gets `line`, and a service, which adds the time by itself, the bare message.
  func write(_ level: Log.Level, _ message: String, line: String) throws(Errno) {
    switch self {
    case .file(let path): try Host.append(line, to: path)
    case .journal(let name): try Host.tell(LogTarget.entry(level, message, name), path)
    case .system(let name): try Host.tell(LogTarget.record(level, message, name), path)
    }
  }

  /// An entry of the journal: fields, each on a line of its own.
  static func entry(_ level: Log.Level, _ message: String, _ identifier: String) -> String {
    "PRIORITY=\(level.severity)\nSYSLOG_IDENTIFIER=\(Log.oneLine(identifier))\nMESSAGE=\(Log.oneLine(message))\n"
  }

  /// A record of the system's log (RFC 3164 without a time), from the facility of users' programs.
  static func record(_ level: Log.Level, _ message: String, _ identifier: String) -> String {
    "<\(8 + level.severity)>\(Log.oneLine(identifier))[\(Host.processID)]: \(Log.oneLine(message))"
  }
}

extension Log.Level {
  /// The number that syslog(3) has for it.
  fileprivate var severity: Int {
    switch self {
    case .error: 3
    case .warning: 4
    case .debug: 7
    }
  }
}
