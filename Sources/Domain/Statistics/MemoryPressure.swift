/// How much want of memory a watch tells of.
public enum MemoryPressure: Equatable, Sendable {
  /// A level of cgroup v1; version 2 has none and takes the stall that stands for it.
  case level(Level)
  /// A stall (PSI) of cgroup v2.
  case stall(Stall)

  /// The levels of `memory.pressure_level`.
  public enum Level: String, CaseIterable, Sendable {
    /// Memory is taken back for new pages.
    case low
    /// Pages are swapped out or dropped that are in use.
    case medium
    /// Memory is about to be out.
    case critical
  }

  /// Time lost within a window, in microseconds.
  public struct Stall: Equatable, Sendable {
    /// All tasks have to stand still, not only one.
    public var isFull: Bool
    /// How much of the window is too much.
    public var threshold: UInt64
    /// The window: half a second to ten; without `CAP_SYS_RESOURCE` a multiple of two.
    public var window: UInt64

    /// Makes a stall.
    public init(isFull: Bool = false, threshold: UInt64, window: UInt64 = 2_000_000) {
      self.isFull = isFull
      self.threshold = threshold
      self.window = window
    }

    /// What is written into `memory.pressure`.
    public var text: String {
      "\(isFull ? "full" : "some") \(threshold.decimal) \(window.decimal)"
    }
  }
}

extension MemoryPressure.Level {
  /// The stall that stands for a level on version 2, of two seconds: some task a twentieth, some task a fifth, all
  /// tasks a tenth.
  public var stall: MemoryPressure.Stall {
    switch self {
    case .low: MemoryPressure.Stall(threshold: 100_000)
    case .medium: MemoryPressure.Stall(threshold: 400_000)
    case .critical: MemoryPressure.Stall(isFull: true, threshold: 200_000)
    }
  }
}

extension MemoryPressure {
  /// Reads a level's name, or `some:THRESHOLD:WINDOW` or `full:…` in microseconds; nil for anything else.
  public init?(_ text: String) {
    if let level = Level(bytewise: text) {
      self = .level(level)
      return
    }
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 3, let threshold = UInt64(Substring(parts[1])),
      let window = UInt64(Substring(parts[2])),
      parts[0].elementsEqual("some".utf8) || parts[0].elementsEqual("full".utf8)
    else { return nil }
    self = .stall(Stall(isFull: parts[0].first == UInt8(ascii: "f"), threshold: threshold, window: window))
  }
}
