/// A plan as one block of bytes, for a process that must not allocate.
///
/// All integers are little-endian and 8-byte aligned. The header is `magic` (4 bytes), version (2),
/// slot count (2), entry count (4), size of the whole block (4). An entry is its kind (1), its tolerance
/// (1), two zero bytes, the size of its operands (4), and the operands: integers of 8 bytes; texts as
/// their count (8), their bytes and one zero byte, padded to 8; lists of texts as their number (8),
/// their size (8) and the texts, each ended by a zero byte, padded to 8.
public struct EncodedPlan: Equatable, Sendable {
  /// "MPLN".
  public static let magic: UInt32 = 0x4E4C_504D
  /// The format's version.
  public static let version: UInt16 = 1
  /// Bytes before the first entry.
  public static let headerSize = 16
  /// Bytes before an entry's operands.
  public static let entryHeaderSize = 8

  /// The block.
  public let bytes: [UInt8]

  /// Encodes a plan.
  public init(_ plan: Plan) {
    var writer = StepWriter()
    writer.writeHeader(slots: plan.slots.count, entries: plan.entries.count)
    for entry in plan.entries {
      writer.begin(entry.step.kind, tolerance: entry.step.tolerance)
      entry.step.encodeOperands(to: &writer)
      writer.end()
    }
    bytes = writer.finish()
  }
}

/// Appends steps to a block of bytes.
struct StepWriter {
  private var bytes: [UInt8] = []
  private var operandsStart = 0

  init() {
    bytes.reserveCapacity(16384)
  }

  mutating func writeHeader(slots: Int, entries: Int) {
    append(EncodedPlan.magic, size: 4)
    append(UInt64(EncodedPlan.version), size: 2)
    append(UInt64(slots), size: 2)
    append(UInt64(entries), size: 4)
    append(UInt64(0), size: 4)
  }

  mutating func begin(_ kind: StepKind, tolerance: Tolerance) {
    bytes.append(kind.rawValue)
    bytes.append(tolerance.rawValue)
    bytes.append(0)
    bytes.append(0)
    append(UInt64(0), size: 4)
    operandsStart = bytes.count
  }

  mutating func end() {
    patch(UInt32(truncatingIfNeeded: bytes.count - operandsStart), at: operandsStart - 4)
  }

  mutating func finish() -> [UInt8] {
    patch(UInt32(truncatingIfNeeded: bytes.count), at: 12)
    return bytes
  }

  mutating func write(_ value: some FixedWidthInteger) {
    append(UInt64(truncatingIfNeeded: value), size: 8)
  }

  mutating func write(_ value: Bool) {
    write(value ? 1 as UInt64 : 0)
  }

  mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
    bytes.append(0)
    pad()
  }

  mutating func write(_ data: [UInt8]) {
    write(data.count)
    bytes.append(contentsOf: data)
    bytes.append(0)
    pad()
  }

  mutating func write(_ texts: [String]) {
    write(texts.count)
    write(texts.reduce(0) { $0 + $1.utf8.count + 1 })
    for text in texts {
      bytes.append(contentsOf: text.utf8)
      bytes.append(0)
    }
    pad()
  }

  private mutating func append(_ value: some FixedWidthInteger, size: Int) {
    var rest = UInt64(truncatingIfNeeded: value)
    for _ in 0..<size {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  private mutating func patch(_ value: UInt32, at index: Int) {
    for byte in 0..<4 {
      bytes[index + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte)))
    }
  }

  private mutating func pad() {
    while bytes.count % 8 != 0 {
      bytes.append(0)
    }
  }
}
