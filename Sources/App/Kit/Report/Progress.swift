import Linux

/// A line on the terminal of whoever looks on, while something takes long: it names what is waited for, and is wiped
/// off when that is over. Where standard error is no terminal, or messages go to a log, there is none.
enum Progress {
  /// What takes less is not worth a line, in milliseconds.
  private static let patience: Int64 = 1000

  /// Does something that may take long; `subject` is asked for only when it does.
  static func waiting<Value, Problem: Error>(
    for subject: @escaping () -> String, _ log: Log, _ body: () throws(Problem) -> Value
  ) throws(Problem) -> Value {
    guard log.target == nil else { return try body() }
    let outer = WaitingNotice.current
    let notice = WaitingNotice(after: patience) { show(subject()) }
    WaitingNotice.current = notice
    defer {
      WaitingNotice.current = outer
      if notice.isGiven { wipe() }
    }
    return try body()
  }

  private static func show(_ subject: String) {
    guard Host.isTerminal(2) else { return }
    let line = "waiting for " + Log.oneLine(subject)
    Output.error(Colours.isDumb ? line + "\n" : "\r" + Colours.ofErrors.paint(line, .faint))
  }

  private static func wipe() {
    if Host.isTerminal(2), !Colours.isDumb { Output.error("\r\u{1B}[K") }
  }
}
