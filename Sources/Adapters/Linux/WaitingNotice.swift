/// What is to be told when a wait takes long: once, and by whoever set it up. Without one, nothing is.
public final class WaitingNotice {
  /// The notice of what is being done now, which `Waiting` gives when its moment comes.
  nonisolated(unsafe) public static var current: WaitingNotice?

  /// When it is due, by the monotonic clock in milliseconds.
  private let moment: Int64
  private let tell: () -> Void
  /// It was given.
  public private(set) var isGiven = false

  /// A notice that is due in so many milliseconds.
  public init(after milliseconds: Int64, _ tell: @escaping () -> Void) {
    moment = Waiting.deadline(after: milliseconds)
    self.tell = tell
  }

  /// How long until it is due; nil once it was given.
  var silence: Int64? { isGiven ? nil : max(0, moment - Waiting.now()) }

  /// Gives it.
  func give() {
    isGiven = true
    tell()
  }
}
