/// A check of a conformance suite that did not hold.
public struct ConformanceFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The check's name.
  public let check: String
  /// What happened instead.
  public let reason: String

  /// One line.
  public var description: String { "\(check): \(reason)" }
}
