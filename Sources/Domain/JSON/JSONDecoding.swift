/// Readers for the simple types. Each either gives the value or says what stands there instead.
extension JSON {
  /// A text that can become a path or an argument.
  static func text(_ value: JSON) throws(DecodingError) -> String {
    let text = try freeText(value)
    guard !text.utf8.contains(0) else { throw DecodingError(.holdsNUL) }
    return text
  }

  /// A text that is only passed on.
  static func freeText(_ value: JSON) throws(DecodingError) -> String {
    guard case .string(let text) = value else { throw value.mismatch(.string) }
    return text
  }

  /// A boolean.
  static func flag(_ value: JSON) throws(DecodingError) -> Bool {
    guard case .bool(let flag) = value else { throw value.mismatch(.boolean) }
    return flag
  }

  /// A list of texts.
  static func texts(_ value: JSON) throws(DecodingError) -> [String] {
    try value.elements(JSON.text)
  }

  /// An integer that the type can hold.
  static func integer<Number: FixedWidthInteger & SendableMetatype>(_ value: JSON) throws(DecodingError)
    -> Number
  {
    let exact: Number?
    switch value {
    case .integer(let number): exact = Number(exactly: number)
    case .unsigned(let number): exact = Number(exactly: number)
    default: throw value.mismatch(.integer)
    }
    guard let exact else {
      throw DecodingError(
        .outOfRange(found: value.digits, minimum: String(Number.min), maximum: String(Number.max)))
    }
    return exact
  }

  /// A word of a closed list, which `name` calls by name.
  static func word<Word: RawRepresentable & SendableMetatype>(
    _ value: JSON, _ name: String
  ) throws(DecodingError) -> Word where Word.RawValue == String {
    let text = try freeText(value)
    guard let word = Word(bytewise: text) else { throw DecodingError(.unknownValue(found: text, name: name)) }
    return word
  }

  /// The error of a value that is of another type than `expected`.
  func mismatch(_ expected: Kind) -> DecodingError {
    DecodingError(.wrongType(expected: expected, found: kind))
  }

  private var digits: String {
    switch self {
    case .integer(let number): String(number)
    case .unsigned(let number): String(number)
    default: ""
    }
  }
}

/// Ways into objects and arrays. A failure takes the place's name along while it unwinds.
extension JSON {
  /// The members; an error when this is no object.
  func members() throws(DecodingError) -> [Member] {
    guard case .object(let members) = self else { throw mismatch(.object) }
    return members
  }

  /// Fails unless this is an object.
  func mustBeObject() throws(DecodingError) {
    guard case .object = self else { throw mismatch(.object) }
  }

  /// All elements of an array.
  func elements<Value>(
    _ read: (JSON) throws(DecodingError) -> Value
  ) throws(DecodingError) -> [Value] {
    guard case .array(let elements) = self else { throw mismatch(.array) }
    var values: [Value] = []
    values.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      do throws(DecodingError) { values.append(try read(element)) } catch { throw error.inside(index) }
    }
    return values
  }

  /// A property; nil when it is absent or null.
  func optional<Value>(
    _ name: String, _ read: (JSON) throws(DecodingError) -> Value
  ) throws(DecodingError) -> Value? {
    guard let value = self[name] else { return nil }
    do throws(DecodingError) { return try read(value) } catch { throw error.inside(name) }
  }

  /// A property that must be there.
  func required<Value>(
    _ name: String, _ read: (JSON) throws(DecodingError) -> Value
  ) throws(DecodingError) -> Value {
    try mustBeObject()
    guard let value = try optional(name, read) else { throw DecodingError(.missing).inside(name) }
    return value
  }

  /// A list; empty when the property is absent or null.
  func list<Value>(
    _ name: String, _ read: (JSON) throws(DecodingError) -> Value
  ) throws(DecodingError) -> [Value] {
    try optional(name) { value throws(DecodingError) in try value.elements(read) } ?? []
  }

  /// A text property that asks nothing when it is empty.
  func filledText(_ name: String) throws(DecodingError) -> String? {
    guard let text = try optional(name, JSON.text), !text.isEmpty else { return nil }
    return text
  }

  /// A number property that asks nothing when it is zero.
  func filledInteger<Number: FixedWidthInteger & SendableMetatype>(_ name: String) throws(DecodingError)
    -> Number?
  {
    guard let number: Number = try optional(name, JSON.integer), number != 0 else { return nil }
    return number
  }

  /// An object whose property names are free: the last of duplicates counts, null is no entry.
  func entries<Value>(
    _ read: (JSON) throws(DecodingError) -> Value
  ) throws(DecodingError) -> [(name: String, value: Value)] {
    var entries: [(name: String, value: Value)] = []
    var names = NameIndex()
    for member in try members() where member.value != .null {
      let value: Value
      do throws(DecodingError) { value = try read(member.value) } catch { throw error.inside(member.name) }
      if let place = names.remember(member.name) {
        entries[place].value = value
      } else {
        entries.append((member.name, value))
      }
    }
    return entries
  }

  /// Whether anything is asked: not null, false, zero, an empty text, or a container of only such values.
  var asksSomething: Bool {
    switch self {
    case .null: false
    case .bool(let flag): flag
    case .integer(let number): number != 0
    case .unsigned(let number): number != 0
    case .real(let number): number != 0
    case .string(let text): !text.isEmpty
    case .array(let elements): elements.contains { $0.asksSomething }
    case .object(let members): members.contains { $0.value.asksSomething }
    }
  }
}
