/// The document's annotations `org.systemd.property.NAME`: properties of the container's unit, with values in
/// the text format of GVariant.
public enum UnitAnnotations {
  /// What the names of such annotations begin with.
  public static let prefix = KnownAnnotation.systemdProperty.rawValue
  /// The annotation with the cgroup below the unit that the container gets for itself.
  public static let subgroup = KnownAnnotation.systemdSubgroup.rawValue

  /// Why an annotation cannot be used.
  public struct Violation: Error, Equatable, Sendable {
    /// The annotation's name.
    public var annotation: String
    /// What is wrong.
    public var problem: Problem

    /// The kinds of problems.
    public enum Problem: Equatable, Sendable {
      /// The name of a property has at least three letters and nothing else.
      case name
      /// A property that places processes, which the runtime alone does.
      case reserved
      /// The value is no text of GVariant.
      case value(GVariantText.Problem)
      /// A `…Sec` that is no number of seconds.
      case seconds
      /// The name of a cgroup that leads somewhere else.
      case subgroup(String)
    }
  }

  /// Whoever may set these may have a stranger's process moved, or the container's away from where it is
  /// looked for.
  private static let reserved = ["PIDs", "PIDFDs", "Slice"]

  /// The properties that annotations ask for, in their order.
  public static func properties(_ annotations: [Annotation]) throws(Violation) -> [UnitProperty] {
    var properties: [UnitProperty] = []
    for annotation in annotations where annotation.name.hasBytePrefix(prefix) {
      properties.append(try property(annotation))
    }
    return properties
  }

  /// The name of the container's own cgroup below the unit; nil when it is in that of the unit itself.
  public static func subgroup(_ annotations: [Annotation]) throws(Violation) -> String? {
    guard let text = annotations.last(where: { $0.name == subgroup })?.value, !text.isEmpty else {
      return nil
    }
    let isName = !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 || $0 == UInt8(ascii: "\n") }
    guard isName, text != ".", text != "..", text.utf8.count <= 255, !text.hasBytePrefix("cgroup.") else {
      throw Violation(annotation: subgroup, problem: .subgroup(text))
    }
    return text
  }

  private static func property(_ annotation: Annotation) throws(Violation) -> UnitProperty {
    let name = Array(annotation.name.utf8.dropFirst(prefix.utf8.count))
    guard name.count >= 3, name.allSatisfy(isLetter) else {
      throw Violation(annotation: annotation.name, problem: .name)
    }
    let text = String(decoding: name, as: UTF8.self)
    guard !reserved.contains(text) else { throw Violation(annotation: annotation.name, problem: .reserved) }
    let value: PropertyValue
    do throws(GVariantText.Problem) {
      value = try GVariantText.parse(annotation.value)
    } catch {
      throw Violation(annotation: annotation.name, problem: .value(error))
    }
    guard isSeconds(name) else { return UnitProperty(text, value) }
    guard let microseconds = microseconds(value) else {
      throw Violation(annotation: annotation.name, problem: .seconds)
    }
    return UnitProperty(String(decoding: name.dropLast(3), as: UTF8.self) + "USec", .uint64(microseconds))
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// `TimeoutStopSec` is a property of unit files; on the bus it is `TimeoutStopUSec`, in microseconds.
  private static func isSeconds(_ name: [UInt8]) -> Bool {
    guard name.count > 3, name.suffix(3).elementsEqual("Sec".utf8) else { return false }
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(name[name.count - 4])
  }

  /// A number of seconds in microseconds; nil when it is negative, not finite or too large.
  static func microseconds(_ value: PropertyValue) -> UInt64? {
    switch value {
    case .byte(let number): return microseconds(UInt64(number))
    case .uint16(let number): return microseconds(UInt64(number))
    case .uint32(let number): return microseconds(UInt64(number))
    case .uint64(let number): return microseconds(number)
    case .int16(let number): return UInt64(exactly: number).flatMap(microseconds)
    case .int32(let number): return UInt64(exactly: number).flatMap(microseconds)
    case .int64(let number): return UInt64(exactly: number).flatMap(microseconds)
    case .double(let number):
      let product = number * 1_000_000
      // The largest whole number means "infinity" to systemd.
      guard product >= 0, product < 18_446_744_073_709_549_568 else { return nil }
      return UInt64(product)
    default: return nil
    }
  }

  private static func microseconds(_ seconds: UInt64) -> UInt64? {
    let (product, isBeyond) = seconds.multipliedReportingOverflow(by: 1_000_000)
    return isBeyond ? nil : product
  }
}
