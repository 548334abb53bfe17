/// Keeps the runtime in the foreground for as long as a container's process runs.
///
/// ## Implementation guidance
/// - `begin` comes after the process is born and before it may go on: from then on no signal ends the
///   runtime, and none is lost.
/// - The terminal of the caller is what it was again when `wait` returns, however it returns.
public protocol ForegroundConsole: AnyObject {
  /// Takes over the signals that the runtime gets.
  func begin() throws(SystemFailure)

  /// Forwards signals, copies between the caller's terminal and `terminal` (a master, which the callee
  /// owns from here), reaps whatever falls to the runtime, serves a companion, and returns when the process has
  /// ended.
  func wait(
    for process: any InitProcess, terminal: Int32?, companion: (any ForegroundCompanion)?
  ) throws(SystemFailure) -> ProcessEnd
}

/// Something that has to be done now and then while a process runs in the foreground.
///
/// ## Implementation guidance
/// - Neither `serve` nor `finish` waits for anything.
public protocol ForegroundCompanion: AnyObject {
  /// What is waited for; nil when there is nothing.
  var awaited: AwaitedDescriptor? { get }

  /// Does one piece of work, when what is waited for is there.
  func serve()

  /// Does what is left once the process has ended, as far as nothing has to be waited for.
  func finish()
}

/// A descriptor, and what of it is waited for.
public struct AwaitedDescriptor: Equatable, Sendable {
  /// The descriptor, which stays its owner's.
  public var number: Int32
  /// That it can be written to, rather than read from.
  public var toWrite: Bool

  /// Names one.
  public init(number: Int32, toWrite: Bool) {
    self.number = number
    self.toWrite = toWrite
  }
}

/// How a process ended.
public enum ProcessEnd: Equatable, Sendable {
  /// It exited with a code.
  case exited(Int32)
  /// A signal ended it.
  case signalled(Int32)

  /// The exit code that a runtime passes on: that of the process, or 128 and the signal.
  public var code: Int32 {
    switch self {
    case .exited(let code): code
    case .signalled(let signal): 128 &+ signal
    }
  }
}
