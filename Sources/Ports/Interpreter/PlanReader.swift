import Domain

/// Walks an encoded plan without allocating; every read is checked against the block's end.
struct PlanReader {
  private let block: UnsafeRawBufferPointer
  private var offset: Int
  private var end: Int

  /// How many entries the block has, and the position of the first; nil when it is no plan.
  static func open(_ block: UnsafeRawBufferPointer) -> (entries: Int, firstOffset: Int)? {
    guard block.count >= EncodedPlan.headerSize,
      block.loadUnaligned(fromByteOffset: 0, as: UInt32.self) == EncodedPlan.magic,
      block.loadUnaligned(fromByteOffset: 4, as: UInt16.self) == EncodedPlan.version,
      Int(block.loadUnaligned(fromByteOffset: 12, as: UInt32.self)) == block.count
    else { return nil }
    return (Int(block.loadUnaligned(fromByteOffset: 8, as: UInt32.self)), EncodedPlan.headerSize)
  }

  /// Stands before the operands of the entry at `offset`; nil when the entry is not whole.
  init?(_ block: UnsafeRawBufferPointer, entryAt offset: Int) {
    guard offset >= 0, block.count - offset >= EncodedPlan.entryHeaderSize else { return nil }
    let size = Int(block.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
    guard size <= block.count - offset - EncodedPlan.entryHeaderSize else { return nil }
    self.block = block
    self.offset = offset + EncodedPlan.entryHeaderSize
    end = self.offset + size
  }

  /// Where the next entry begins.
  var nextEntry: Int { end }

  mutating func integer() throws(StepFault) -> UInt64 {
    guard end - offset >= 8 else { throw StepFault(.decode, .invalidArgument) }
    let value = block.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    offset += 8
    return value
  }

  mutating func uint32() throws(StepFault) -> UInt32 {
    UInt32(truncatingIfNeeded: try integer())
  }

  mutating func flag() throws(StepFault) -> Bool {
    try integer() != 0
  }

  mutating func slot() throws(StepFault) -> Slot {
    Slot(rawValue: UInt16(truncatingIfNeeded: try integer()))
  }

  mutating func flags() throws(StepFault) -> MountFlags {
    MountFlags(rawValue: try integer())
  }

  mutating func bytes() throws(StepFault) -> PlanBytes {
    let count = try size()
    return try take(count, followedByZero: true)
  }

  mutating func text() throws(StepFault) -> PlanText {
    let bytes = try bytes()
    guard let base = bytes.baseAddress else { throw StepFault(.decode, .invalidArgument) }
    return PlanText(pointer: base.assumingMemoryBound(to: CChar.self), count: bytes.count)
  }

  mutating func texts() throws(StepFault) -> PlanTextList {
    let count = try size()
    let size = try size()
    let bytes = try take(size, followedByZero: false)
    guard count <= size, bytes.reduce(0, { $0 + ($1 == 0 ? 1 : 0) }) == count,
      bytes.last ?? 0 == 0, let base = block.baseAddress
    else { throw StepFault(.decode, .invalidArgument) }
    let first = bytes.baseAddress ?? base
    return PlanTextList(first: first.assumingMemoryBound(to: CChar.self), count: count)
  }

  private mutating func size() throws(StepFault) -> Int {
    guard let size = Int(exactly: try integer()), size <= end - offset else {
      throw StepFault(.decode, .invalidArgument)
    }
    return size
  }

  private mutating func take(_ count: Int, followedByZero: Bool) throws(StepFault) -> PlanBytes {
    let whole = count + (followedByZero ? 1 : 0)
    let padded = (whole + 7) & ~7
    guard padded <= end - offset, !followedByZero || block[offset + count] == 0 else {
      throw StepFault(.decode, .invalidArgument)
    }
    let bytes = PlanBytes(rebasing: block[offset..<offset + count])
    offset += padded
    return bytes
  }
}
