import CLinux
public import Domain

/// The caller's terminal while a table on it is drawn again and again.
public final class TerminalScreen {
  private var saved: termios?
  private var isShown = false

  /// The terminal of standard output; nil when it is none.
  public init?() {
    guard isatty(1) == 1 else { return nil }
  }

  deinit { end() }

  /// Rows and columns. The corresponding call is `TIOCGWINSZ`.
  public var size: (rows: Int, columns: Int) {
    var size = winsize()
    let result = clinux_call(Int(SYS_ioctl), 1, Int(TIOCGWINSZ), word(&size), 0, 0, 0)
    guard result == 0, size.ws_row > 0, size.ws_col > 0 else { return (24, 80) }
    return (Int(size.ws_row), Int(size.ws_col))
  }

  /// Takes the screen over: a second screen without a cursor, and keys that are not echoed.
  public func begin() {
    guard !isShown else { return }
    isShown = true
    var settings = termios()
    if tcgetattr(0, &settings) == 0 {
      saved = settings
      settings.c_lflag &= ~tcflag_t(ECHO | ICANON)
      tcsetattr(0, TCSANOW, &settings)
    }
    _ = try? Files.writeAll(1, "\u{1B}[?1049h\u{1B}[?25l")
  }

  /// Gives the screen back as it was. Idempotent.
  public func end() {
    guard isShown else { return }
    isShown = false
    _ = try? Files.writeAll(1, "\u{1B}[?25h\u{1B}[?1049l")
    if var settings = saved { tcsetattr(0, TCSANOW, &settings) }
    saved = nil
  }

  /// Draws over what is there, in one write: as many lines, and as much of each, as fit.
  public func draw(_ lines: [String]) throws(Errno) {
    let (rows, columns) = size
    var text = "\u{1B}[H"
    for (index, line) in lines.prefix(rows).enumerated() {
      if index > 0 { text += "\r\n" }
      text += String(line.unicodeScalars.prefix(columns)) + "\u{1B}[K"
    }
    try Files.writeAll(1, text + "\u{1B}[J")
  }

  /// Keys that were pressed and not read yet; nil when there will be no more.
  public func keys() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = buffer.withUnsafeMutableBytes { (try? Files.read(0, into: $0)) ?? 0 }
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  /// Whether keys are to be had.
  public var hasKeys: Bool { isatty(0) == 1 }
}
