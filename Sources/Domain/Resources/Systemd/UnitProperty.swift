/// A value of D-Bus.
public indirect enum PropertyValue: Equatable, Sendable {
  /// `y`
  case byte(UInt8)
  /// `b`
  case boolean(Bool)
  /// `n`
  case int16(Int16)
  /// `q`
  case uint16(UInt16)
  /// `i`
  case int32(Int32)
  /// `u`
  case uint32(UInt32)
  /// `x`
  case int64(Int64)
  /// `t`
  case uint64(UInt64)
  /// `d`
  case double(Double)
  /// `s`, without a zero byte.
  case string(String)
  /// `o`
  case objectPath(String)
  /// `g`
  case signature(String)
  /// Elements of one type.
  case array(PropertyType, [PropertyValue])
  /// Members in order.
  case structure([PropertyValue])
  /// A key and its value.
  case entry(PropertyValue, PropertyValue)
  /// A value that brings its type along.
  case variant(PropertyValue)

  /// The type.
  public var type: PropertyType {
    switch self {
    case .byte: .byte
    case .boolean: .boolean
    case .int16: .int16
    case .uint16: .uint16
    case .int32: .int32
    case .uint32: .uint32
    case .int64: .int64
    case .uint64: .uint64
    case .double: .double
    case .string: .string
    case .objectPath: .objectPath
    case .signature: .signature
    case .array(let element, _): .array(element)
    case .structure(let members): .structure(members.map(\.type))
    case .entry(let key, let value): .entry(key.type, value.type)
    case .variant: .variant
    }
  }

  /// An array of texts.
  public static func strings(_ texts: [String]) -> PropertyValue {
    .array(.string, texts.map { .string($0) })
  }

  /// An array of bytes.
  public static func bytes(_ bytes: [UInt8]) -> PropertyValue {
    .array(.byte, bytes.map { .byte($0) })
  }
}

/// One property of a unit, as it is set.
public struct UnitProperty: Equatable, Sendable {
  /// The name, such as `MemoryMax`.
  public var name: String
  /// The value.
  public var value: PropertyValue

  /// Makes a property.
  public init(_ name: String, _ value: PropertyValue) {
    self.name = name
    self.value = value
  }
}

/// The version of a host's systemd, which decides what properties there are.
public struct SystemdVersion: Equatable, Sendable {
  /// The number, such as 257; the largest stands for one that is not known.
  public var number: UInt32

  /// Names a version.
  public init(_ number: UInt32) { self.number = number }

  /// Reads the property `Version` of the manager: `257.7-1`, `v252.5` or `systemd 239 (239-82.el8)`. What is
  /// not understood is taken for a recent one.
  public init(text: String) {
    let digits = text.utf8.drop { !(48...57).contains($0) }.prefix { (48...57).contains($0) }
    number = UInt32(Substring(digits)) ?? UInt32.max
  }
}
