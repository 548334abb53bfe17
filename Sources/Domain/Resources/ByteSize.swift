/// A size as people write it: digits, perhaps a fraction, and a unit of 1024, such as `512m`, `1.5 GiB` or `4096`.
public enum ByteSize {
  /// The bytes; -1 stands for no limit. Nil when the text is no size, or more than a file takes.
  public static func parse(_ text: String) -> Int64? {
    if text == "-1" { return -1 }
    var rest = text.utf8[...]
    let whole = digits(&rest)
    var fraction: [UInt8] = []
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      fraction = digits(&rest)
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    if rest.first == UInt8(ascii: " ") { rest.removeFirst() }
    guard let unit = unit(rest), let bytes = Int64(decimal: whole) else { return nil }
    let (product, overflows) = bytes.multipliedReportingOverflow(by: unit)
    guard !overflows else { return nil }
    let (sum, exceeds) = product.addingReportingOverflow(part(fraction, of: unit))
    return exceeds ? nil : sum
  }

  private static func digits(_ rest: inout Substring.UTF8View) -> [UInt8] {
    let found = rest.prefix { (48...57).contains($0) }
    rest = rest.dropFirst(found.count)
    return Array(found)
  }

  /// `k`, `kb` and `kib` mean the same, in any case; `b` and nothing, bytes.
  private static func unit(_ text: Substring.UTF8View) -> Int64? {
    let letters = text.map { $0 | 0x20 }
    guard let first = letters.first else { return 1 }
    if letters == [UInt8(ascii: "b")] { return 1 }
    guard let power = Array("kmgtp".utf8).firstIndex(of: first) else { return nil }
    let rest = Array(letters.dropFirst())
    guard rest.isEmpty || rest == Array("b".utf8) || rest == Array("ib".utf8) else { return nil }
    return 1 << (10 * (Int64(power) + 1))
  }

  /// Digits behind the point, as whole bytes.
  private static func part(_ fraction: [UInt8], of unit: Int64) -> Int64 {
    var (value, scale) = (UInt64(0), UInt64(1))
    for digit in fraction.prefix(18) {
      value = value * 10 + UInt64(digit - 48)
      scale *= 10
    }
    // The quotient is below the unit, since the value is below the scale.
    let product = value.multipliedFullWidth(by: UInt64(unit))
    return Int64(scale.dividingFullWidth(product).quotient)
  }
}

extension Int64 {
  /// Reads digits; none are 0. Nil when it is too large.
  fileprivate init?(decimal digits: [UInt8]) {
    self = 0
    for digit in digits {
      let (product, overflows) = multipliedReportingOverflow(by: 10)
      let (sum, exceeds) = product.addingReportingOverflow(Int64(digit - 48))
      guard !overflows, !exceeds else { return nil }
      self = sum
    }
  }
}
