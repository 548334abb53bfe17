/// Numbers in the text of control files.
///
/// What does not read as expected is passed over: a later kernel may say more, and nothing that a file says may
/// end the runtime.
enum KernelText {
  /// A decimal number; nil when there is any other byte, or more than 64 bits.
  static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard !digits.isEmpty else { return nil }
    var number: UInt64 = 0
    for digit in digits {
      guard digit >= 48, digit <= 57 else { return nil }
      let (tenfold, isBeyond) = number.multipliedReportingOverflow(by: 10)
      let (sum, isFull) = tenfold.addingReportingOverflow(UInt64(digit &- 48))
      guard !isBeyond, !isFull else { return nil }
      number = sum
    }
    return number
  }

  /// A decimal number with or without a minus sign.
  static func signed(_ text: ArraySlice<UInt8>) -> Int64? {
    guard text.first == UInt8(ascii: "-") else { return number(text).flatMap { Int64(exactly: $0) } }
    return number(text.dropFirst()).flatMap { Int64(exactly: $0) }.map { 0 &- $0 }
  }

  /// The number that a whole file is; `max` is the largest of all.
  static func value(_ bytes: [UInt8]?) -> UInt64? {
    guard let bytes else { return nil }
    let text = trimmed(bytes[...])
    return equals(text, "max") ? UInt64.max : number(text)
  }

  /// A product that stays at the largest number rather than beginning again.
  static func product(_ number: UInt64, _ factor: UInt64) -> UInt64 {
    let (product, isBeyond) = number.multipliedReportingOverflow(by: factor)
    return isBeyond ? UInt64.max : product
  }

  /// A sum that stays at the largest number.
  static func sum(_ first: UInt64, _ second: UInt64) -> UInt64 {
    let (sum, isBeyond) = first.addingReportingOverflow(second)
    return isBeyond ? UInt64.max : sum
  }

  /// The lines that are not empty.
  static func lines(_ bytes: [UInt8]?) -> [ArraySlice<UInt8>] {
    (bytes ?? []).split(separator: UInt8(ascii: "\n"))
  }

  /// The words of a line.
  static func words(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  /// The lines `key number` of a file.
  static func pairs(_ bytes: [UInt8]?) -> [(key: String, number: UInt64)] {
    var pairs: [(key: String, number: UInt64)] = []
    for line in lines(bytes) {
      let words = words(line)
      guard words.count == 2, let number = number(words[1]) else { continue }
      pairs.append((text(words[0]), number))
    }
    return pairs
  }

  /// The parts of `key=number` among words; `max` is the largest number.
  static func assignments(_ words: ArraySlice<ArraySlice<UInt8>>) -> [(key: String, number: UInt64)] {
    words.compactMap { word in
      guard let equals = word.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      guard let number = value(Array(word[(equals + 1)...])) else { return nil }
      return (text(word[..<equals]), number)
    }
  }

  /// `major:minor`.
  static func device(_ word: ArraySlice<UInt8>) -> (major: UInt64, minor: UInt64)? {
    guard let colon = word.firstIndex(of: UInt8(ascii: ":")), let major = number(word[..<colon]),
      let minor = number(word[(colon + 1)...])
    else { return nil }
    return (major, minor)
  }

  static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  static func equals(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
    bytes.elementsEqual(String(describing: text).utf8)
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes
    while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: " ") {
      bytes.removeLast()
    }
    while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
    return bytes
  }
}
