public import CLinux
public import Domain

/// Waiting for an event with a deadline.
public enum Waiting {
  /// Milliseconds of the monotonic clock. The corresponding system call is `clock_gettime`.
  public static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// The moment that is so many milliseconds from now; the end of time where the clock cannot count so far.
  public static func deadline(after milliseconds: Int64) -> Int64 {
    let (moment, isBeyond) = now().addingReportingOverflow(milliseconds)
    return isBeyond ? Int64.max : moment
  }

  /// Seconds in milliseconds, as many as there are at the most.
  public static func milliseconds(seconds: Int) -> Int64 {
    let (product, isBeyond) = Int64(seconds).multipliedReportingOverflow(by: 1000)
    return isBeyond ? Int64.max : product
  }

  /// Waits until one of the descriptors has one of its events; nil `timeout` waits for ever. Returns
  /// false when the time is over. The corresponding system call is `poll`.
  public static func poll(_ descriptors: inout [pollfd], timeout milliseconds: Int64?) throws(Errno) -> Bool {
    let deadline = milliseconds.map { Waiting.deadline(after: $0) }
    while true {
      var left = deadline.map { max(0, $0 - now()) } ?? -1
      let silence = WaitingNotice.current?.silence ?? -1
      let isCut = silence >= 0 && (left < 0 || silence < left)
      if isCut { left = silence }
      let result = CLinux.poll(&descriptors, nfds_t(descriptors.count), Int32(clamping: left))
      if result > 0 { return true }
      if result == 0, isCut {
        WaitingNotice.current?.give()
        continue
      }
      // The call counts no more than 24 days at once.
      if result == 0, left <= Int64(Int32.max) { return false }
      if result == 0 { continue }
      let failure = lastErrno()
      guard failure == .interrupted else { throw failure }
    }
  }

  /// Looks again and again, for so long at the most, until a descriptor is readable or hung up.
  ///
  /// For what another process is about to send before it goes on working: whoever sleeps would be woken on
  /// the sender's processor, and wait there for it, however idle the others are. Where there is no other
  /// processor, each look leaves this one to the sender.
  public static func watch(_ descriptor: Int32, microseconds: Int64) {
    let deadline = nanoseconds() + microseconds * 1000
    var looked = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // Newer architectures have no `poll`.
    var noTime = timespec()
    while clinux_call(Int(SYS_ppoll), word(&looked), 1, word(&noTime), 0, 0, 0) == 0, nanoseconds() < deadline
    {
      _ = clinux_call(Int(SYS_sched_yield), 0, 0, 0, 0, 0, 0)
    }
  }

  /// Nanoseconds of the monotonic clock. The corresponding system call is `clock_gettime`.
  public static func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Waits until a descriptor is readable or hung up.
  public static func readable(_ descriptor: Int32, timeout milliseconds: Int64?) throws(Errno) -> Bool {
    var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
    return try poll(&descriptors, timeout: milliseconds)
  }

  /// Waits until one of the descriptors is readable or hung up; tells for each whether it is. Negative ones are passed
  /// over.
  public static func ready(_ numbers: [Int32]) throws(Errno) -> [Bool] {
    var descriptors = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    _ = try poll(&descriptors, timeout: nil)
    return descriptors.map { $0.revents != 0 }
  }
}
