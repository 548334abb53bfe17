/// The fields of a text as bytes, one after the other: a list of them would cost a short-lived process more
/// than reading them.
public struct ByteFields {
  private var rest: ArraySlice<UInt8>?
  private let separator: UInt8

  /// Splits at a separator; two in a row have an empty field between them.
  public init(_ bytes: ArraySlice<UInt8>, at separator: Unicode.Scalar) {
    rest = bytes
    self.separator = UInt8(truncatingIfNeeded: separator.value)
  }

  /// Splits a whole text.
  public init(_ bytes: [UInt8], at separator: Unicode.Scalar) {
    self.init(bytes[...], at: separator)
  }

  /// The next field; nil behind the last one.
  public mutating func next() -> ArraySlice<UInt8>? {
    guard let present = rest else { return nil }
    guard let end = present.firstIndex(of: separator) else {
      rest = nil
      return present
    }
    rest = present[(end + 1)...]
    return present[..<end]
  }
}
