import Domain

/// Marshals values in little-endian order (D-Bus specification, "Marshaling (Wire Format)").
struct WireWriter {
  private(set) var bytes: [UInt8] = []

  /// Fills up to a multiple of a power of two.
  mutating func align(_ size: Int) {
    while bytes.count & (size - 1) != 0 { bytes.append(0) }
  }

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  mutating func number(_ value: UInt64, size: Int) {
    align(size)
    for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }

  mutating func uint32(_ value: Int) { number(UInt64(truncatingIfNeeded: value), size: 4) }

  private mutating func text(_ text: String) {
    uint32(text.utf8.count)
    bytes += Array(text.utf8)
    bytes.append(0)
  }

  private mutating func signature(_ text: String) {
    bytes.append(UInt8(truncatingIfNeeded: text.utf8.count))
    bytes += Array(text.utf8)
    bytes.append(0)
  }

  /// One value. A signature that is longer than the wire can carry is the caller's mistake, and refused by
  /// the receiver.
  mutating func value(_ value: PropertyValue) {
    switch value {
    case .byte(let number): byte(number)
    case .boolean(let flag): number(flag ? 1 : 0, size: 4)
    case .int16(let value): number(UInt64(UInt16(bitPattern: value)), size: 2)
    case .uint16(let value): number(UInt64(value), size: 2)
    case .int32(let value): number(UInt64(UInt32(bitPattern: value)), size: 4)
    case .uint32(let value): number(UInt64(value), size: 4)
    case .int64(let value): number(UInt64(bitPattern: value), size: 8)
    case .uint64(let value): number(value, size: 8)
    case .double(let value): number(value.bitPattern, size: 8)
    case .string(let text), .objectPath(let text): self.text(text)
    case .signature(let text): signature(text)
    case .array(let element, let values): array(element, values)
    case .structure(let members):
      align(8)
      for member in members { self.value(member) }
    case .entry(let key, let inner):
      align(8)
      self.value(key)
      self.value(inner)
    case .variant(let inner):
      signature(inner.type.signature)
      self.value(inner)
    }
  }

  /// The length counts from the first element, the padding before it not included.
  private mutating func array(_ element: PropertyType, _ values: [PropertyValue]) {
    uint32(0)
    let place = bytes.count - 4
    align(element.alignment)
    let start = bytes.count
    for value in values { self.value(value) }
    let length = bytes.count - start
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
  }

  mutating func append(_ other: [UInt8]) { bytes += other }
}

extension PropertyType {
  /// The multiple at which a value begins.
  var alignment: Int {
    switch self {
    case .byte, .signature, .variant: 1
    case .int16, .uint16: 2
    case .boolean, .int32, .uint32, .string, .objectPath, .array: 4
    case .int64, .uint64, .double, .structure, .entry: 8
    }
  }
}
