import Domain
public import Ports

/// One message on the socket between a process on its way through a plan and its parent: 16 bytes,
/// `kind` (1), zero (1), `call` (2), `index` (4), `errno` (4), `detail` (4), in native byte order.
public struct SyncFrame: Equatable, Sendable {
  /// Bytes of a frame.
  public static let size = 16

  /// What a message says.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// To the process: the plan follows, `index` bytes long; `detail` descriptors, one a slot and then `call`
    /// doors of cgroups, come with this frame and, when they are more than `SyncChannel.batch`, with as many
    /// `descriptors` frames as it takes, before the plan's bytes.
    case plan = 1
    /// To the process: more descriptors come with this frame.
    case descriptors
    /// To the process: go on from where you wait.
    case proceed
    /// To the parent: it waits at the milestone `index`.
    case reached
    /// To the parent: the step `index` failed, or the process could not begin (`SyncFrame.birth`).
    case failed
    /// To the parent: all is done but `execve`, or the wait for `start`. The end of the stream then means
    /// that it happened (a process that waits for `start` closes the socket itself); a `failed` frame that
    /// `execve` failed. Without this frame the end of the stream is a death. A parent that is gone by now
    /// is no failure: `brokenPipe` is passed over.
    case executing
    /// To the parent, before the init stage runs: it waits to be given ids or clock offsets.
    case born
    /// To the parent, before the init stage runs: another process, whose pidfd comes with this frame,
    /// has been born beside it and goes on in its place.
    case successor
    /// To the parent: a seccomp filter is in force whose listener is the descriptor `index` of this process,
    /// which waits until the parent has it.
    case listener
    /// To the process: the late slots and the doors of the remaining cgroups, as with `plan`.
    case rest
  }

  /// The index of a failure before the first step.
  public static let birth = UInt32.max

  /// What it says.
  public var kind: Kind
  /// `StepCall`'s number of a call that failed; else the kind's own.
  public var call: UInt16
  /// The kind's own: a step, a milestone or a size.
  public var index: UInt32
  /// What the kernel answered.
  public var errno: Int32
  /// The kind's own.
  public var detail: UInt32

  /// Makes a frame.
  public init(_ kind: Kind, index: UInt32 = 0, errno: Int32 = 0, call: UInt16 = 0, detail: UInt32 = 0) {
    self.kind = kind
    self.call = call
    self.index = index
    self.errno = errno
    self.detail = detail
  }

  /// The report of a step that failed.
  public init(_ failure: StepFailure) {
    self.init(
      .failed, index: UInt32(truncatingIfNeeded: failure.index), errno: failure.errno.rawValue,
      call: failure.call.rawValue, detail: failure.detail)
  }

  /// The failure that a `failed` frame reports.
  public var failure: StepFailure {
    StepFailure(
      index: index == SyncFrame.birth ? -1 : Int(index), errno: Errno(rawValue: errno),
      call: StepCall(rawValue: call) ?? .none, detail: detail)
  }

  /// Reads a frame; nil when its kind is unknown.
  package init?(_ words: (UInt32, UInt32, UInt32, UInt32)) {
    guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: words.0)) else { return nil }
    self.init(
      kind, index: words.1, errno: Int32(bitPattern: words.2),
      call: UInt16(truncatingIfNeeded: words.0 >> 16), detail: words.3)
  }

  /// The frame as it travels.
  package var words: (UInt32, UInt32, UInt32, UInt32) {
    (UInt32(kind.rawValue) | UInt32(call) << 16, index, UInt32(bitPattern: errno), detail)
  }
}
