/// Where a bus is (D-Bus specification, "Server Addresses"), as far as Unix sockets go.
public enum BusAddress: Equatable, Sendable {
  /// A socket in the file system.
  case path(String)
  /// A socket without a file.
  case abstract(String)

  /// The sockets of a list of addresses, in its order; other transports are left out. Nil when the text is
  /// no list of addresses.
  public static func list(_ text: String) -> [BusAddress]? {
    var addresses: [BusAddress] = []
    for entry in text.utf8.split(separator: UInt8(ascii: ";")) {
      guard let colon = entry.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      guard let options = options(entry[entry.index(after: colon)...]) else { return nil }
      guard Substring(entry[..<colon]) == "unix" else { continue }
      if let path = options.first(where: { $0.key == "path" })?.value {
        addresses.append(.path(path))
      } else if let name = options.first(where: { $0.key == "abstract" })?.value {
        addresses.append(.abstract(name))
      }
    }
    return addresses
  }

  private static func options(_ text: Substring.UTF8View) -> [(key: String, value: String)]? {
    var options: [(key: String, value: String)] = []
    for option in text.split(separator: UInt8(ascii: ",")) {
      guard let equals = option.firstIndex(of: UInt8(ascii: "=")),
        let value = unescaped(option[option.index(after: equals)...])
      else { return nil }
      options.append((String(Substring(option[..<equals])), value))
    }
    return options
  }

  /// `%XX` stands for a byte; a zero byte is part of no name.
  private static func unescaped(_ text: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    guard !bytes.isEmpty, !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
