/// A type of D-Bus, of which all properties of units are. Descriptors are left out: none is ever passed.
public indirect enum PropertyType: Equatable, Sendable {
  /// `y`
  case byte
  /// `b`
  case boolean
  /// `n`
  case int16
  /// `q`
  case uint16
  /// `i`
  case int32
  /// `u`
  case uint32
  /// `x`
  case int64
  /// `t`
  case uint64
  /// `d`
  case double
  /// `s`
  case string
  /// `o`
  case objectPath
  /// `g`
  case signature
  /// `a`, and the type of the elements.
  case array(PropertyType)
  /// Members between parentheses; at least one.
  case structure([PropertyType])
  /// Key and value between braces; an array's elements only, and the key is of a basic type.
  case entry(PropertyType, PropertyType)
  /// `v`
  case variant

  /// How deep arrays may be nested, and structures likewise (D-Bus specification, "Valid Signatures").
  public static let deepest = 32
  /// The longest signature.
  public static let longestSignature = 255

  /// The basic types by their letters.
  private static let letters: [(letter: UInt8, type: PropertyType)] = [
    (UInt8(ascii: "y"), .byte), (UInt8(ascii: "b"), .boolean), (UInt8(ascii: "n"), .int16),
    (UInt8(ascii: "q"), .uint16), (UInt8(ascii: "i"), .int32), (UInt8(ascii: "u"), .uint32),
    (UInt8(ascii: "x"), .int64), (UInt8(ascii: "t"), .uint64), (UInt8(ascii: "d"), .double),
    (UInt8(ascii: "s"), .string), (UInt8(ascii: "o"), .objectPath), (UInt8(ascii: "g"), .signature),
  ]

  /// Whether it can be the key of a dictionary.
  public var isBasic: Bool {
    switch self {
    case .array, .structure, .entry, .variant: false
    default: true
    }
  }

  /// The type as a signature, such as `a(ss)`.
  public var signature: String {
    switch self {
    case .array(let element): "a" + element.signature
    case .structure(let members): "(" + members.map(\.signature).joined() + ")"
    case .entry(let key, let value): "{" + key.signature + value.signature + "}"
    case .variant: "v"
    default:
      PropertyType.letters.first { $0.type == self }.map { String(UnicodeScalar($0.letter)) } ?? ""
    }
  }

  /// The types of a signature, one after the other; nil when it is none.
  public static func list(_ signature: [UInt8]) -> [PropertyType]? {
    guard signature.count <= longestSignature else { return nil }
    var reader = SignatureReader(bytes: signature)
    var types: [PropertyType] = []
    while reader.position < signature.count {
      guard let type = reader.type(arrays: 0, structures: 0) else { return nil }
      types.append(type)
    }
    return types
  }

  /// The one type that begins at a position, which moves behind it; nil when there is none.
  static func first(_ signature: [UInt8], _ position: inout Int) -> PropertyType? {
    var reader = SignatureReader(bytes: signature, position: position)
    guard let type = reader.type(arrays: 0, structures: 0), reader.position - position <= longestSignature
    else { return nil }
    position = reader.position
    return type
  }

  fileprivate static func basic(_ letter: UInt8) -> PropertyType? {
    letters.first { $0.letter == letter }?.type
  }
}

/// Reads the types of a signature.
private struct SignatureReader {
  let bytes: [UInt8]
  var position = 0

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func type(arrays: Int, structures: Int) -> PropertyType? {
    guard let letter = next else { return nil }
    position += 1
    switch letter {
    case UInt8(ascii: "v"): return .variant
    case UInt8(ascii: "a"):
      guard arrays < PropertyType.deepest else { return nil }
      return element(arrays: arrays + 1, structures: structures).map { .array($0) }
    case UInt8(ascii: "("):
      guard structures < PropertyType.deepest else { return nil }
      return structure(arrays: arrays, structures: structures + 1)
    default: return PropertyType.basic(letter)
    }
  }

  private mutating func element(arrays: Int, structures: Int) -> PropertyType? {
    guard next == UInt8(ascii: "{") else { return type(arrays: arrays, structures: structures) }
    guard structures < PropertyType.deepest else { return nil }
    position += 1
    guard let key = type(arrays: arrays, structures: structures + 1), key.isBasic,
      let value = type(arrays: arrays, structures: structures + 1), next == UInt8(ascii: "}")
    else { return nil }
    position += 1
    return .entry(key, value)
  }

  private mutating func structure(arrays: Int, structures: Int) -> PropertyType? {
    var members: [PropertyType] = []
    while next != UInt8(ascii: ")") {
      guard let member = type(arrays: arrays, structures: structures) else { return nil }
      members.append(member)
    }
    position += 1
    return members.isEmpty ? nil : .structure(members)
  }
}
