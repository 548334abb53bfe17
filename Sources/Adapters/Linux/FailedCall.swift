public import Domain

/// A failure that knows which call of several it was, where one function makes more than one kind.
public struct FailedCall: Error, Equatable, Sendable {
  /// The call, such as `openat`.
  public let call: String
  /// What the kernel answered.
  public let errno: Errno

  /// Names a failure.
  public init(_ call: String, _ errno: Errno) {
    self.call = call
    self.errno = errno
  }

  /// Gives a failure inside the name of the call that it is of.
  @inline(__always)
  public static func naming<Value: ~Copyable>(
    _ call: String, _ body: () throws(Errno) -> Value
  ) throws(FailedCall) -> Value {
    do throws(Errno) {
      return try body()
    } catch {
      throw FailedCall(call, error)
    }
  }
}
