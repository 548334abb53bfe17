/// Text inside an encoded plan: borrowed, and ended by a zero byte that is not counted.
public struct PlanText {
  /// The first byte; valid while the plan's block is.
  public let pointer: UnsafePointer<CChar>
  /// Bytes without the zero.
  public let count: Int

  /// Borrows text.
  public init(pointer: UnsafePointer<CChar>, count: Int) {
    self.pointer = pointer
    self.count = count
  }
}

/// A list of texts inside an encoded plan: borrowed, ended by a null pointer, fit for `execve`.
public struct PlanTextList {
  /// The texts one after the other, each ended by a zero byte.
  public let first: UnsafePointer<CChar>
  /// How many.
  public let count: Int

  /// Borrows a list.
  public init(first: UnsafePointer<CChar>, count: Int) {
    self.first = first
    self.count = count
  }
}

/// Bytes inside an encoded plan: borrowed.
public typealias PlanBytes = UnsafeRawBufferPointer
