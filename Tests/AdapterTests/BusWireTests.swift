import CLinux
import Domain
import Testing

@testable import Systemd

/// Random numbers from a seed.
private struct Chance: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 31)
  }
}

private func type(_ chance: inout Chance, depth: Int) -> PropertyType {
  let basic: [PropertyType] = [
    .byte, .boolean, .int16, .uint16, .int32, .uint32, .int64, .uint64, .double, .string, .objectPath,
    .signature,
  ]
  guard depth < 4, chance.next() % 3 == 0, let plain = basic.randomElement(using: &chance) else {
    return basic.randomElement(using: &chance) ?? .byte
  }
  switch chance.next() % 4 {
  case 0: return .array(type(&chance, depth: depth + 1))
  case 1: return .structure((0...chance.next() % 3).map { _ in type(&chance, depth: depth + 1) })
  case 2: return .array(.entry(plain, type(&chance, depth: depth + 1)))
  default: return .variant
  }
}

private func value(_ type: PropertyType, _ chance: inout Chance) -> PropertyValue {
  let number = chance.next()
  switch type {
  case .byte: return .byte(UInt8(truncatingIfNeeded: number))
  case .boolean: return .boolean(number & 1 == 1)
  case .int16: return .int16(Int16(truncatingIfNeeded: number))
  case .uint16: return .uint16(UInt16(truncatingIfNeeded: number))
  case .int32: return .int32(Int32(truncatingIfNeeded: number))
  case .uint32: return .uint32(UInt32(truncatingIfNeeded: number))
  case .int64: return .int64(Int64(bitPattern: number))
  case .uint64: return .uint64(number)
  case .double: return .double(Double(number))
  case .string: return .string(["", "a", "ä", "long enough to need padding"][Int(number % 4)])
  case .objectPath: return .objectPath(["/", "/a", "/a/b_1"][Int(number % 3)])
  case .signature: return .signature(["", "a{sv}", "(ii)s"][Int(number % 3)])
  case .array(let element): return .array(element, (0..<number % 3).map { _ in value(element, &chance) })
  case .structure(let members): return .structure(members.map { value($0, &chance) })
  case .entry(let key, let inner): return .entry(value(key, &chance), value(inner, &chance))
  case .variant: return .variant(value(Bool.random(using: &chance) ? .uint32 : .array(.string), &chance))
  }
}

@Suite struct BusWireTests {
  /// By the letter of the specification: byte order, kind, flags, version, length, serial, fields.
  private static let hello: [UInt8] =
    [UInt8(ascii: "l"), 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0x6d, 0, 0, 0]
    + [1, 1] + Array("o\0".utf8) + [21, 0, 0, 0] + Array("/org/freedesktop/DBus\0\0\0".utf8)
    + [2, 1] + Array("s\0".utf8) + [20, 0, 0, 0] + Array("org.freedesktop.DBus\0\0\0\0".utf8)
    + [3, 1] + Array("s\0".utf8) + [5, 0, 0, 0] + Array("Hello\0\0\0".utf8)
    + [6, 1] + Array("s\0".utf8) + [20, 0, 0, 0] + Array("org.freedesktop.DBus\0\0\0\0".utf8)

  @Test func aCallIsWrittenByTheLetter() throws {
    var call = BusMessage(.call, serial: 1)
    (call.path, call.interface, call.member) = ("/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")
    call.destination = "org.freedesktop.DBus"
    #expect(call.encoded == BusWireTests.hello)
    #expect(try BusMessage(decoding: BusWireTests.hello) == call)
  }

  @Test func bigEndianMessagesAreRead() throws {
    let bytes: [UInt8] =
      [UInt8(ascii: "B"), 2, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0, 15, 5, 1] + Array("u\0".utf8) + [
        0, 0, 0, 3,
      ]
      + [8, 1] + Array("g\0".utf8) + [1] + Array("u\0".utf8) + [0, 0, 0, 1, 2]
    let message = try BusMessage(decoding: bytes)
    #expect(message == BusMessage(.answer, serial: 9, answers: 3, body: [.uint32(258)]))
  }

  @Test func everyValueComesBack() throws {
    var chance = Chance(state: 11)
    for _ in 0..<2_000 {
      let body = (0..<chance.next() % 4).map { _ in value(type(&chance, depth: 0), &chance) }
      let message = BusMessage(.answer, serial: 5, answers: 4, sender: ":1.2", body: body)
      #expect(try BusMessage(decoding: message.encoded) == message)
    }
  }

  /// Whatever becomes of the bytes, they are read or refused, and what is read is written the same way.
  @Test func damagedMessagesAreReadOrRefused() {
    var chance = Chance(state: 5)
    var (refused, read) = (0, 0)
    for _ in 0..<4_000 {
      let body = (0..<2).map { _ in value(type(&chance, depth: 0), &chance) }
      var bytes = BusMessage(.signal, serial: 7, path: "/a", interface: "a.b", member: "c", body: body)
        .encoded
      for _ in 0...chance.next() % 3 {
        bytes[Int(chance.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: chance.next())
      }
      if chance.next() % 4 == 0 { bytes.removeLast(Int(chance.next() % UInt64(bytes.count))) }
      if (try? BusMessage(decoding: bytes)) == nil { refused += 1 } else { read += 1 }
    }
    #expect(refused > 1000)
    #expect(read > 100)
  }

  @Test func everyPrefixIsTruncated() {
    let bytes = BusMessage(.answer, serial: 1, answers: 2, body: [.strings(["a", "b"]), .uint64(1)]).encoded
    for end in bytes.indices {
      #expect(throws: WireError.self) { try BusMessage(decoding: Array(bytes[..<end])) }
    }
    #expect(throws: WireError.trailing(at: bytes.count)) { try BusMessage(decoding: bytes + [0]) }
  }

  /// Lengths that no memory has are refused before anything is reserved for them.
  @Test func hugeLengthsAreRefused() {
    var bytes = BusWireTests.hello
    bytes.replaceSubrange(4..<8, with: [255, 255, 255, 255])
    #expect(throws: WireError.tooLarge(limit: BusMessage.limit)) { try BusMessage.length(bytes[...]) }
    bytes = BusWireTests.hello
    bytes.replaceSubrange(12..<16, with: [255, 255, 255, 127])
    #expect(throws: WireError.tooLarge(limit: BusMessage.limit)) { try BusMessage.length(bytes[...]) }
  }

  @Test(
    arguments: [
      ("unix:path=/run/bus", [.path("/run/bus")]),
      ("unix:abstract=a%2fb,guid=1;unix:path=/x", [.abstract("a/b"), .path("/x")]),
      ("tcp:host=a;unix:path=/x", [.path("/x")]), ("unix:guid=1", []), ("", []), ("/run/bus", nil),
      ("unix:path=%0", nil), ("unix:path=%00", nil),
      ("unix:path", nil), ("unix:path=%zz", nil), ("unix:path=", nil),
    ] as [(String, [BusAddress]?)])
  func addressesAreSockets(_ text: String, _ addresses: [BusAddress]?) {
    #expect(BusAddress.list(text) == addresses)
  }
}
