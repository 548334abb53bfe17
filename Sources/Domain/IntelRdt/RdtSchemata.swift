/// What lines of a `schemata` file say: for each domain of a resource, which share of it a class may use.
///
/// Values stay as they were written; what they mean depends on the resource, of which `RdtHost` knows.
public struct RdtSchemata: Equatable, Sendable {
  /// The share of one domain.
  public struct Entry: Equatable, Sendable {
    /// The resource: `L3`, `L3CODE`, `L2`, `MB`, …
    public var resource: String
    /// The domain: the number of a cache.
    public var domain: UInt64
    /// A mask in hexadecimal digits, or a bandwidth in decimal ones.
    public var value: String

    /// Makes an entry.
    public init(resource: String, domain: UInt64, value: String) {
      self.resource = resource
      self.domain = domain
      self.value = value
    }
  }

  /// The entries, in the order in which their domains were first named; one for each domain of a resource.
  public private(set) var entries: [Entry] = []

  /// How long all lines together may be: more than the kernel takes in one write, which is a page.
  public static let longest = 16384

  /// Lines that say nothing.
  public init() {}

  /// Reads lines such as `L3:0=f;1=ff`. Where a domain is named again, the later value counts, as it does
  /// for lines that are written one after the other.
  public init(lines: [String]) throws(RdtSchemaProblem) {
    var size = 0
    for line in lines {
      size += line.utf8.count
      guard size <= RdtSchemata.longest else { throw .tooLong(limit: RdtSchemata.longest) }
      guard let read = RdtSchemata.entries(line) else { throw .malformed(line: line) }
      for entry in read { set(entry) }
    }
  }

  /// Reads a `schemata` file. Lines of another form, such as those of a class that is being locked
  /// (`L3:uninitialized`), are passed over.
  public init(file: [UInt8]) {
    guard file.count <= 4 * RdtSchemata.longest else { return }
    for line in file.split(separator: UInt8(ascii: "\n")) {
      for entry in RdtSchemata.entries(String(decoding: line, as: UTF8.self)) ?? [] { set(entry) }
    }
  }

  /// Nothing is said.
  public var isEmpty: Bool { entries.isEmpty }

  /// The value of a domain; nil when nothing is said of it.
  public func value(_ resource: String, _ domain: UInt64) -> String? {
    entries.first { $0.domain == domain && $0.resource.isBytewise(resource) }?.value
  }

  /// Sets the value of a domain.
  public mutating func set(_ entry: Entry) {
    let place = entries.firstIndex { $0.domain == entry.domain && $0.resource.isBytewise(entry.resource) }
    if let place { entries[place].value = entry.value } else { entries.append(entry) }
  }

  /// The same with other values where `other` has some.
  public func merging(_ other: RdtSchemata) -> RdtSchemata {
    var merged = self
    for entry in other.entries { merged.set(entry) }
    return merged
  }

  /// What is said here of the domains that `other` names: how it was, where `other` is to be undone.
  public func restricted(to other: RdtSchemata) -> RdtSchemata {
    var part = RdtSchemata()
    part.entries = entries.filter { other.value($0.resource, $0.domain) != nil }
    return part
  }

  /// The same without the domains that `other` names.
  public func without(_ other: RdtSchemata) -> RdtSchemata {
    var rest = self
    rest.entries.removeAll { other.value($0.resource, $0.domain) != nil }
    return rest
  }

  /// The resources that are named, each once.
  public var resources: [String] {
    var names: [String] = []
    for entry in entries where !names.contains(entry.resource) { names.append(entry.resource) }
    return names
  }

  /// The lines, one for each resource.
  public var lines: [String] {
    resources.map { name in
      let parts = entries.filter { $0.resource == name }.map { $0.domain.decimal + "=" + $0.value }
      return name + ":" + parts.joined(separator: ";")
    }
  }

  /// The lines as they are written in one piece, each with its end.
  public var text: String {
    lines.reduce("") { $0 + $1 + "\n" }
  }
}

