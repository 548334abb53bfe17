extension Timestamp: CustomStringConvertible {
  /// The moment as RFC 3339 in UTC, with as many decimals as it needs, such as
  /// `2026-08-19T10:00:00.5Z`.
  public var description: String {
    let days = seconds.floorDivided(by: 86_400)
    // Not by way of `days`, whose product can lie below what a number of seconds can be.
    let clock = (seconds % 86_400 + 86_400) % 86_400
    let date = CivilDate(daysSince1970: days)
    return "\(date.year.padded(4))-\(date.month.padded(2))-\(date.day.padded(2))"
      + "T\((clock / 3600).padded(2)):\((clock / 60 % 60).padded(2)):\((clock % 60).padded(2))\(fraction)Z"
  }

  private var fraction: String {
    guard nanoseconds != 0 else { return "" }
    var digits = Int64(nanoseconds).padded(9)
    while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
    return "." + digits
  }

  /// Reads RFC 3339, with any offset; nil when the text is none.
  public init?(_ text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(4), scanner.skip("-"),
      let month = scanner.number(2), scanner.skip("-"), let day = scanner.number(2),
      scanner.skip("T") || scanner.skip("t"),
      let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2), scanner.skip(":"),
      let second = scanner.number(2), hour < 24, minute < 60, second <= 60,
      let nanoseconds = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd,
      let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    seconds = date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second - offset
    self.nanoseconds = nanoseconds
  }
}

/// A day of the Gregorian calendar, reckoned in years that begin in March so that the leap day is last.
private struct CivilDate {
  var year: Int64
  var month: Int64
  var day: Int64

  private static let daysOfEra: Int64 = 146_097
  private static let daysBefore1970: Int64 = 719_468

  init?(year: Int64, month: Int64, day: Int64) {
    guard (1...12).contains(month), day >= 1 else { return nil }
    self.year = year
    self.month = month
    self.day = day
    // A day that the month does not have comes back as one of the next month.
    let same = CivilDate(daysSince1970: daysSince1970)
    guard same.month == month, same.day == day else { return nil }
  }

  init(daysSince1970 days: Int64) {
    let shifted = days + CivilDate.daysBefore1970
    let era = shifted.floorDivided(by: CivilDate.daysOfEra)
    let dayOfEra = shifted - era * CivilDate.daysOfEra
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int64 {
    let marchYear = month <= 2 ? year - 1 : year
    let era = marchYear.floorDivided(by: 400)
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * CivilDate.daysOfEra + dayOfEra - CivilDate.daysBefore1970
  }
}

extension Int64 {
  fileprivate func floorDivided(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  fileprivate func padded(_ width: Int) -> String {
    let digits = UInt64(magnitude).decimal
    let zeros = String(repeating: "0", count: Swift.max(0, width - digits.utf8.count))
    return (self < 0 ? "-" : "") + zeros + digits
  }
}

/// Reads numbers of fixed width off the front of a text.
private struct DigitScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) {
    rest = Substring(text).utf8
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let first = rest.first, UInt32(first) == character.value else { return false }
    rest.removeFirst()
    return true
  }

  mutating func number(_ width: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<width {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  private mutating func digit() -> Int64? {
    guard let byte = rest.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
    rest.removeFirst()
    return Int64(byte - UInt8(ascii: "0"))
  }

  /// Nanoseconds; 0 without a fraction. Digits behind the ninth are dropped.
  mutating func fraction() -> UInt32? {
    guard skip(".") else { return 0 }
    guard var value = digit() else { return nil }
    var count = 1
    while let next = digit() {
      guard count < 9 else { continue }
      value = value * 10 + next
      count += 1
    }
    while count < 9 {
      value *= 10
      count += 1
    }
    return UInt32(value)
  }

  /// Seconds east of UTC.
  mutating func offset() -> Int64? {
    if skip("Z") || skip("z") { return 0 }
    let sign: Int64 = skip("-") ? -1 : 1
    guard sign < 0 || skip("+") else { return nil }
    guard let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else {
      return nil
    }
    return sign * (hours * 3600 + minutes * 60)
  }
}
