/// What is wrong with bytes that should be a message of D-Bus.
public enum WireError: Error, Equatable, Sendable {
  /// They end before the value at this place does.
  case truncated(at: Int)
  /// A byte of padding that is not zero.
  case padding(at: Int)
  /// A boolean that is neither 0 nor 1.
  case boolean(at: Int)
  /// A text that is no UTF-8, has a zero byte inside, or none at its end.
  case text(at: Int)
  /// No object path.
  case path(at: Int)
  /// No signature, or in a variant not one of a single type.
  case signature(at: Int)
  /// An array whose elements do not end where it does.
  case array(at: Int)
  /// More than `limit` bytes.
  case tooLarge(limit: Int)
  /// Nested deeper than is allowed.
  case tooDeep(at: Int)
  /// A header that is not that of a message: its byte order, version, kind, serial or fields.
  case header(at: Int)
  /// More follows behind the last value.
  case trailing(at: Int)
}

extension WireError: CustomStringConvertible {
  /// Such as `truncated at byte 12`.
  public var description: String {
    switch self {
    case .truncated(let place): "truncated at byte \(place)"
    case .padding(let place): "padding at byte \(place)"
    case .boolean(let place): "boolean at byte \(place)"
    case .text(let place): "text at byte \(place)"
    case .path(let place): "object path at byte \(place)"
    case .signature(let place): "signature at byte \(place)"
    case .array(let place): "array at byte \(place)"
    case .tooLarge(let limit): "more than \(limit) bytes"
    case .tooDeep(let place): "nested too deeply at byte \(place)"
    case .header(let place): "header at byte \(place)"
    case .trailing(let place): "more than a message at byte \(place)"
    }
  }
}
