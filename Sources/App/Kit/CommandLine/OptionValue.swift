import Domain

/// What may stand behind an option of a kind.
struct OptionValue {
  private let kind: Option.Kind
  private let option: String
  private let command: Command?

  init(_ kind: Option.Kind, _ option: String, _ command: Command?) {
    (self.kind, self.option, self.command) = (kind, option, command)
  }

  /// The value as it is kept: `true` or `false` of a flag, decimal digits of a number, any other as it is.
  func normalized(_ text: String) throws(UsageError) -> String {
    switch kind {
    case .text, .list: return text
    case .flag: return try flag(text)
    case .integer: return try integer(text).decimal
    case .number:
      let number = try integer(text)
      guard number >= 0 else { throw invalid(text) }
      guard number <= OptionValue.largestNumber else { throw invalid(text, isOutOfRange: true) }
      return number.decimal
    case .interval:
      guard text.hasBytePrefix("-") || Interval.milliseconds(text) != nil else { throw invalid(text) }
      return text
    }
  }

  /// Far more descriptors than a process can have.
  private static let largestNumber: Int64 = 1 << 20

  private func invalid(_ text: String, isOutOfRange: Bool = false) -> UsageError {
    .invalidValue(text, option: option, isOutOfRange: isOutOfRange, command)
  }

  private func flag(_ text: String) throws(UsageError) -> String {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": return "true"
    case "0", "f", "F", "false", "FALSE", "False": return "false"
    default: throw .invalidFlag(text, option: option, command)
    }
  }

  /// A number whose base its beginning tells, as in C and with `0b` and `0o` beside that.
  private func integer(_ text: String) throws(UsageError) -> Int64 {
    var digits = text.utf8[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
    let radix = OptionValue.radix(&digits)
    guard let number = try value(digits, radix, isNegative, text) else { throw invalid(text) }
    return number
  }

  private static func radix(_ digits: inout Substring.UTF8View) -> Int64 {
    guard digits.count > 1, digits.first == UInt8(ascii: "0") else { return 10 }
    digits.removeFirst()
    let radix: Int64
    switch digits.first {
    case UInt8(ascii: "x"), UInt8(ascii: "X"): radix = 16
    case UInt8(ascii: "b"), UInt8(ascii: "B"): radix = 2
    case UInt8(ascii: "o"), UInt8(ascii: "O"): radix = 8
    default: return 8
    }
    digits.removeFirst()
    return radix
  }

  /// The value of digits; nil when one of them is none.
  private func value(
    _ digits: Substring.UTF8View, _ radix: Int64, _ isNegative: Bool, _ text: String
  ) throws(UsageError) -> Int64? {
    guard !digits.isEmpty else { return nil }
    var total: Int64 = 0
    var isOutOfRange = false
    for byte in digits {
      guard let digit = OptionValue.digit(byte), digit < radix else { return nil }
      let (product, over) = total.multipliedReportingOverflow(by: radix)
      let (sum, beyond) = product.subtractingReportingOverflow(digit)
      if over || beyond { isOutOfRange = true }
      total = over || beyond ? 0 : sum
    }
    guard !isOutOfRange, isNegative || total != .min else { throw invalid(text, isOutOfRange: true) }
    return isNegative ? total : -total
  }

  private static func digit(_ byte: UInt8) -> Int64? {
    switch byte {
    case 48...57: Int64(byte) - 48
    case 65...70: Int64(byte) - 55
    case 97...102: Int64(byte) - 87
    default: nil
    }
  }
}
