import CLinux
import Domain
import Linux

/// A network device as the kernel describes it.
struct Link: Equatable {
  /// Its number in its namespace.
  var index: Int32
  /// It is up.
  var isUp: Bool
}

/// An address of a device, as the kernel tells it and takes it.
struct Address: Equatable {
  /// `AF_INET` or `AF_INET6`.
  var family: UInt8
  /// Bits of the network.
  var prefix: UInt8
  /// `IFA_F_…`.
  var flags: UInt32
  /// `RT_SCOPE_…`.
  var scope: UInt8
  /// Attributes that describe the address itself.
  var attributes: [Attribute]

  struct Attribute: Equatable {
    var type: UInt16
    var value: [UInt8]
  }

  /// `IFA_F_PERMANENT`, and a scope that reaches beyond the link.
  var moves: Bool { flags & 0x80 != 0 && scope == 0 }
}

/// Requests about devices, in the namespace of a socket.
extension NetlinkSocket {
  /// Finds a device by name. The corresponding request is `RTM_GETLINK`.
  func link(named name: String) throws(Errno) -> Link {
    var message = request(Route.getLink, Route.acknowledge)
    message.appendLink(index: 0, flags: 0, change: 0)
    message.attribute(Route.linkName, text: name)
    guard let answer = try perform(message).first, let index = answer.number(Int32.self, at: 4),
      let flags = answer.number(UInt32.self, at: 8)
    else { throw .noSuchDevice }
    return Link(index: index, isUp: flags & Route.isUp != 0)
  }

  /// The addresses of a device. The corresponding request is `RTM_GETADDR`.
  func addresses(of index: Int32) throws(Errno) -> [Address] {
    var message = request(Route.getAddress, Route.dump)
    message.append(UInt64(0))
    return try perform(message).compactMap { answer in
      guard answer.number(Int32.self, at: 4) == index else { return nil }
      return Address(answer)
    }
  }

  /// Moves a device to the namespace behind a descriptor under a name, at once. The corresponding request is
  /// `RTM_NEWLINK`.
  func move(_ index: Int32, to namespace: Int32, as name: String) throws(Errno) {
    var message = request(Route.newLink, Route.acknowledge)
    message.appendLink(index: index, flags: 0, change: 0)
    message.attribute(Route.linkName, text: name)
    message.attribute(Route.linkNamespace, number: UInt32(bitPattern: namespace))
    _ = try perform(message)
  }

  /// Brings a device up. The corresponding request is `RTM_NEWLINK`.
  func raise(_ index: Int32) throws(Errno) {
    var message = request(Route.newLink, Route.acknowledge)
    message.appendLink(index: index, flags: Route.isUp, change: Route.isUp)
    _ = try perform(message)
  }

  /// Gives a device an address; one that it has already is as good. The corresponding request is
  /// `RTM_NEWADDR`.
  func add(_ address: Address, to index: Int32) throws(Errno) {
    var message = request(Route.newAddress, Route.acknowledge | Route.create | Route.replace)
    message.append(address.family)
    message.append(address.prefix)
    // What the kernel found out about the address by itself is not told.
    let flags = address.flags & ~Route.learnedFlags
    message.append(UInt8(truncatingIfNeeded: flags))
    message.append(address.scope)
    message.append(index)
    for attribute in address.attributes { message.attribute(attribute.type, attribute.value) }
    message.attribute(Route.addressFlags, number: flags)
    do throws(Errno) {
      _ = try perform(message)
    } catch {
      guard error == .fileExists else { throw error }
    }
  }
}

extension NetlinkMessage {
  /// `struct ifinfomsg`.
  fileprivate mutating func appendLink(index: Int32, flags: UInt32, change: UInt32) {
    append(UInt32(0))
    append(index)
    append(flags)
    append(change)
  }
}

extension Address {
  /// Reads `struct ifaddrmsg` and its attributes; nil when it is not whole.
  init?(_ answer: NetlinkAnswer) {
    guard let family = answer.number(UInt8.self, at: 0), let prefix = answer.number(UInt8.self, at: 1),
      let flags = answer.number(UInt8.self, at: 2), let scope = answer.number(UInt8.self, at: 3)
    else { return nil }
    self.init(family: family, prefix: prefix, flags: UInt32(flags), scope: scope, attributes: [])
    for (type, value) in answer.attributes(behind: 8) {
      if type == Route.addressFlags {
        self.flags = NetlinkAnswer.number(UInt32.self, value, at: 0) ?? self.flags
      } else if Route.describing.contains(type) {
        attributes.append(Attribute(type: type, value: Array(value)))
      }
    }
  }
}

/// Numbers of `linux/rtnetlink.h`, `linux/if_link.h` and `linux/if_addr.h`.
private enum Route {
  static let newLink: UInt16 = 16
  static let getLink: UInt16 = 18
  static let newAddress: UInt16 = 20
  static let getAddress: UInt16 = 22
  /// `NLM_F_ACK`, `NLM_F_DUMP`, `NLM_F_CREATE` and `NLM_F_REPLACE`.
  static let acknowledge: UInt16 = 4
  static let dump: UInt16 = 0x300
  static let create: UInt16 = 0x400
  static let replace: UInt16 = 0x100
  /// `IFLA_IFNAME` and `IFLA_NET_NS_FD`.
  static let linkName: UInt16 = 3
  static let linkNamespace: UInt16 = 28
  /// `IFF_UP`.
  static let isUp: UInt32 = 1
  /// `IFA_FLAGS`.
  static let addressFlags: UInt16 = 8
  /// `IFA_ADDRESS`, `IFA_LOCAL`, `IFA_BROADCAST` and `IFA_RT_PRIORITY`.
  static let describing: Set<UInt16> = [1, 2, 4, 9]
  /// `IFA_F_SECONDARY`, `IFA_F_DADFAILED`, `IFA_F_DEPRECATED` and `IFA_F_TENTATIVE`.
  static let learnedFlags: UInt32 = 0x01 | 0x08 | 0x20 | 0x40
}
