public import Domain

/// A system call that failed, with what it was applied to: the cause at the bottom of every port's error.
public struct SystemFailure: Error, Equatable, Sendable {
  /// The call, such as `openat2`.
  public var call: String
  /// What it was applied to, such as a path.
  public var subject: String
  /// What the kernel answered.
  public var errno: Errno

  /// Makes a failure.
  public init(call: String, subject: String, errno: Errno) {
    self.call = call
    self.subject = subject
    self.errno = errno
  }
}

extension SystemFailure: CustomStringConvertible {
  /// Such as `openat2 /proc/self/ns/net: permission denied`.
  public var description: String {
    subject.isEmpty ? "\(call): \(errno)" : "\(call) \(subject): \(errno)"
  }
}