extension RdtSchemata {
  /// `NAME:domain=value;…` with spaces wherever the kernel puts or passes over some; nil when it is of
  /// another form, or says nothing.
  private static func entries(_ line: String) -> [Entry]? {
    let bytes = Array(line.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    guard let resource = word(bytes[..<colon]) else { return nil }
    var entries: [Entry] = []
    var parts = ByteFields(bytes[(colon + 1)...], at: ";")
    while let part = parts.next() {
      // A line may end with the separator.
      if trimmed(part).isEmpty { continue }
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")), let name = word(part[..<equals]),
        let domain = number(name, base: 10), let value = word(part[(equals + 1)...])
      else { return nil }
      entries.append(Entry(resource: resource, domain: domain, value: value))
    }
    return entries.isEmpty ? nil : entries
  }

  /// Letters, digits and `_`, with spaces around them; nil for anything else.
  private static func word(_ bytes: ArraySlice<UInt8>) -> String? {
    let word = trimmed(bytes)
    guard !word.isEmpty else { return nil }
    for byte in word {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
        break
      default: return nil
      }
    }
    return String(decoding: word, as: UTF8.self)
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == 13 }
    var rest = bytes.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
  }

  /// A number without a sign; `0x` may stand before one of base 16. Nil when it is none, or too large.
  static func number(_ text: String, base: UInt64) -> UInt64? {
    var digits = Array(text.utf8)[...]
    if base == 16, digits.count > 2, digits[0] == UInt8(ascii: "0"), digits[1] | 0x20 == UInt8(ascii: "x") {
      digits = digits.dropFirst(2)
    }
    var number: UInt64 = 0
    for digit in digits {
      guard let value = value(digit), value < base else { return nil }
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: base)
      let (sum, overflows) = product.addingReportingOverflow(value)
      if isTooLarge || overflows { return nil }
      number = sum
    }
    return digits.isEmpty ? nil : number
  }

  private static func value(_ digit: UInt8) -> UInt64? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(digit - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}

/// What is wrong with lines for a `schemata` file.
public enum RdtSchemaProblem: Error, Equatable, Sendable {
  /// A line is not of the form `NAME:domain=value;…`.
  case malformed(line: String)
  /// All lines together are longer than the kernel takes.
  case tooLong(limit: Int)
  /// The host has no such resource; `known` are those that it has.
  case unknownResource(String, known: [String])
  /// The resource has no such domain; `known` are those that it has.
  case unknownDomain(RdtSchemata.Entry, known: [UInt64])
  /// It is no mask in hexadecimal digits.
  case notMask(RdtSchemata.Entry)
  /// It has bits that the cache has not, or none.
  case maskOutOfRange(RdtSchemata.Entry, mask: UInt64)
  /// It has not so many bits in a row.
  case tooFewBits(RdtSchemata.Entry, minimum: UInt64)
  /// Its bits are not next to each other, which this host wants.
  case notContiguous(RdtSchemata.Entry)
  /// It is no bandwidth in decimal digits.
  case notBandwidth(RdtSchemata.Entry)
  /// It is less or more than the host can give.
  case bandwidthOutOfRange(RdtSchemata.Entry, minimum: UInt64, maximum: UInt64)
}

extension RdtSchemata {
  /// Lines in a record.
  static func decoded(_ json: JSON) throws(DecodingError) -> RdtSchemata {
    let lines = try JSON.texts(json)
    do throws(RdtSchemaProblem) {
      return try RdtSchemata(lines: lines)
    } catch {
      throw DecodingError(.malformed(lines.joined(separator: " ")))
    }
  }
}

extension RdtSchemata.Entry: CustomStringConvertible {
  /// Such as `L3:0=f`.
  public var description: String { "\(resource):\(domain.decimal)=\(value)" }
}

extension RdtSchemaProblem: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .malformed(let line): "\(line.quoted) is no line of the form NAME:domain=value;…"
    case .tooLong(let limit): "more than \(limit) bytes of lines"
    case .unknownResource(let name, let known):
      "no resource \(name.quoted) on this host, which has \(known.joined(separator: ", "))"
    case .unknownDomain(let entry, let known):
      "\(entry): no such domain on this host, which has \(known.map(\.decimal).joined(separator: ", "))"
    case .notMask(let entry): "\(entry): not a mask in hexadecimal digits"
    case .maskOutOfRange(let entry, let mask):
      "\(entry): mask out of range; it has to be a part of \(String(mask, radix: 16))"
    case .tooFewBits(let entry, let minimum): "\(entry): at least \(minimum) bit(s) in a row are needed"
    case .notContiguous(let entry): "\(entry): the bits have to be next to each other on this host"
    case .notBandwidth(let entry): "\(entry): not a bandwidth in decimal digits"
    case .bandwidthOutOfRange(let entry, let minimum, let maximum):
      "\(entry): bandwidth out of range; it has to be \(minimum) to \(maximum) percent"
    }
  }
}
