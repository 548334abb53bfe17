import CLinux
import Linux

/// The terminal that the runtime was called from.
final class HostTerminal {
  private let number: Int32
  private let opened: Bool
  private var saved: termios?

  private init(number: Int32, opened: Bool) {
    self.number = number
    self.opened = opened
  }

  deinit {
    if opened { _ = Descriptor(owning: number) }
  }

  /// The first of standard error, output and input that is a terminal, else the controlling one.
  static func find() -> HostTerminal? {
    for number in [2, 1, 0] as [Int32] where isatty(number) == 1 {
      return HostTerminal(number: number, opened: false)
    }
    guard let terminal = try? Files.open("/dev/tty", O_RDWR | O_NOCTTY) else { return nil }
    return HostTerminal(number: terminal.release(), opened: true)
  }

  /// Passes on what is typed as it comes. What is shown goes on to be processed: the carriage returns that the
  /// container's terminal leaves out are added here. The corresponding call is `cfmakeraw`.
  func makeRaw() {
    guard var settings = Termios.settings(of: number) else { return }
    saved = settings
    cfmakeraw(&settings)
    settings.c_oflag |= tcflag_t(OPOST)
    tcsetattr(number, TCSANOW, &settings)
  }

  /// Undoes `makeRaw`. Idempotent.
  func restore() {
    guard var settings = saved else { return }
    saved = nil
    tcsetattr(number, TCSANOW, &settings)
  }

  /// The corresponding calls are `TIOCGWINSZ` and `TIOCSWINSZ`.
  func copySize(to master: Int32) {
    var size = winsize()
    guard clinux_call(Int(SYS_ioctl), Int(number), Int(TIOCGWINSZ), word(&size), 0, 0, 0) == 0 else { return }
    _ = clinux_call(Int(SYS_ioctl), Int(master), Int(TIOCSWINSZ), word(&size), 0, 0, 0)
  }
}

/// A terminal's settings.
enum Termios {
  /// The corresponding call is `tcgetattr`; nil when the descriptor is no terminal.
  static func settings(of number: Int32) -> termios? {
    var settings = termios()
    return tcgetattr(number, &settings) == 0 ? settings : nil
  }

  /// Leaves a line feed a line feed: the caller's own terminal adds the carriage return.
  static func passLineFeeds(on master: Int32) {
    guard var settings = settings(of: master) else { return }
    settings.c_oflag &= ~tcflag_t(ONLCR)
    tcsetattr(master, TCSANOW, &settings)
  }
}
