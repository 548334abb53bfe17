/// The text format of GVariant, as in `uint64 30000000`, `['a.service']` or `@a{sv} {}`.
///
/// All of the format is read but what D-Bus cannot carry: the maybe types and handles.
public enum GVariantText {
  /// What is wrong with a text, and at which byte.
  public struct Problem: Error, Equatable, Sendable {
    /// The place, in bytes from the begin.
    public var offset: Int
    /// What it is.
    public var reason: Reason

    /// The kinds of problems.
    public enum Reason: Equatable, Sendable {
      /// Something else has to stand here.
      case expected(String)
      /// The text ends too early.
      case ended
      /// More follows behind the value.
      case trailing
      /// Nothing tells the type, as that of the elements of an empty array.
      case untyped
      /// Values that have to be of one type are not.
      case mismatch
      /// A value that its type does not have.
      case value(type: String)
      /// An unknown type.
      case type(String)
      /// An escape in a text that there is not.
      case escape
      /// What D-Bus cannot carry.
      case unsupported(String)
      /// Nested too deeply.
      case tooDeep
    }

    init(_ offset: Int, _ reason: Reason) {
      self.offset = offset
      self.reason = reason
    }
  }

  /// How deep values may be nested.
  static let deepest = 32

  /// Reads a value.
  public static func parse(_ text: String) throws(Problem) -> PropertyValue {
    var reader = TermReader(bytes: Array(text.utf8))
    let term = try reader.term(depth: 0)
    try reader.end()
    let pattern = try term.pattern()
    guard let type = pattern.resolved else { throw Problem(term.offset, .untyped) }
    return try term.value(as: type)
  }

  /// The types that a word before a value gives it.
  static let words: [(word: String, type: PropertyType)] = [
    ("boolean", .boolean), ("byte", .byte), ("int16", .int16), ("uint16", .uint16), ("int32", .int32),
    ("uint32", .uint32), ("int64", .int64), ("uint64", .uint64), ("double", .double), ("string", .string),
    ("objectpath", .objectPath), ("signature", .signature),
  ]
}

/// A value as it is written, before its type is known.
struct Term {
  let offset: Int
  let kind: Kind

  indirect enum Kind {
    case number(String)
    case text(String)
    case bytes([UInt8])
    case boolean(Bool)
    case array([Term])
    case tuple([Term])
    /// Entries between braces: with colons a dictionary, with one comma an entry of its own.
    case dictionary([(key: Term, value: Term)])
    case entry(key: Term, value: Term)
    case variant(Term)
    case typed(PropertyType, Term)
  }

  init(_ offset: Int, _ kind: Kind) {
    self.offset = offset
    self.kind = kind
  }
}

