/// A JSON value as the document port delivers it.
///
/// Numbers keep their exactness: an integer that fits is an integer, whatever else is a `real`.
public enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// An integer above `Int64.max`.
  case unsigned(UInt64)
  case real(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  /// One property of an object, in document order; duplicates are kept and the last one counts.
  public struct Member: Equatable, Sendable {
    /// The property's name.
    public var name: String
    /// The property's value.
    public var value: JSON

    /// Makes a property.
    public init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }
}

extension JSON {
  /// The last property called `name`; nil when this is no object, has no such property or it is null.
  public subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    var index = members.count - 1
    while index >= 0 {
      if members[index].name.isBytewise(name) {
        return members[index].value == .null ? nil : members[index].value
      }
      index -= 1
    }
    return nil
  }
}
