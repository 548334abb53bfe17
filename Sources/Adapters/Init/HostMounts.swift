import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel {
  /// Takes the host's procfs and sysfs out of the mount namespace, which without `pivot_root` keeps the
  /// host's whole tree: a container with a user namespace may mount new ones only while it can see whole
  /// ones, and these would also be a way around what is masked.
  func hideHostMounts() throws(StepFault) {
    let own = try naming(.statx) { () throws(Errno) in try MountIdentity.of(root.number, procfs: procfs) }
    let listing = try naming(.open) { () throws(Errno) in try openBelowProcfs("self/mountinfo", O_RDONLY) }
    let page = try Page(size: MountTable.sizeLimit)
    var count = 0
    while count < page.size {
      let got = clinux_call(
        Int(SYS_read), Int(listing.number), word(page.start) + count, page.size - count, 0, 0, 0)
      guard got >= 0 else { throw StepFault(.read, Errno(rawValue: Int32(truncatingIfNeeded: -got))) }
      if got == 0 { break }
      count += got
    }
    guard count < page.size else { throw StepFault(.read, .overflow) }
    let table = MountTable(UnsafeRawBufferPointer(start: page.start, count: count))
    // Backwards: what is mounted last lies on top.
    var end = count
    while let line = table.line(before: end) {
      end = line.lowerBound
      guard let entry = table.entry(line), entry.isWhole, table.isKernelState(entry),
        !table.descends(entry, from: own)
      else { continue }
      guard table.copyPath(entry, to: buffer, capacity: LinuxKernel.bufferSize) else {
        throw StepFault(.umount2, .nameTooLong)
      }
      try hide(buffer)
    }
  }

  /// Detaches a mount; one that a more privileged namespace holds in place is covered.
  private func hide(_ path: UnsafePointer<CChar>) throws(StepFault) {
    let result = clinux_call(Int(SYS_umount2), word(path), 2, 0, 0, 0, 0)
    guard result < 0 else { return }
    guard result == -Int(EINVAL) || result == -Int(EPERM) else {
      throw StepFault(.umount2, Errno(rawValue: Int32(truncatingIfNeeded: -result)))
    }
    let type: StaticString = "tmpfs"
    try attempt(.mount, SYS_mount, word(type.utf8Start), word(path), word(type.utf8Start), 0, 0)
  }
}

/// The text of `/proc/self/mountinfo`, read in place: a line is number, parent's number, device, root,
/// mount point, options, optional fields, `-`, type, source and more.
struct MountTable {
  /// More text than this is not read.
  static let sizeLimit = 4 << 20
  private static let depthLimit = 128

  private let text: UnsafeRawBufferPointer

  /// One mount.
  struct Entry {
    var number: UInt64
    var parent: UInt64
    /// The mount shows its file system from the top.
    var isWhole: Bool
    var path: Range<Int>
    var type: Range<Int>
  }

  init(_ text: UnsafeRawBufferPointer) {
    self.text = text
  }

  /// The last line that ends before `end`, without its line feed.
  func line(before end: Int) -> Range<Int>? {
    var last = end
    while last > 0, text[last - 1] == 10 { last -= 1 }
    guard last > 0 else { return nil }
    var first = last
    while first > 0, text[first - 1] != 10 { first -= 1 }
    return first..<last
  }

  /// The mount of a line; nil when the line makes no sense.
  func entry(_ line: Range<Int>) -> Entry? {
    var position = line.lowerBound
    guard let number = value(field(&position, line)), let parent = value(field(&position, line)) else {
      return nil
    }
    _ = field(&position, line)
    let root = field(&position, line)
    let path = field(&position, line)
    while position < line.upperBound {
      let part = field(&position, line)
      guard part.count == 1, text[part.lowerBound] == 45 else { continue }
      let isWhole = root.count == 1 && text[root.lowerBound] == 47
      return Entry(
        number: number, parent: parent, isWhole: isWhole, path: path, type: field(&position, line))
    }
    return nil
  }

  /// It is a procfs or a sysfs.
  func isKernelState(_ entry: Entry) -> Bool {
    matches(entry.type, "proc") || matches(entry.type, "sysfs")
  }

  /// Whether a mount is below another one, or is it.
  func descends(_ entry: Entry, from ancestor: UInt64) -> Bool {
    var number = entry.number
    var parent = entry.parent
    for _ in 0..<MountTable.depthLimit {
      if number == ancestor { return true }
      guard parent != number, let next = find(parent) else { return false }
      (number, parent) = (next.number, next.parent)
    }
    return false
  }

  /// Copies the mount point, its octal escapes undone, with a zero byte; false when it does not fit.
  func copyPath(_ entry: Entry, to buffer: UnsafeMutablePointer<CChar>, capacity: Int) -> Bool {
    guard entry.path.count < capacity else { return false }
    var index = entry.path.lowerBound
    var count = 0
    while index < entry.path.upperBound {
      var byte = text[index]
      if byte == 92, index + 3 < entry.path.upperBound {
        let digits = (text[index + 1] &- 48, text[index + 2] &- 48, text[index + 3] &- 48)
        byte = (digits.0 & 3) << 6 | (digits.1 & 7) << 3 | digits.2 & 7
        index += 3
      }
      buffer[count] = CChar(bitPattern: byte)
      count += 1
      index += 1
    }
    buffer[count] = 0
    return true
  }

  private func find(_ number: UInt64) -> Entry? {
    var end = text.count
    while let line = line(before: end) {
      end = line.lowerBound
      if let entry = entry(line), entry.number == number { return entry }
    }
    return nil
  }

  private func field(_ position: inout Int, _ line: Range<Int>) -> Range<Int> {
    let start = min(position, line.upperBound)
    var end = start
    while end < line.upperBound, text[end] != 32 { end += 1 }
    position = end + 1
    return start..<end
  }

  private func value(_ range: Range<Int>) -> UInt64? {
    guard !range.isEmpty, range.count < 19 else { return nil }
    var value: UInt64 = 0
    for index in range {
      guard text[index] >= 48, text[index] <= 57 else { return nil }
      value = value * 10 + UInt64(text[index] - 48)
    }
    return value
  }

  private func matches(_ range: Range<Int>, _ name: StaticString) -> Bool {
    guard range.count == name.utf8CodeUnitCount else { return false }
    for index in 0..<range.count where text[range.lowerBound + index] != name.utf8Start[index] {
      return false
    }
    return true
  }
}
