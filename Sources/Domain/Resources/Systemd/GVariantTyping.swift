/// What is known of a value's type before it is decided.
indirect enum TypePattern: Equatable {
  /// Nothing.
  case any
  /// A number without a fraction: of any numeric type, and an `int32` where nothing else is known.
  case integer
  /// A number with a fraction: a `double`.
  case real
  /// A text: a string, and also an object path or a signature.
  case text
  case exact(PropertyType)
  case array(TypePattern)
  case tuple([TypePattern])
  case entry(TypePattern, TypePattern)

  /// The type; nil when too little is known.
  var resolved: PropertyType? {
    switch self {
    case .any: return nil
    case .integer: return .int32
    case .real: return .double
    case .text: return .string
    case .exact(let type): return type
    case .array(let element): return element.resolved.map { .array($0) }
    case .tuple(let members):
      let types = members.compactMap(\.resolved)
      return types.count == members.count ? .structure(types) : nil
    case .entry(let key, let value):
      guard let key = key.resolved, let value = value.resolved else { return nil }
      return .entry(key, value)
    }
  }

  /// The same knowledge with every part of a type taken apart.
  private var opened: TypePattern {
    guard case .exact(let type) = self else { return self }
    switch type {
    case .array(let element): return .array(.exact(element))
    case .structure(let members): return .tuple(members.map { .exact($0) })
    case .entry(let key, let value): return .entry(.exact(key), .exact(value))
    default: return self
    }
  }

  /// What is known of a value that both speak of; nil when they contradict each other.
  func joined(_ other: TypePattern) -> TypePattern? {
    switch (opened, other.opened) {
    case (.any, let pattern), (let pattern, .any): return pattern
    case (.integer, .integer): return .integer
    case (.real, .real), (.integer, .real), (.real, .integer): return .real
    case (.text, .text): return .text
    case (.exact(let type), .exact(let other)): return type == other ? .exact(type) : nil
    case (.integer, .exact(let type)), (.exact(let type), .integer):
      return type.isNumeric ? .exact(type) : nil
    case (.real, .exact(.double)), (.exact(.double), .real): return .exact(.double)
    case (.text, .exact(let type)), (.exact(let type), .text): return type.isText ? .exact(type) : nil
    case (.array(let element), .array(let other)): return element.joined(other).map { .array($0) }
    case (.entry(let key, let value), .entry(let otherKey, let otherValue)):
      guard let key = key.joined(otherKey), let value = value.joined(otherValue) else { return nil }
      return .entry(key, value)
    case (.tuple(let members), .tuple(let others)):
      guard members.count == others.count else { return nil }
      let joined = zip(members, others).compactMap { $0.joined($1) }
      return joined.count == members.count ? .tuple(joined) : nil
    default: return nil
    }
  }
}

extension PropertyType {
  fileprivate var isText: Bool { self == .string || self == .objectPath || self == .signature }

  fileprivate var isNumeric: Bool {
    switch self {
    case .byte, .int16, .uint16, .int32, .uint32, .int64, .uint64, .double: true
    default: false
    }
  }
}

extension Term {
  /// What the text tells of the value's type.
  func pattern() throws(GVariantText.Problem) -> TypePattern {
    switch kind {
    case .number(let text): return Term.isReal(text) ? .real : .integer
    case .text: return .text
    case .bytes: return .exact(.array(.byte))
    case .boolean: return .exact(.boolean)
    case .variant: return .exact(.variant)
    case .typed(let type, _): return .exact(type)
    case .array(let terms): return .array(try common(terms))
    case .tuple(let terms):
      var patterns: [TypePattern] = []
      for term in terms { patterns.append(try term.pattern()) }
      return .tuple(patterns)
    case .entry(let key, let value): return .entry(try key.pattern(), try value.pattern())
    case .dictionary(let entries):
      return .array(.entry(try common(entries.map(\.key)), try common(entries.map(\.value))))
    }
  }

  private func common(_ terms: [Term]) throws(GVariantText.Problem) -> TypePattern {
    var pattern = TypePattern.any
    for term in terms {
      guard let joined = pattern.joined(try term.pattern()) else {
        throw GVariantText.Problem(term.offset, .mismatch)
      }
      pattern = joined
    }
    return pattern
  }

