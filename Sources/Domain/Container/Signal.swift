/// A Linux signal.
public struct Signal: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: Int32

  /// Takes a number.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// Ends a process at once.
  public static let kill = Signal(rawValue: 9)
  /// Asks a process to end.
  public static let terminate = Signal(rawValue: 15)

  /// The terminal is gone.
  public static let hangUp = Signal(rawValue: 1)
  /// What a terminal sends for Ctrl-C.
  public static let interrupt = Signal(rawValue: 2)
  /// What a terminal sends for Ctrl-\.
  public static let quit = Signal(rawValue: 3)
  /// What a terminal sends for Ctrl-Z.
  public static let terminalStop = Signal(rawValue: 20)
  /// The terminal has another size.
  public static let windowChange = Signal(rawValue: 28)

  /// The largest number.
  public static let maximum: Int32 = 64

  /// Reads a number, or a name in any case, with or without `SIG`, such as `SIGRTMIN+3`.
  public init?(_ text: String) {
    if let number = Int32(text), text.utf8.first != UInt8(ascii: "+") {
      guard number >= 0, number <= Signal.maximum else { return nil }
      rawValue = number
      return
    }
    // Small letters outside of ASCII have capital ones in it.
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    let upper = text.uppercased()
    let name = upper.hasBytePrefix("SIG") ? String(upper.dropFirst(3)) : upper
    if let number = Signal.names[name] ?? Signal.realTime(name) {
      rawValue = number
    } else {
      return nil
    }
  }

  /// `RTMIN`, `RTMIN+n`, `RTMAX`, `RTMAX-n`, as the C library counts them.
  private static func realTime(_ name: String) -> Int32? {
    let (first, last): (Int32, Int32) = (34, 64)
    if name == "RTMIN" { return first }
    if name == "RTMAX" { return last }
    guard name.hasBytePrefix("RTMIN+") || name.hasBytePrefix("RTMAX-") else { return nil }
    let digits = name.dropFirst(6)
    guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let offset = Int32(digits),
      offset <= last - first
    else { return nil }
    return name.hasBytePrefix("RTMIN") ? first + offset : last - offset
  }

  /// The names that stand for a signal alone, in the order of their numbers.
  public static var allNames: [String] {
    names.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map { "SIG" + $0.key }
  }

  /// The numbers that all architectures of the runtime share.
  private static let names: [String: Int32] = [
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9,
    "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17,
    "CLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25,
    "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31,
  ]
}
