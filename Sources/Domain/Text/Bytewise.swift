/// Text as the kernel and other programs see it: bytes.
///
/// `==`, `hasPrefix` and `split` compare letters as Unicode sees them: the sign for kelvin (U+212A) is equal to `K`,
/// an accent that stands alone to one that does not, and `:` with an accent behind it is no `:`. For names, paths
/// and words from outside that would be wrong, so they are compared with what is here.
extension String {
  /// Both are the same bytes.
  public func isBytewise(_ other: String) -> Bool {
    // The first two tell nearly all that differ apart, and take no walk through the text.
    utf8.count == other.utf8.count && self == other && utf8.elementsEqual(other.utf8)
  }

  /// Whether it begins with these bytes.
  public func hasBytePrefix(_ prefix: String) -> Bool {
    var bytes = utf8.makeIterator()
    for expected in prefix.utf8 where bytes.next() != expected { return false }
    return true
  }

  /// Whether it ends with these bytes.
  public func hasByteSuffix(_ suffix: String) -> Bool {
    utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  /// What stands between separators, each a byte of ASCII.
  public func fields(
    at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true
  ) -> [Substring] {
    self[...].fields(at: separator, maxSplits: maxSplits, omittingEmpty: omittingEmpty)
  }
}

extension Substring {
  /// Both are the same bytes.
  public func isBytewise(_ other: String) -> Bool {
    utf8.elementsEqual(other.utf8)
  }

  /// Whether it begins with these bytes.
  public func hasBytePrefix(_ prefix: String) -> Bool {
    utf8.starts(with: prefix.utf8)
  }

  /// What stands between separators, each a byte of ASCII.
  public func fields(
    at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true
  ) -> [Substring] {
    utf8.split(
      separator: UInt8(truncatingIfNeeded: separator.value), maxSplits: maxSplits,
      omittingEmptySubsequences: omittingEmpty
    ).map { Substring($0) }
  }
}

extension Sequence where Element == String {
  /// Whether one of them is the same bytes.
  public func containsBytewise(_ text: String) -> Bool {
    contains { $0.isBytewise(text) }
  }
}

extension RawRepresentable where RawValue == String, Self: SendableMetatype {
  /// The word of a closed list that is the same bytes.
  public init?(bytewise text: String) {
    guard let word = Self(rawValue: text), word.rawValue.isBytewise(text) else { return nil }
    self = word
  }
}

/// A text as a key: of its bytes.
public struct ByteKey: Hashable, Sendable {
  /// The text.
  public let text: String

  /// Takes a text.
  public init(_ text: String) {
    self.text = text
  }

  /// Both are the same bytes.
  public static func == (first: ByteKey, second: ByteKey) -> Bool {
    first.text.utf8.count == second.text.utf8.count && first.text.utf8.elementsEqual(second.text.utf8)
  }

  /// Hashes the bytes. The letters' own hash is the same for all orders of some accents, so a list of such names
  /// would be compared each with each.
  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
