/// Reads what stands between quotation marks in the text format of GVariant.
struct QuotedReader {
  let bytes: [UInt8]
  /// At the opening mark, then behind the closing one.
  var position: Int

  private func problem(_ reason: GVariantText.Problem.Reason) -> GVariantText.Problem {
    GVariantText.Problem(position, reason)
  }

  private mutating func take() throws(GVariantText.Problem) -> UInt8 {
    guard position < bytes.count else { throw problem(.ended) }
    position += 1
    return bytes[position - 1]
  }

  /// A text: `\u` and `\U` with four and eight digits, the usual letters, and any other character itself.
  mutating func text() throws(GVariantText.Problem) -> String {
    let quote = try take()
    var result: [UInt8] = []
    while true {
      let byte = try take()
      if byte == quote { break }
      if byte == UInt8(ascii: "\\") { try escape(&result) } else { result.append(byte) }
    }
    // D-Bus ends texts by a zero byte.
    guard !result.contains(0) else { throw problem(.escape) }
    return String(decoding: result, as: UTF8.self)
  }

  private mutating func escape(_ result: inout [UInt8]) throws(GVariantText.Problem) {
    let byte = try take()
    switch byte {
    case UInt8(ascii: "u"): try scalar(digits: 4, &result)
    case UInt8(ascii: "U"): try scalar(digits: 8, &result)
    case UInt8(ascii: "\n"): break
    default: result.append(QuotedReader.letter(byte) ?? byte)
    }
  }

  private mutating func scalar(digits: Int, _ result: inout [UInt8]) throws(GVariantText.Problem) {
    var number: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = QuotedReader.hexadecimal(try take()) else { throw problem(.escape) }
      number = number << 4 | UInt32(digit)
    }
    guard let scalar = UnicodeScalar(number), number != 0 else { throw problem(.escape) }
    result += Array(String(scalar).utf8)
  }

  /// A bytestring: `\NNN` with up to three octal digits, the usual letters; a zero byte is added.
  mutating func bytestring() throws(GVariantText.Problem) -> [UInt8] {
    let quote = try take()
    var result: [UInt8] = []
    while true {
      let byte = try take()
      if byte == quote { break }
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      let escaped = try take()
      if let digit = QuotedReader.octal(escaped) {
        result.append(try octal(after: digit))
      } else if escaped != UInt8(ascii: "\n") {
        result.append(QuotedReader.letter(escaped) ?? escaped)
      }
    }
    return result + [0]
  }

  private mutating func octal(after first: UInt8) throws(GVariantText.Problem) -> UInt8 {
    var number = UInt32(first)
    for _ in 0..<2 {
      guard position < bytes.count, let digit = QuotedReader.octal(bytes[position]) else { break }
      number = number << 3 | UInt32(digit)
      position += 1
    }
    guard let byte = UInt8(exactly: number) else { throw problem(.escape) }
    return byte
  }

  private static func octal(_ byte: UInt8) -> UInt8? {
    (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) ? byte - UInt8(ascii: "0") : nil
  }

  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// The control characters that have letters.
  private static func letter(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "a"): 7
    case UInt8(ascii: "b"): 8
    case UInt8(ascii: "t"): 9
    case UInt8(ascii: "n"): 10
    case UInt8(ascii: "v"): 11
    case UInt8(ascii: "f"): 12
    case UInt8(ascii: "r"): 13
    default: nil
    }
  }
}
