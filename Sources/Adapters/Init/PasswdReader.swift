import CLinux
import Linux

/// Reads a passwd file line by line through a small buffer. A line that is too long is skipped.
struct PasswdReader {
  private let file: Int32
  private let buffer: UnsafeMutablePointer<CChar>
  private let capacity: Int
  private var used = 0
  /// A file is not read for ever.
  private var budget = 4 << 20

  init(_ file: Int32, _ buffer: UnsafeMutablePointer<CChar>, capacity: Int) {
    self.file = file
    self.buffer = buffer
    self.capacity = capacity
  }

  /// Copies the home directory of a user, if the file names one that fits.
  mutating func copyHome(of uid: UInt32, to result: UnsafeMutablePointer<CChar>, capacity limit: Int) {
    var skips = false
    while fill() {
      var start = 0
      while let length = lineLength(from: start) {
        if !skips, copy(buffer + start, length, uid, to: result, limit) { return }
        skips = false
        start += length + 1
      }
      if start == 0, used == capacity {
        skips = true
        used = 0
      } else {
        used -= start
        memmove(buffer, buffer + start, used)
      }
    }
    if !skips, used > 0 { _ = copy(buffer, used, uid, to: result, limit) }
  }

  private mutating func fill() -> Bool {
    guard budget > 0, used < capacity else { return false }
    let count = clinux_call(Int(SYS_read), Int(file), word(buffer + used), capacity - used, 0, 0, 0)
    guard count > 0 else { return false }
    used += count
    budget -= count
    return true
  }

  private func lineLength(from start: Int) -> Int? {
    for index in start..<used where buffer[index] == 10 { return index - start }
    return nil
  }

  /// `name:password:uid:gid:gecos:home:shell`.
  private func copy(
    _ line: UnsafePointer<CChar>, _ length: Int, _ uid: UInt32, to result: UnsafeMutablePointer<CChar>,
    _ limit: Int
  ) -> Bool {
    guard let id = field(2, of: line, length), number(line, id) == uid, let home = field(5, of: line, length),
      !home.isEmpty, home.count < limit
    else { return false }
    memcpy(result, line + home.lowerBound, home.count)
    result[home.count] = 0
    return true
  }

  private func field(_ wanted: Int, of line: UnsafePointer<CChar>, _ length: Int) -> Range<Int>? {
    var start = 0
    var field = 0
    for index in 0...length where index == length || line[index] == 58 {
      if field == wanted { return start..<index }
      field += 1
      start = index + 1
    }
    return nil
  }

  private func number(_ line: UnsafePointer<CChar>, _ range: Range<Int>) -> UInt32? {
    guard !range.isEmpty, range.count <= 10 else { return nil }
    var value: UInt64 = 0
    for index in range {
      guard line[index] >= 48, line[index] <= 57 else { return nil }
      value = value * 10 + UInt64(line[index] - 48)
    }
    return UInt32(exactly: value)
  }
}
