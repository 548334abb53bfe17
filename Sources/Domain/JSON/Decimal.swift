extension UInt64 {
  /// The number in decimal digits. The standard library's conversion is generic, which a short-lived process
  /// pays for at its first use.
  public var decimal: String {
    var divisor: UInt64 = 1
    while self / divisor >= 10 { divisor *= 10 }
    var digits: [UInt8] = []
    while divisor > 0 {
      digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: self / divisor % 10))
      divisor /= 10
    }
    return String(decoding: digits, as: UTF8.self)
  }
}

extension Int64 {
  /// The number in decimal digits.
  public var decimal: String { self < 0 ? "-" + magnitude.decimal : magnitude.decimal }
}

extension Int {
  /// The number in decimal digits.
  public var decimal: String { Int64(self).decimal }
}

extension Int32 {
  /// The number in decimal digits.
  public var decimal: String { Int64(self).decimal }
}
