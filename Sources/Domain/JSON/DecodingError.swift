/// A place of a document that does not hold what its format asks.
public struct DecodingError: Error, Equatable, Sendable {
  /// What is wrong.
  public enum Problem: Equatable, Sendable {
    /// A value of another type.
    case wrongType(expected: JSON.Kind, found: JSON.Kind)
    /// A number outside what the property can hold.
    case outOfRange(found: String, minimum: String, maximum: String)
    /// A word that is none of a closed list; `name` says what the list is of.
    case unknownValue(found: String, name: String)
    /// A property that must be there.
    case missing
    /// A text that must not be empty.
    case empty
    /// A text with a NUL byte, which no path or argument can hold.
    case holdsNUL
    /// A record of a later format.
    case laterVersion(found: Int64, known: Int64)
    /// A text that does not have the form of what it stands for (an id, a time).
    case malformed(String)
  }

  /// Where.
  public var pointer: JSONPointer
  /// What is wrong there.
  public var problem: Problem

  /// Makes an error about the value that is being looked at.
  public init(_ problem: Problem, at pointer: JSONPointer = .root) {
    self.problem = problem
    self.pointer = pointer
  }

  /// The same error seen from the object that holds the place under `name`.
  ///
  /// The pointer grows while a failure unwinds, so that success pays nothing for it.
  public func inside(_ name: String) -> DecodingError {
    DecodingError(problem, at: pointer.inside(name))
  }

  /// The same error seen from the array that holds the place at `index`.
  public func inside(_ index: Int) -> DecodingError {
    DecodingError(problem, at: pointer.inside(index))
  }
}

extension DecodingError: CustomStringConvertible {
  /// Such as `/process/args/0: expected a string, found a number`.
  public var description: String {
    "\(pointer.text.isEmpty ? "/" : pointer.text): \(problem)"
  }
}

extension DecodingError.Problem: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .wrongType(let expected, let found): "expected \(expected.phrase), found \(found.phrase)"
    case .outOfRange(let found, let minimum, let maximum): "\(found) is not in \(minimum) to \(maximum)"
    case .unknownValue(let found, "namespace"): "namespace \(found.quoted) does not exist"
    case .unknownValue(let found, let name): "unknown \(name) \(found.quoted)"
    case .missing: "is missing"
    case .empty: "must not be empty"
    case .holdsNUL: "must not hold a NUL byte"
    case .laterVersion(let found, let known): "format version \(found) is later than \(known)"
    case .malformed(let text): "malformed: \(text.quoted)"
    }
  }
}

extension String {
  /// The text in quotation marks and escaped, so that it stays on one line whatever it holds.
  var quoted: String {
    String(decoding: JSON.string(self).text(), as: UTF8.self)
  }
}

extension JSON {
  /// The types of JSON, integers apart.
  public enum Kind: String, Sendable {
    case null, boolean, integer, number, string, array, object

    /// The kind with its article.
    var phrase: String {
      switch self {
      case .null: "null"
      case .integer, .array, .object: "an \(rawValue)"
      default: "a \(rawValue)"
      }
    }
  }

  /// The value's type.
  public var kind: Kind {
    switch self {
    case .null: .null
    case .bool: .boolean
    case .integer, .unsigned: .integer
    case .real: .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }
}
