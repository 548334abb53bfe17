/// One write to a control file of a cgroup.
public struct ControlWrite: Equatable, Sendable {
  /// What a failure of the write means.
  public enum Failure: Equatable, Sendable {
    /// Any failure is one of the whole operation.
    case fatal
    /// A kernel without the file already behaves as the text asks, so `ENOENT` is no failure.
    case unlessMissing
    /// `EINVAL` means that another file must change first: the write is made again, and is fatal then,
    /// once the controller's other files are written. A second value says that `ENOENT` is no failure.
    case retriedLast(unlessMissing: Bool)
  }

  /// The controller whose hierarchy has the file, such as `memory`.
  public var controller: String
  /// The file's name, such as `memory.max`.
  public var file: String
  /// The text, without a line end.
  public var text: String
  /// What a failure means.
  public var failure: Failure
  /// What is written where the kernel has no such file: the same setting by another name.
  public var alternative: Alternative?

  /// Another file, and its text.
  public struct Alternative: Equatable, Sendable {
    /// The file's name.
    public var file: String
    /// The text, without a line end.
    public var text: String
  }

  /// Makes a write with an alternative.
  public init(_ controller: String, _ file: String, _ text: String, or other: String, _ otherText: String) {
    self.init(controller, file, text)
    alternative = Alternative(file: other, text: otherText)
  }

  /// Makes a write.
  public init(_ controller: String, _ file: String, _ text: String, _ failure: Failure = .fatal) {
    self.controller = controller
    self.file = file
    self.text = text
    self.failure = failure
  }
}

/// A value of `linux.resources` that no control file can express.
public struct InexpressibleLimit: Error, Equatable, Sendable {
  /// The control file.
  public var file: String
  /// Why not.
  public var reason: String

  /// Makes the error.
  public init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }
}
