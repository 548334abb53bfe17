/// Writes a value as JSON text in UTF-8.
public struct JSONWriter: Sendable {
  /// How the text is laid out.
  public enum Layout: Sendable {
    /// No space at all.
    case compact
    /// One member a line, two spaces a level.
    case spaces
    /// One member a line, a tab a level.
    case tabs
  }

  /// What is written so far.
  public private(set) var bytes: [UInt8] = []

  private let layout: Layout
  private var level = 0

  /// Starts an empty text.
  public init(_ layout: Layout = .compact) {
    self.layout = layout
  }

  /// Writes one value.
  public mutating func write(_ value: JSON) {
    switch value {
    case .null: write(ascii: "null")
    case .bool(let flag): write(ascii: flag ? "true" : "false")
    case .integer(let number): write(ascii: number.decimal)
    case .unsigned(let number): write(ascii: number.decimal)
    // JSON has no infinity and no NaN; no document holds one either.
    case .real(let number): write(ascii: number.isFinite ? number.description : "null")
    case .string(let text): write(text: text)
    case .array(let elements): writeArray(elements)
    case .object(let members): writeObject(members)
    }
  }

  private mutating func writeArray(_ elements: [JSON]) {
    guard !elements.isEmpty else { return write(ascii: "[]") }
    open("[")
    for (index, element) in elements.enumerated() {
      separate(first: index == 0)
      write(element)
    }
    close("]")
  }

  private mutating func writeObject(_ members: [JSON.Member]) {
    guard !members.isEmpty else { return write(ascii: "{}") }
    open("{")
    for (index, member) in members.enumerated() {
      separate(first: index == 0)
      write(text: member.name)
      write(ascii: layout == .compact ? ":" : ": ")
      write(member.value)
    }
    close("}")
  }

  private mutating func open(_ bracket: String) {
    write(ascii: bracket)
    level += 1
  }

  private mutating func separate(first: Bool) {
    if !first { write(ascii: ",") }
    breakLine()
  }

  private mutating func close(_ bracket: String) {
    level -= 1
    breakLine()
    write(ascii: bracket)
  }

  private mutating func breakLine() {
    guard layout != .compact else { return }
    write(ascii: "\n")
    for _ in 0..<level {
      write(ascii: layout == .tabs ? "\t" : "  ")
    }
  }

  private mutating func write(ascii text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func write(text: String) {
    bytes.append(UInt8(ascii: "\""))
    if text.utf8.contains(where: JSONWriter.needsEscape) {
      write(escaping: text)
    } else {
      bytes.append(contentsOf: text.utf8)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
      || byte == laterControls
  }

  /// What U+0080 to U+00BF begin with. The first half of them are controls, which a terminal obeys.
  private static let laterControls: UInt8 = 0xC2

  private mutating func write(escaping text: String) {
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      guard byte == JSONWriter.laterControls, let next = bytes.next() else {
        write(escaping: byte)
        continue
      }
      if next < 0xA0 {
        write(ascii: "\\u00" + String(next, radix: 16))
      } else {
        self.bytes += [byte, next]
      }
    }
  }

  private mutating func write(escaping byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): write(ascii: "\\\"")
    case UInt8(ascii: "\\"): write(ascii: "\\\\")
    case UInt8(ascii: "\n"): write(ascii: "\\n")
    case UInt8(ascii: "\r"): write(ascii: "\\r")
    case UInt8(ascii: "\t"): write(ascii: "\\t")
    case 0..<0x20, 0x7F:
      let digits = String(byte, radix: 16)
      write(ascii: digits.utf8.count == 1 ? "\\u000" + digits : "\\u00" + digits)
    default: bytes.append(byte)
    }
  }
}

extension JSON {
  /// The value as text.
  public func text(_ layout: JSONWriter.Layout = .compact) -> [UInt8] {
    var writer = JSONWriter(layout)
    writer.write(self)
    return writer.bytes
  }
}
