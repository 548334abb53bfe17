import CLinux
public import Domain

/// A counter that the kernel, or another process, adds to.
public final class EventCounter {
  private let descriptor: Descriptor

  /// The number, to wait for or to give away.
  public var number: Int32 { descriptor.number }

  /// Makes one at 0. The corresponding system call is `eventfd2`.
  public init() throws(Errno) {
    descriptor = Descriptor(
      owning: Int32(try call(Int32(SYS_eventfd2), 0, Int(O_CLOEXEC | O_NONBLOCK))))
  }

  /// What has been added since the last call. The corresponding system call is `read`.
  public func take() -> UInt64 {
    EventDescriptors.number(from: descriptor.number)
  }
}

/// A clock that rings.
public final class Timer {
  private let descriptor: Descriptor

  /// The number, to wait for.
  public var number: Int32 { descriptor.number }

  /// Makes one that is silent. The corresponding system call is `timerfd_create`.
  public init() throws(Errno) {
    descriptor = Descriptor(
      owning: Int32(
        try call(Int32(SYS_timerfd_create), Int(CLOCK_MONOTONIC), Int(O_CLOEXEC | O_NONBLOCK))))
  }

  /// Rings after so many milliseconds, and then, if there is an interval, again and again; 0 silences it. The
  /// corresponding system call is `timerfd_settime`.
  public func ring(after milliseconds: Int64, every interval: Int64 = 0) throws(Errno) {
    var setting = itimerspec(it_interval: Timer.time(interval), it_value: Timer.time(milliseconds))
    _ = try call(Int32(SYS_timerfd_settime), Int(descriptor.number), 0, word(&setting), 0)
  }

  /// How often it has rung since the last call. The corresponding system call is `read`.
  public func take() -> UInt64 {
    EventDescriptors.number(from: descriptor.number)
  }

  private static func time(_ milliseconds: Int64) -> timespec {
    timespec(tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
  }
}

/// Descriptors that are waited for as one.
public final class DescriptorGroup {
  private let descriptor: Descriptor

  /// Readable when one of the group has what it is waited for.
  public var number: Int32 { descriptor.number }

  /// Makes an empty group. The corresponding system call is `epoll_create1`.
  public init() throws(Errno) {
    descriptor = Descriptor(owning: Int32(try call(Int32(SYS_epoll_create1), Int(O_CLOEXEC))))
  }

  /// Adds a descriptor, which has to stay open: until it is readable, or, as control files tell of a change, has
  /// urgent data. The corresponding system call is `epoll_ctl`.
  public func add(_ member: Int32, urgent: Bool = false) throws(Errno) {
    var event = epoll_event()
    event.events = urgent ? EPOLLPRI.rawValue : EPOLLIN.rawValue
    _ = try call(
      Int32(SYS_epoll_ctl), Int(descriptor.number), Int(EPOLL_CTL_ADD), Int(member), word(&event))
  }
}

enum EventDescriptors {
  /// The 8 bytes that counters and clocks hold; 0 when there is nothing.
  static func number(from descriptor: Int32) -> UInt64 {
    var number: UInt64 = 0
    let count = clinux_call(Int(SYS_read), Int(descriptor), word(&number), 8, 0, 0, 0)
    return count == 8 ? number : 0
  }
}
