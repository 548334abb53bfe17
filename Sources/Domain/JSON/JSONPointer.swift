/// A place in a JSON document (RFC 6901), such as `/linux/namespaces/3/type`.
public struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
  /// The pointer's text, escaped as RFC 6901 asks.
  public let text: String

  /// The whole document.
  public static let root = JSONPointer(text: "")

  /// Takes an already escaped pointer.
  public init(text: String) {
    self.text = text
  }

  /// The place of property `name` below this one.
  public func appending(_ name: String) -> JSONPointer {
    JSONPointer(text: text + "/" + JSONPointer.escape(name))
  }

  /// The place of element `index` below this one.
  public func appending(_ index: Int) -> JSONPointer {
    JSONPointer(text: text + "/" + index.decimal)
  }

  /// The same place seen from the parent that holds it under `name`.
  public func inside(_ name: String) -> JSONPointer {
    JSONPointer(text: "/" + JSONPointer.escape(name) + text)
  }

  /// The same place seen from the array that holds it at `index`.
  public func inside(_ index: Int) -> JSONPointer {
    JSONPointer(text: "/" + index.decimal + text)
  }

  /// The pointer's text.
  public var description: String { text }

  private static func escape(_ name: String) -> String {
    guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
      return name
    }
    var escaped = ""
    for character in name.unicodeScalars {
      switch character {
      case "~": escaped += "~0"
      case "/": escaped += "~1"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
