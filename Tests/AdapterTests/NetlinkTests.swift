import CLinux
import Domain
import Testing

@testable import Netlink

@Suite("Netlink messages")
struct NetlinkTests {
  @Test("a request is a header, a structure and padded attributes")
  func request() {
    var message = NetlinkMessage(type: 16, flags: 5, sequence: 7)
    message.append(UInt32(0x0102_0304))
    message.attribute(3, text: "eth0")
    message.attribute(28, number: 9)
    let bytes = message.finished
    #expect(bytes.count == 16 + 4 + 12 + 8)
    #expect(NetlinkAnswer.number(UInt32.self, bytes[...], at: 0) == UInt32(bytes.count))
    #expect(NetlinkAnswer.number(UInt16.self, bytes[...], at: 20) == 9)
    let answers = NetlinkAnswer.all(in: bytes)
    #expect(answers.count == 1 && answers[0].type == 16 && answers[0].sequence == 7)
    let attributes = answers[0].attributes(behind: 4)
    #expect(attributes.map(\.type) == [3, 28])
    #expect(attributes.map { Array($0.value) }.first == Array("eth0\0".utf8))
  }

  @Test("what is cut short or lies about its length is not read")
  func cut() {
    var message = NetlinkMessage(type: 1, flags: 0, sequence: 1)
    message.attribute(3, text: "name")
    let whole = message.finished
    for count in 0..<whole.count { #expect(NetlinkAnswer.all(in: Array(whole[..<count])).isEmpty) }
    for length in [0, 3, 15, 200, 255] as [UInt8] {
      var bytes = whole
      bytes[0] = length
      #expect(NetlinkAnswer.all(in: bytes).isEmpty)
    }
    for length in [0, 3, 200] as [UInt8] {
      var bytes = whole
      bytes[16] = length
      #expect(NetlinkAnswer.all(in: bytes).first?.attributes(behind: 0).isEmpty == true)
    }
    #expect(NetlinkAnswer.all(in: whole)[0].attributes(behind: 100).isEmpty)
    #expect(NetlinkAnswer.all(in: whole)[0].number(UInt64.self, at: 8) == nil)
  }

  @Test("an address is read with what describes it, and moves if it is permanent and universal")
  func address() throws {
    var message = NetlinkMessage(type: 20, flags: 0, sequence: 1)
    for byte in [2, 24, 0x80, 0] as [UInt8] { message.append(byte) }
    message.append(UInt32(5))
    message.attribute(1, [10, 0, 0, 1] as [UInt8])
    message.attribute(3, text: "label")
    message.attribute(8, number: 0x280)
    let answer = try #require(NetlinkAnswer.all(in: message.finished).first)
    let address = try #require(Address(answer))
    #expect(
      address
        == Address(
          family: 2, prefix: 24, flags: 0x280, scope: 0, attributes: [.init(type: 1, value: [10, 0, 0, 1])]))
    #expect(address.moves)
    #expect(!Address(family: 2, prefix: 24, flags: 0, scope: 0, attributes: []).moves)
    #expect(!Address(family: 10, prefix: 64, flags: 0x80, scope: 253, attributes: []).moves)
  }

  @Test("the kernel answers about the loopback device, and says what it has not")
  func kernel() throws {
    let socket = try NetlinkSocket()
    let loopback = try socket.link(named: "lo")
    #expect(loopback.index == Int32(bitPattern: if_nametoindex("lo")))
    #expect(throws: Errno.noSuchDevice) { try socket.link(named: "no-such-device") }
    if loopback.isUp {
      #expect(try socket.addresses(of: loopback.index).contains { $0.family == 2 && $0.prefix == 8 })
    }
  }
}
