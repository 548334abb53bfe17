public import Domain

/// A message of D-Bus: its header and its body.
public struct BusMessage: Equatable, Sendable {
  /// The kinds of messages.
  public enum Kind: UInt8, Sendable {
    case call = 1
    case answer = 2
    case error = 3
    case signal = 4
  }

  /// The kind.
  public var kind: Kind
  /// The sender's number of it, never 0.
  public var serial: UInt32
  /// The number of the call that it answers.
  public var answers: UInt32?
  /// The object.
  public var path: String?
  /// The interface.
  public var interface: String?
  /// The method or signal.
  public var member: String?
  /// The error's name.
  public var errorName: String?
  /// Whom it is for, on a bus.
  public var destination: String?
  /// Whom it is from, on a bus; the bus vouches for it.
  public var sender: String?
  /// The values.
  public var body: [PropertyValue]

  /// The largest message that is read: far more than the service manager has to say, and far less than the
  /// 128 MiB that the specification allows.
  public static let limit = 1 << 20

  /// Makes a message.
  public init(
    _ kind: Kind, serial: UInt32, answers: UInt32? = nil, path: String? = nil, interface: String? = nil,
    member: String? = nil, errorName: String? = nil, destination: String? = nil, sender: String? = nil,
    body: [PropertyValue] = []
  ) {
    self.kind = kind
    self.serial = serial
    self.answers = answers
    self.path = path
    self.interface = interface
    self.member = member
    self.errorName = errorName
    self.destination = destination
    self.sender = sender
    self.body = body
  }

  /// The codes of header fields.
  private enum Field: UInt8 {
    case path = 1
    case interface = 2
    case member = 3
    case errorName = 4
    case answers = 5
    case destination = 6
    case sender = 7
    case signature = 8
  }

  /// The message as bytes.
  public var encoded: [UInt8] {
    var content = WireWriter()
    for value in body { content.value(value) }
    var writer = WireWriter()
    writer.byte(UInt8(ascii: "l"))
    writer.byte(kind.rawValue)
    writer.byte(0)
    writer.byte(1)
    writer.uint32(content.bytes.count)
    writer.number(UInt64(serial), size: 4)
    writer.value(.array(.structure([.byte, .variant]), fields))
    writer.align(8)
    writer.append(content.bytes)
    return writer.bytes
  }

  private var fields: [PropertyValue] {
    let signature = body.isEmpty ? nil : body.map(\.type.signature).joined()
    let all: [(Field, PropertyValue?)] = [
      (.path, path.map { .objectPath($0) }), (.interface, interface.map { .string($0) }),
      (.member, member.map { .string($0) }), (.errorName, errorName.map { .string($0) }),
      (.answers, answers.map { .uint32($0) }), (.destination, destination.map { .string($0) }),
      (.sender, sender.map { .string($0) }), (.signature, signature.map { .signature($0) }),
    ]
    return all.compactMap { field, value in
      value.map { .structure([.byte(field.rawValue), .variant($0)]) }
    }
  }

  /// The length of the message that begins with these bytes; nil when more are needed to tell.
  public static func length(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Int? {
    guard bytes.count >= 16 else { return nil }
    let first = bytes.startIndex
    guard bytes[first] == UInt8(ascii: "l") || bytes[first] == UInt8(ascii: "B"), bytes[first + 3] == 1 else {
      throw .header(at: 0)
    }
    // Copied, so that indices count from the begin of the message.
    let prefix = Array(bytes.prefix(16))
    var reader = WireReader(prefix[...], at: 4, isBigEndian: prefix[0] == UInt8(ascii: "B"))
    let body = Int(try reader.uint32())
    _ = try reader.uint32()
    let fields = Int(try reader.uint32())
    guard body <= limit, fields <= limit else { throw .tooLarge(limit: limit) }
    let length = (16 + fields + 7) & ~7 + body
    guard length <= limit else { throw .tooLarge(limit: limit) }
    return length
  }

  /// Reads exactly one message.
  public init(decoding bytes: [UInt8]) throws(WireError) {
    guard let length = try BusMessage.length(bytes[...]) else { throw .truncated(at: bytes.count) }
    guard bytes.count >= length else { throw .truncated(at: bytes.count) }
    guard bytes.count == length else { throw .trailing(at: length) }
    guard let kind = Kind(rawValue: bytes[1]) else { throw .header(at: 1) }
    let isBigEndian = bytes[0] == UInt8(ascii: "B")
    var reader = WireReader(bytes[...], at: 4, isBigEndian: isBigEndian)
    let size = Int(try reader.uint32())
    let serial = try reader.uint32()
    guard serial != 0 else { throw .header(at: 8) }
    let start = length - size
    self.init(kind, serial: serial)
    var fields = WireReader(bytes[..<start], at: 12, isBigEndian: isBigEndian)
    let types = try take(fields.value(.array(.structure([.byte, .variant]))))
    try fields.align(8)
    guard fields.isAtEnd else { throw .array(at: 12) }
    try checkFields()
    var content = WireReader(bytes[...], at: start, isBigEndian: isBigEndian)
    for type in types { body.append(try content.value(type)) }
    guard content.isAtEnd else { throw .trailing(at: content.position) }
  }

  /// Takes the fields of a header; the types of the body. Unknown fields are passed over.
  private mutating func take(_ value: PropertyValue) throws(WireError) -> [PropertyType] {
    var types: [PropertyType] = []
    guard case .array(_, let entries) = value else { return types }
    for entry in entries {
      guard case .structure(let members) = entry, members.count == 2, case .byte(let code) = members[0],
        case .variant(let content) = members[1]
      else { throw .header(at: 12) }
      guard code != 0 else { throw .header(at: 12) }
      guard let field = Field(rawValue: code) else { continue }
      if try !take(field, content, &types) { throw .header(at: 12) }
    }
    return types
  }

  /// False when the field is not of its type.
  private mutating func take(
    _ field: Field, _ value: PropertyValue, _ types: inout [PropertyType]
  ) throws(WireError) -> Bool {
    switch (field, value) {
    case (.path, .objectPath(let text)): path = text
    case (.interface, .string(let text)): interface = text
    case (.member, .string(let text)): member = text
    case (.errorName, .string(let text)): errorName = text
    case (.destination, .string(let text)): destination = text
    case (.sender, .string(let text)): sender = text
    case (.answers, .uint32(let number)): answers = number
    case (.signature, .signature(let text)):
      guard let list = PropertyType.list(Array(text.utf8)) else { throw .header(at: 12) }
      types = list
    default: return false
    }
    return true
  }

  /// What each kind of message has to have.
  private func checkFields() throws(WireError) {
    let isComplete =
      switch kind {
      case .call: path != nil && member != nil
      case .signal: path != nil && member != nil && interface != nil
      case .answer: answers != nil
      case .error: answers != nil && errorName != nil
      }
    guard isComplete else { throw .header(at: 12) }
  }
}
