import Domain

/// Unmarshals values: every byte is untrusted.
struct WireReader {
  private let bytes: ArraySlice<UInt8>
  private let isBigEndian: Bool
  /// From the begin of the message, by which values are aligned.
  private(set) var position: Int

  /// How deep values may be nested, variants included (D-Bus specification, "Valid Signatures").
  private static let deepest = 64

  /// Reads from an index of a message whose first byte is at index 0.
  init(_ bytes: ArraySlice<UInt8>, at position: Int, isBigEndian: Bool) {
    self.bytes = bytes
    self.position = position
    self.isBigEndian = isBigEndian
  }

  var isAtEnd: Bool { position >= bytes.endIndex }

  /// Skips padding, which has to be zero.
  mutating func align(_ size: Int) throws(WireError) {
    while position & (size - 1) != 0 {
      guard try byte() == 0 else { throw .padding(at: position - 1) }
    }
  }

  mutating func byte() throws(WireError) -> UInt8 {
    guard position < bytes.endIndex else { throw .truncated(at: position) }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func number(_ size: Int) throws(WireError) -> UInt64 {
    try align(size)
    var value: UInt64 = 0
    for index in 0..<size {
      let next = UInt64(try byte())
      value |= next << UInt64(8 * (isBigEndian ? size - 1 - index : index))
    }
    return value
  }

  mutating func uint32() throws(WireError) -> UInt32 {
    UInt32(truncatingIfNeeded: try number(4))
  }

  /// As many bytes, and the zero byte behind them.
  private mutating func text(_ length: Int) throws(WireError) -> ArraySlice<UInt8> {
    let start = position
    guard length < bytes.endIndex - position else { throw .truncated(at: start) }
    position += length + 1
    let text = bytes[start..<start + length]
    guard bytes[position - 1] == 0, !text.contains(0) else { throw .text(at: start) }
    return text
  }

  private mutating func string() throws(WireError) -> String {
    let start = position
    let length = Int(try uint32())
    guard let text = String(validating: try text(length), as: UTF8.self) else { throw .text(at: start) }
    return text
  }

  mutating func signature() throws(WireError) -> [PropertyType] {
    let start = position
    let text = try text(Int(try byte()))
    guard let types = PropertyType.list(Array(text)) else { throw .signature(at: start) }
    return types
  }

  /// One value of a type.
  mutating func value(_ type: PropertyType, depth: Int = 0) throws(WireError) -> PropertyValue {
    guard depth < WireReader.deepest else { throw .tooDeep(at: position) }
    switch type {
    case .byte: return .byte(try byte())
    case .boolean:
      let start = position
      let number = try uint32()
      guard number <= 1 else { throw .boolean(at: start) }
      return .boolean(number == 1)
    case .int16: return .int16(Int16(truncatingIfNeeded: try number(2)))
    case .uint16: return .uint16(UInt16(truncatingIfNeeded: try number(2)))
    case .int32: return .int32(Int32(truncatingIfNeeded: try number(4)))
    case .uint32: return .uint32(try uint32())
    case .int64: return .int64(Int64(bitPattern: try number(8)))
    case .uint64: return .uint64(try number(8))
    case .double: return .double(Double(bitPattern: try number(8)))
    case .string: return .string(try string())
    case .objectPath: return .objectPath(try path())
    case .signature: return .signature(try signature().map(\.signature).joined())
    case .array(let element): return .array(element, try elements(element, depth: depth + 1))
    case .structure(let members): return .structure(try list(members, depth: depth + 1))
    case .entry(let key, let inner):
      try align(8)
      return .entry(try value(key, depth: depth + 1), try value(inner, depth: depth + 1))
    case .variant:
      let start = position
      let types = try signature()
      guard types.count == 1 else { throw .signature(at: start) }
      return .variant(try value(types[0], depth: depth + 1))
    }
  }

  private mutating func path() throws(WireError) -> String {
    let start = position
    let text = try string()
    guard ObjectPath.isValid(Array(text.utf8)) else { throw .path(at: start) }
    return text
  }

  private mutating func list(_ members: [PropertyType], depth: Int) throws(WireError) -> [PropertyValue] {
    try align(8)
    var values: [PropertyValue] = []
    for member in members { values.append(try value(member, depth: depth)) }
    return values
  }

  /// Elements up to a length that was announced. None is of no bytes, so that their number is bounded by the
  /// message's own length.
  private mutating func elements(_ type: PropertyType, depth: Int) throws(WireError) -> [PropertyValue] {
    let start = position
    let length = Int(try uint32())
    try align(type.alignment)
    guard length <= bytes.endIndex - position else { throw .truncated(at: start) }
    let end = position + length
    var values: [PropertyValue] = []
    while position < end { values.append(try value(type, depth: depth)) }
    guard position == end else { throw .array(at: start) }
    return values
  }
}
