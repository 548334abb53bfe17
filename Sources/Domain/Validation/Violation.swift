/// A place in the document that breaks a rule, and how.
public struct Violation: Equatable, Sendable, CustomStringConvertible {
  /// The place.
  public var pointer: JSONPointer
  /// What is wrong.
  public var message: String

  /// Makes a violation.
  public init(_ pointer: JSONPointer, _ message: String) {
    self.pointer = pointer
    self.message = message
  }

  /// One line, such as `/process/cwd: Cwd must be an absolute path`.
  public var description: String { "\(pointer): \(message)" }
}
