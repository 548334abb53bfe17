import CLinux
public import Domain
public import Ports

/// The words of a `Timeline` as memory, or nothing: then marks cost a look, and have no effect.
///
/// The memory stays for as long as the process runs its program. Nothing here allocates.
public struct TimelineMemory {
  private var words: UnsafeMutablePointer<UInt64>?
  private var count = 0

  /// None.
  public init() {}

  /// Maps a file. The corresponding system calls are `fstat` and `mmap`.
  public init(_ file: Int32) throws(Errno) {
    let size = Int(try Files.status(file).st_size)
    let address = try call(
      Int32(SYS_mmap), 0, size, Int(PROT_READ | PROT_WRITE), Int(MAP_SHARED), Int(file))
    words = UnsafeMutablePointer(bitPattern: address)
    count = size / MemoryLayout<UInt64>.size
  }

  /// Writes the present time for a point.
  public func mark(_ point: Timeline.Point) { write(point.rawValue) }

  /// Writes the present time for the begin of a step.
  public func mark(step index: Int) { write(Timeline.firstStep + index) }

  /// Whether nothing is written once a filter is in force.
  public var endsAtFilter: Bool {
    guard let words else { return true }
    return !Timeline.Traits(rawValue: words[0]).contains(.withoutCall)
  }

  /// Takes the memory away. The corresponding system call is `munmap`.
  public func end() {
    if let words {
      _ = clinux_call(Int(SYS_munmap), word(words), count * MemoryLayout<UInt64>.size, 0, 0, 0, 0)
    }
  }

  private func write(_ index: Int) {
    guard let words, index < count else { return }
    words[index] = Timeline.now()
  }
}

extension Timeline {
  /// Nanoseconds of the real-time clock. The corresponding system call is `clock_gettime`.
  public static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000
      &+ UInt64(truncatingIfNeeded: time.tv_nsec)
  }

  /// An empty one for a plan of so many steps.
  public static func make(steps: Int) throws(Errno) -> Descriptor {
    let file = try MemoryFile.make("timeline")
    let size = count(steps: steps) * MemoryLayout<UInt64>.size
    _ = try call(Int32(SYS_ftruncate), Int(file.number), size)
    var traits: Traits = readsClockWithoutCall ? .withoutCall : []
    try withUnsafeBytes(of: &traits) { (bytes) throws(Errno) in try Files.writeAll(file.number, bytes) }
    return file
  }

  /// Clock sources whose time every process reads for itself.
  private static let sources = ["tsc", "arch_sys_counter"]

  private static var readsClockWithoutCall: Bool {
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
    guard let bytes = try? Host.read(path, limit: 100) else { return false }
    return sources.contains { bytes.elementsEqual(($0 + "\n").utf8) }
  }
}