/// Takes a text apart.
struct TermReader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func end() throws(GVariantText.Problem) {
    skipSpace()
    guard position == bytes.count else { throw problem(.trailing) }
  }

  func problem(_ reason: GVariantText.Problem.Reason) -> GVariantText.Problem {
    GVariantText.Problem(position, reason)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 32 || (9...13).contains(byte) { position += 1 }
  }

  private mutating func peek() -> UInt8? {
    skipSpace()
    return next
  }

  private mutating func accept(_ letter: UInt8) -> Bool {
    guard peek() == letter else { return false }
    position += 1
    return true
  }

  private mutating func require(_ letter: UInt8) throws(GVariantText.Problem) {
    guard let found = peek() else { throw problem(.ended) }
    guard found == letter else { throw problem(.expected(String(UnicodeScalar(letter)))) }
    position += 1
  }

  mutating func term(depth: Int) throws(GVariantText.Problem) -> Term {
    guard depth < GVariantText.deepest else { throw problem(.tooDeep) }
    guard let first = peek() else { throw problem(.ended) }
    let start = position
    switch first {
    case UInt8(ascii: "["): return Term(start, .array(try elements(UInt8(ascii: "]"), depth)))
    case UInt8(ascii: "("): return try tuple(start, depth)
    case UInt8(ascii: "{"): return try braces(start, depth)
    case UInt8(ascii: "<"):
      position += 1
      let inner = try term(depth: depth + 1)
      try require(UInt8(ascii: ">"))
      return Term(start, .variant(inner))
    case UInt8(ascii: "@"): return try annotated(start, depth)
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      var reader = QuotedReader(bytes: bytes, position: position)
      let text = try reader.text()
      position = reader.position
      return Term(start, .text(text))
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      return Term(start, .number(word()))
    default: return try worded(start, depth)
    }
  }

  /// What belongs to a number or a word.
  private mutating func word() -> String {
    let start = position
    while let byte = next {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        position += 1
      default: return String(decoding: bytes[start..<position], as: UTF8.self)
      }
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func worded(_ start: Int, _ depth: Int) throws(GVariantText.Problem) -> Term {
    if next == UInt8(ascii: "b"), position + 1 < bytes.count,
      bytes[position + 1] == UInt8(ascii: "'") || bytes[position + 1] == UInt8(ascii: "\"")
    {
      var reader = QuotedReader(bytes: bytes, position: position + 1)
      let content = try reader.bytestring()
      position = reader.position
      return Term(start, .bytes(content))
    }
    let word = word()
    switch word {
    case "true", "false": return Term(start, .boolean(word == "true"))
    case "inf", "nan": return Term(start, .number(word))
    case "just", "nothing", "handle": throw GVariantText.Problem(start, .unsupported(word))
    default:
      guard let type = GVariantText.words.first(where: { $0.word == word })?.type else {
        throw GVariantText.Problem(start, .expected("value"))
      }
      return Term(start, .typed(type, try term(depth: depth + 1)))
    }
  }

  /// `@`, a signature, and the value that has its type.
  private mutating func annotated(_ start: Int, _ depth: Int) throws(GVariantText.Problem) -> Term {
    position += 1
    guard let type = PropertyType.first(bytes, &position) else { throw problem(.type("@")) }
    return Term(start, .typed(type, try term(depth: depth + 1)))
  }

  /// Values between brackets, a comma behind each but the last.
  private mutating func elements(_ closing: UInt8, _ depth: Int) throws(GVariantText.Problem) -> [Term] {
    position += 1
    var terms: [Term] = []
    while !accept(closing) {
      if !terms.isEmpty { try require(UInt8(ascii: ",")) }
      terms.append(try term(depth: depth + 1))
    }
    return terms
  }

  /// Values between parentheses; that of one value has a comma behind it.
  private mutating func tuple(_ start: Int, _ depth: Int) throws(GVariantText.Problem) -> Term {
    position += 1
    var terms: [Term] = []
    while !accept(UInt8(ascii: ")")) {
      if terms.count > 1 { try require(UInt8(ascii: ",")) }
      terms.append(try term(depth: depth + 1))
      if terms.count == 1 { try require(UInt8(ascii: ",")) }
    }
    guard !terms.isEmpty else { throw GVariantText.Problem(start, .unsupported("()")) }
    return Term(start, .tuple(terms))
  }

  private mutating func braces(_ start: Int, _ depth: Int) throws(GVariantText.Problem) -> Term {
    position += 1
    if accept(UInt8(ascii: "}")) { return Term(start, .dictionary([])) }
    let key = try term(depth: depth + 1)
    if accept(UInt8(ascii: ",")) {
      let value = try term(depth: depth + 1)
      try require(UInt8(ascii: "}"))
      return Term(start, .entry(key: key, value: value))
    }
    try require(UInt8(ascii: ":"))
    var entries = [(key: key, value: try term(depth: depth + 1))]
    while !accept(UInt8(ascii: "}")) {
      try require(UInt8(ascii: ","))
      let key = try term(depth: depth + 1)
      try require(UInt8(ascii: ":"))
      entries.append((key, try term(depth: depth + 1)))
    }
    return Term(start, .dictionary(entries))
  }
}
