public import Domain

/// Looks at processes and signals them, by identity.
///
/// ## Implementation guidance
/// - A process counts only if its start time is the recorded one, checked after it was opened.
public protocol ProcessControl: AnyObject {
  /// Who the caller is.
  func current() throws(SystemFailure) -> ProcessIdentity

  /// Whether exactly this process is seen to run: false too where procfs cannot be read.
  func isAlive(_ process: ProcessIdentity) -> Bool

  /// Signals a process; `noSuchProcess` when it is gone or another.
  func signal(_ process: ProcessIdentity, _ signal: Int32) throws(SystemFailure)

  /// Signals processes that are known by their numbers only. Whoever is gone needs no signal.
  ///
  /// Each is held on to before `listed` makes the list anew, for a number may have passed on to a stranger: only what
  /// stands in it still is signalled, and nothing where `listed` gives nil.
  func signal(pids: [Int32], _ signal: Int32, listed: () -> [Int32]?) throws(SystemFailure)

  /// Waits until a process is gone; false when the time is over.
  func waitUntilGone(_ process: ProcessIdentity, milliseconds: Int64) throws(SystemFailure) -> Bool
}

/// Lets the init process of a created container go on.
public protocol StartGate: AnyObject {
  /// Opens the exec fifo of a state directory, takes it away, and waits until the program is executed.
  func open(directory: String, for process: ProcessIdentity) throws(StartError)
}

/// Why a created container did not start.
public enum StartError: Error, Equatable, Sendable {
  /// The init process ended before it executed its program.
  case processGone
  /// Nobody waits at the fifo: somebody else has started the container.
  case alreadyStarted
  /// A step failed behind the fifo.
  case step(StepFailure)
  /// A system call failed.
  case system(SystemFailure)
}
