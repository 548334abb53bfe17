/// A request to the kernel over netlink: a header, a fixed structure, and attributes.
struct NetlinkMessage {
  private(set) var bytes: [UInt8] = []

  /// Begins a message; `sequence` is what the answer is told apart by.
  init(type: UInt16, flags: UInt16, sequence: UInt32) {
    bytes.reserveCapacity(256)
    append(UInt32(0))
    append(type)
    append(flags)
    append(sequence)
    append(UInt32(0))
  }

  /// Appends a number in the machine's order.
  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  /// Appends an attribute, padded to 4 bytes.
  mutating func attribute(_ type: UInt16, _ payload: some Collection<UInt8>) {
    append(UInt16(truncatingIfNeeded: 4 + payload.count))
    append(type)
    bytes.append(contentsOf: payload)
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  /// Appends an attribute of one number.
  mutating func attribute(_ type: UInt16, number: UInt32) {
    attribute(type, withUnsafeBytes(of: number) { Array($0) })
  }

  /// Appends an attribute of text, ended by a zero byte.
  mutating func attribute(_ type: UInt16, text: String) {
    attribute(type, Array(text.utf8) + [0])
  }

  /// The message with its length.
  var finished: [UInt8] {
    var bytes = bytes
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count)) { length in
      for index in 0..<4 { bytes[index] = length[index] }
    }
    return bytes
  }
}

/// One message of an answer.
struct NetlinkAnswer {
  /// `NLMSG_…` or `RTM_…`.
  let type: UInt16
  /// Which request it answers.
  let sequence: UInt32
  /// What stands behind the header.
  let payload: ArraySlice<UInt8>

  /// The messages of a datagram. What is cut short ends the list.
  static func all(in datagram: [UInt8]) -> [NetlinkAnswer] {
    var answers: [NetlinkAnswer] = []
    var rest = datagram[...]
    while let length = number(UInt32.self, rest, at: 0), length >= 16, Int(length) <= rest.count,
      let type = number(UInt16.self, rest, at: 4), let sequence = number(UInt32.self, rest, at: 8)
    {
      let end = rest.startIndex + Int(length)
      answers.append(
        NetlinkAnswer(type: type, sequence: sequence, payload: rest[(rest.startIndex + 16)..<end]))
      rest = rest[Swift.min(rest.startIndex + (Int(length) + 3) & ~3, rest.endIndex)...]
    }
    return answers
  }

  /// A number of the payload; nil beyond its end.
  func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number? {
    NetlinkAnswer.number(type, payload, at: offset)
  }

  /// The attributes behind a structure of `size` bytes.
  func attributes(behind size: Int) -> [(type: UInt16, value: ArraySlice<UInt8>)] {
    var attributes: [(type: UInt16, value: ArraySlice<UInt8>)] = []
    guard payload.count >= size else { return [] }
    var rest = payload[(payload.startIndex + size)...]
    while let length = NetlinkAnswer.number(UInt16.self, rest, at: 0), length >= 4,
      Int(length) <= rest.count, let type = NetlinkAnswer.number(UInt16.self, rest, at: 2)
    {
      // The two highest bits speak of the order of bytes and of nesting.
      attributes.append(
        (type & 0x3FFF, rest[(rest.startIndex + 4)..<(rest.startIndex + Int(length))]))
      rest = rest[Swift.min(rest.startIndex + (Int(length) + 3) & ~3, rest.endIndex)...]
    }
    return attributes
  }

  /// A number in the machine's order; nil beyond the end.
  static func number<Number: FixedWidthInteger>(
    _ type: Number.Type, _ bytes: ArraySlice<UInt8>, at offset: Int
  ) -> Number? {
    let size = MemoryLayout<Number>.size
    guard offset >= 0, bytes.count - size >= offset else { return nil }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
  }
}
