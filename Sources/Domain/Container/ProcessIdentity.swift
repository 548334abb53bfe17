/// A process that cannot be mistaken for a later one with the same number.
public struct ProcessIdentity: Hashable, Sendable {
  /// The process id as the runtime sees it.
  public var pid: Int32
  /// Field 22 of `/proc/PID/stat`: clock ticks from boot to its start.
  public var startTime: UInt64

  /// Makes an identity.
  public init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }
}