  private static func isReal(_ text: String) -> Bool {
    if text.utf8.contains(UInt8(ascii: ".")) { return true }
    let bytes = Array(text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") })
    if bytes.elementsEqual("inf".utf8) || bytes.elementsEqual("nan".utf8) { return true }
    let isHexadecimal =
      bytes.count > 1 && bytes[0] == UInt8(ascii: "0") && bytes[1] | 0x20 == UInt8(ascii: "x")
    return !isHexadecimal && bytes.contains { $0 | 0x20 == UInt8(ascii: "e") }
  }

  /// The value, of this type.
  func value(as type: PropertyType) throws(GVariantText.Problem) -> PropertyValue {
    switch (kind, type) {
    case (.typed(let own, let term), _):
      guard own == type else { throw GVariantText.Problem(offset, .mismatch) }
      return try term.value(as: own)
    case (.boolean(let flag), .boolean): return .boolean(flag)
    case (.number(let text), _): return try number(text, type)
    case (.text(let text), _): return try self.text(text, type)
    case (.bytes(let bytes), .array(.byte)): return .bytes(bytes)
    case (.variant(let term), .variant):
      guard let inner = try term.pattern().resolved else { throw GVariantText.Problem(term.offset, .untyped) }
      return .variant(try term.value(as: inner))
    case (.array(let terms), .array(let element)):
      var values: [PropertyValue] = []
      for term in terms { values.append(try term.value(as: element)) }
      return .array(element, values)
    case (.tuple(let terms), .structure(let types)) where terms.count == types.count:
      var values: [PropertyValue] = []
      for (index, term) in terms.enumerated() { values.append(try term.value(as: types[index])) }
      return .structure(values)
    case (.dictionary(let entries), .array(.entry(let key, let value))):
      var values: [PropertyValue] = []
      for entry in entries {
        values.append(.entry(try entry.key.value(as: key), try entry.value.value(as: value)))
      }
      return .array(.entry(try checked(key), value), values)
    case (.entry, _): throw GVariantText.Problem(offset, .unsupported("{}"))
    default: throw GVariantText.Problem(offset, .value(type: type.signature))
    }
  }

  private func checked(_ key: PropertyType) throws(GVariantText.Problem) -> PropertyType {
    guard key.isBasic else { throw GVariantText.Problem(offset, .type(key.signature)) }
    return key
  }

  private func text(_ text: String, _ type: PropertyType) throws(GVariantText.Problem) -> PropertyValue {
    switch type {
    case .string: return .string(text)
    case .objectPath where ObjectPath.isValid(Array(text.utf8)): return .objectPath(text)
    case .signature where PropertyType.list(Array(text.utf8)) != nil: return .signature(text)
    default: throw GVariantText.Problem(offset, .value(type: type.signature))
    }
  }

  private func number(_ text: String, _ type: PropertyType) throws(GVariantText.Problem) -> PropertyValue {
    let value: PropertyValue? =
      switch type {
      case .byte: whole(text).map { .byte($0) }
      case .int16: whole(text).map { .int16($0) }
      case .uint16: whole(text).map { .uint16($0) }
      case .int32: whole(text).map { .int32($0) }
      case .uint32: whole(text).map { .uint32($0) }
      case .int64: whole(text).map { .int64($0) }
      case .uint64: whole(text).map { .uint64($0) }
      case .double: Double(text).map { .double($0) }
      default: nil
      }
    guard let value else { throw GVariantText.Problem(offset, .value(type: type.signature)) }
    return value
  }

  /// As C writes whole numbers: decimal, hexadecimal behind `0x`, octal behind `0`.
  private func whole<Number: FixedWidthInteger>(_ text: String) -> Number? {
    var digits = text.utf8[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    var radix = 10
    if digits.count > 1, digits.first == UInt8(ascii: "0") {
      digits = digits.dropFirst()
      radix = 8
      if digits.first.map({ $0 | 0x20 }) == UInt8(ascii: "x") {
        digits = digits.dropFirst()
        radix = 16
      }
    }
    guard let first = digits.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
    return Number((isNegative ? "-" : "") + String(Substring(digits)), radix: radix)
  }
}

/// Names of objects on a bus.
public enum ObjectPath {
  /// Whether bytes are a path: components of letters, digits and underscores behind slashes (D-Bus
  /// specification, "Valid Object Paths").
  public static func isValid(_ bytes: [UInt8]) -> Bool {
    guard bytes.first == UInt8(ascii: "/") else { return false }
    if bytes.count == 1 { return true }
    var previous = UInt8(ascii: "/")
    for byte in bytes.dropFirst() {
      switch byte {
      case UInt8(ascii: "/"): if previous == byte { return false }
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        break
      default: return false
      }
      previous = byte
    }
    return previous != UInt8(ascii: "/")
  }
}
