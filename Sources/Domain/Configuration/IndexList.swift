/// A list of CPUs or memory nodes by number, such as `0-3,7`: the list format of cpusets.
public struct IndexList: Equatable, Sendable {
  /// The ranges, in order, none touching the next.
  public let ranges: [ClosedRange<UInt32>]

  /// The largest number that is taken: more than any kernel counts.
  public static let limit: UInt32 = 65_535

  /// No number at all.
  public static let none = IndexList(ranges: [])
  /// Every CPU that a kernel can be built for.
  public static let everyCPU = IndexList(ranges: [0...8191])

  /// Why a text is no list.
  public enum Problem: Error, Equatable, Sendable {
    /// A part that is neither a number nor a range.
    case malformed(String)
    /// A number that is too large.
    case tooLarge(String)
    /// A range that ends before it begins.
    case reversed(String)
  }

  /// Reads a list. Spaces around a part and empty parts are passed over.
  public init(_ text: String) throws(Problem) {
    var ranges: [ClosedRange<UInt32>] = []
    for part in text.utf8.split(separator: UInt8(ascii: ",")) {
      let trimmed = IndexList.trim(part)
      if !trimmed.isEmpty { ranges.append(try IndexList.range(trimmed)) }
    }
    self.init(ranges: IndexList.merged(ranges))
  }

  /// The numbers whose bits are set: bytes in the order of numbers.
  public init(mask: some Sequence<UInt8>) {
    var ranges: [ClosedRange<UInt32>] = []
    var number: UInt32 = 0
    for byte in mask {
      for bit in 0..<8 as Range<UInt8> {
        if byte >> bit & 1 == 1 {
          if let last = ranges.last, last.upperBound &+ 1 == number {
            ranges[ranges.count - 1] = last.lowerBound...number
          } else {
            ranges.append(number...number)
          }
        }
        number &+= 1
      }
    }
    self.init(ranges: ranges)
  }

  private init(ranges: [ClosedRange<UInt32>]) {
    self.ranges = ranges
  }

  /// No number is in the list.
  public var isEmpty: Bool { ranges.isEmpty }

  /// The numbers as bits, as many whole 64-bit words as they need, in little-endian order.
  public var mask: [UInt8] {
    guard let last = ranges.last else { return [] }
    var mask = [UInt8](repeating: 0, count: Int(last.upperBound / 64 + 1) * 8)
    for range in ranges {
      for number in range { mask[Int(number / 8)] |= 1 << UInt8(number % 8) }
    }
    return mask
  }

  private static func trim(_ part: Substring.UTF8View) -> Substring.UTF8View {
    var part = part
    while part.first == UInt8(ascii: " ") { part.removeFirst() }
    while part.last == UInt8(ascii: " ") { part.removeLast() }
    return part
  }

  private static func range(_ part: Substring.UTF8View) throws(Problem) -> ClosedRange<UInt32> {
    guard let dash = part.firstIndex(of: UInt8(ascii: "-")) else {
      let number = try number(part, in: part)
      return number...number
    }
    let first = try number(part[..<dash], in: part)
    let last = try number(part[part.index(after: dash)...], in: part)
    guard first <= last else { throw .reversed(String(Substring(part))) }
    return first...last
  }

  private static func number(
    _ digits: Substring.UTF8View, in part: Substring.UTF8View
  ) throws(Problem) -> UInt32 {
    guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else {
      throw .malformed(String(Substring(part)))
    }
    guard let number = UInt32(Substring(digits)), number <= limit else {
      throw .tooLarge(String(Substring(part)))
    }
    return number
  }

  /// In order and without overlaps, so that a long text costs no more than its length.
  private static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...Swift.max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }
}

extension IndexList: CustomStringConvertible {
  /// The list as text.
  public var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}

extension IndexList.Problem: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .malformed(let part): "\(part.quoted) is neither a number nor a range"
    case .tooLarge(let part): "\(part.quoted) is above \(IndexList.limit)"
    case .reversed(let part): "\(part.quoted) ends before it begins"
    }
  }
}
