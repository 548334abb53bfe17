/// A container's name: letters, digits, `_`, `+`, `-` and `.`, at most 1,024, not `.` or `..`.
public struct ContainerID: Hashable, Sendable, CustomStringConvertible {
  /// Why a text is no container id.
  public enum Violation: Error, Equatable, Sendable {
    case empty
    case tooLong(count: Int)
    case malformed(String)
  }

  /// The longest id.
  public static let maximumLength = 1024

  /// The name.
  public let text: String

  /// Checks a name.
  public init(_ text: String) throws(Violation) {
    guard !text.isEmpty else { throw .empty }
    guard text.utf8.count <= ContainerID.maximumLength else { throw .tooLong(count: text.utf8.count) }
    guard text != ".", text != "..", text.utf8.allSatisfy(ContainerID.isAllowed) else {
      throw .malformed(text)
    }
    self.text = text
  }

  /// The name.
  public var description: String { text }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default:
      false
    }
  }
}
