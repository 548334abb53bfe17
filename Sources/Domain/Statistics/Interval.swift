/// A length of time as the command line has it: Go's notation, such as `1m30s`, `500ms` or `1.5h`.
public enum Interval {
  /// Milliseconds, rounded up; a number without a unit counts seconds. Nil when it is no length of time, is negative,
  /// or longer than the clock counts.
  public static func milliseconds(_ text: String) -> Int64? {
    if let seconds = UInt32(text), text.utf8.first != UInt8(ascii: "+") { return Int64(seconds) * 1000 }
    var rest = text.utf8[...]
    var nanoseconds: Double = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { !(48...57).contains($0) && $0 != UInt8(ascii: ".") }
      rest = rest.dropFirst(unit.count)
      guard digits.count <= 20, let number = Double(Substring(digits)), let size = size(of: Substring(unit))
      else {
        return nil
      }
      nanoseconds += number * size
    }
    guard nanoseconds < 9e18 else { return nil }
    return (Int64(nanoseconds) + 999_999) / 1_000_000
  }

  /// Nanoseconds of a unit.
  private static func size(of unit: Substring) -> Double? {
    switch unit {
    case "ns": 1
    case "us", "µs", "μs": 1e3
    case "ms": 1e6
    case "s": 1e9
    case "m": 60e9
    case "h": 3600e9
    default: nil
    }
  }
}
