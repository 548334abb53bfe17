import CLinux

/// A POSIX extended regular expression.
///
/// The corresponding C calls are `regcomp` and `regexec`.
public final class ExtendedPattern {
  private let compiled: UnsafeMutableRawPointer

  /// A text that is no regular expression.
  public struct Malformed: Error, Equatable, Sendable {
    /// What is wrong with it.
    public var reason: String
  }

  /// Reads a pattern.
  public init(_ pattern: String) throws(Malformed) {
    var reason = [CChar](repeating: 0, count: 200)
    guard let made = clinux_pattern_make(pattern, &reason, reason.count) else {
      throw Malformed(
        reason: String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
    compiled = made
  }

  deinit {
    clinux_pattern_free(compiled)
  }

  /// Whether it matches a part of a text.
  public func matches(_ text: String) -> Bool {
    clinux_pattern_matches(compiled, text) != 0
  }
}
