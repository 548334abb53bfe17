import CYajl
import Domain

/// Collects the parser's events into a tree, without recursion.
///
/// Finished values wait on one stack until their array or object ends, so that each container costs one
/// allocation.
struct TreeBuilder {
  /// Why a callback stopped the parser.
  enum Fault {
    case tooDeep, notUnicode, numberTooLarge
  }

  private struct Frame {
    var firstValue: Int
    var firstName: Int
  }

  private let depth: Int
  private var frames: [Frame] = []
  private var values: [JSON] = []
  private var names: [String] = []

  /// Why the parser was stopped.
  private(set) var fault: Fault?

  /// Collects a tree of at most `depth` nested containers.
  init(depth: Int) {
    self.depth = depth
    frames.reserveCapacity(16)
    values.reserveCapacity(64)
    names.reserveCapacity(32)
  }

  /// The whole document, once the parser is through.
  var root: JSON? { frames.isEmpty ? values.first : nil }

  mutating func add(_ value: JSON) -> Int32 {
    values.append(value)
    return 1
  }

  mutating func add(text: UnsafeBufferPointer<UInt8>) -> Int32 {
    guard let string = checkedText(text) else { return stop(.notUnicode) }
    return add(.string(string))
  }

  mutating func add(number: UnsafeBufferPointer<UInt8>) -> Int32 {
    guard let value = exactNumber(number) else { return stop(.numberTooLarge) }
    return add(value)
  }

  mutating func name(_ text: UnsafeBufferPointer<UInt8>) -> Int32 {
    guard let string = checkedText(text) else { return stop(.notUnicode) }
    names.append(string)
    return 1
  }

  mutating func open() -> Int32 {
    guard frames.count < depth else { return stop(.tooDeep) }
    frames.append(Frame(firstValue: values.count, firstName: names.count))
    return 1
  }

  mutating func closeArray() -> Int32 {
    guard let frame = frames.popLast() else { return 0 }
    let elements = Array(values[frame.firstValue...])
    values.removeSubrange(frame.firstValue...)
    return add(.array(elements))
  }

  mutating func closeObject() -> Int32 {
    guard let frame = frames.popLast() else { return 0 }
    let count = min(values.count - frame.firstValue, names.count - frame.firstName)
    var members: [JSON.Member] = []
    members.reserveCapacity(count)
    for index in 0..<count {
      members.append(JSON.Member(names[frame.firstName + index], values[frame.firstValue + index]))
    }
    values.removeSubrange(frame.firstValue...)
    names.removeSubrange(frame.firstName...)
    return add(.object(members))
  }

  private mutating func stop(_ fault: Fault) -> Int32 {
    self.fault = fault
    return 0
  }
}

/// The text; nil when it is not UTF-8.
///
/// The checking initializer looks generic types up each time, so it is left to the few texts that need it.
private func checkedText(_ text: UnsafeBufferPointer<UInt8>) -> String? {
  for byte in text where byte >= 0x80 { return String(validating: text, as: UTF8.self) }
  return String(decoding: text, as: UTF8.self)
}

/// The value of a number that the parser found well formed; nil when even a real cannot hold it.
private func exactNumber(_ text: UnsafeBufferPointer<UInt8>) -> JSON? {
  let negative = text.first == UInt8(ascii: "-")
  var magnitude: UInt64 = 0
  for byte in text.dropFirst(negative ? 1 : 0) {
    guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return realNumber(text) }
    let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
    let (sum, stillTooLarge) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
    if tooLarge || stillTooLarge { return realNumber(text) }
    magnitude = sum
  }
  if let small = Int64(exactly: magnitude) { return .integer(negative ? -small : small) }
  if negative { return magnitude == Int64.min.magnitude ? .integer(.min) : realNumber(text) }
  return .unsigned(magnitude)
}

private func realNumber(_ text: UnsafeBufferPointer<UInt8>) -> JSON? {
  guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
  return .real(value)
}

extension TreeBuilder {
  /// The parser's events. Numbers come as text, which keeps integers exact.
  static let callbacks = yajl_callbacks(
    yajl_null: { context in builder(context) { $0.add(.null) } },
    yajl_boolean: { context, value in builder(context) { $0.add(.bool(value != 0)) } },
    yajl_integer: nil,
    yajl_double: nil,
    yajl_number: { context, text, count in
      builder(context) { tree in
        guard let text else { return 0 }
        return text.withMemoryRebound(to: UInt8.self, capacity: count) {
          tree.add(number: UnsafeBufferPointer(start: $0, count: count))
        }
      }
    },
    yajl_string: { context, text, count in
      builder(context) { $0.add(text: UnsafeBufferPointer(start: text, count: count)) }
    },
    yajl_start_map: { context in builder(context) { $0.open() } },
    yajl_map_key: { context, text, count in
      builder(context) { $0.name(UnsafeBufferPointer(start: text, count: count)) }
    },
    yajl_end_map: { context in builder(context) { $0.closeObject() } },
    yajl_start_array: { context in builder(context) { $0.open() } },
    yajl_end_array: { context in builder(context) { $0.closeArray() } })

  private static func builder(
    _ context: UnsafeMutableRawPointer?, _ event: (inout TreeBuilder) -> Int32
  ) -> Int32 {
    guard let context else { return 0 }
    return event(&context.assumingMemoryBound(to: TreeBuilder.self).pointee)
  }
}
