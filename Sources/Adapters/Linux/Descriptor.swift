import CLinux
public import Domain

/// An open file descriptor that is closed when its owner is gone.
///
/// Every descriptor is close-on-exec from birth: what makes one passes the flag.
public struct Descriptor: ~Copyable, Sendable {
  /// The number. Valid while this value lives.
  public let number: Int32

  /// Takes over a descriptor.
  public init(owning number: Int32) {
    self.number = number
  }

  deinit {
    _ = clinux_call(Int(SYS_close), Int(number), 0, 0, 0, 0, 0)
  }

  /// Gives the number away: the receiver closes it.
  public consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }

  /// Another descriptor of the same file. The corresponding call is `F_DUPFD_CLOEXEC`.
  public func duplicate(above lowest: Int32 = 3) throws(Errno) -> Descriptor {
    Descriptor(
      owning: Int32(try call(Int32(SYS_fcntl), Int(number), Int(F_DUPFD_CLOEXEC), Int(lowest))))
  }
}

/// The current directory where a call takes a directory's descriptor (`AT_FDCWD`).
public let currentDirectory: Int32 = -100
