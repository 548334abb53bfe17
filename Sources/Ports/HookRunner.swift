public import Domain

/// Runs hook programs.
///
/// ## Implementation guidance
/// - The program gets the state on standard input, and its own output is captured up to a bound for the
///   error message; a child that keeps the pipe open does not keep the runner waiting.
/// - A timeout kills the program.
public protocol HookRunner: AnyObject {
  /// Runs one program to its end, in the runtime's namespaces or in those of `target`.
  /// What it writes is added to `files`, too.
  func run(
    _ hook: Hook, state: String, inside target: HookTarget?, files: HookFiles
  ) throws(HookError)
}

/// A process whose namespaces a hook enters before its program runs; the program is the host's.
public struct HookTarget: Equatable, Sendable {
  /// The process.
  public var process: ProcessIdentity
  /// Which of its namespaces.
  public var namespaces: NamespaceSet

  /// Makes a target.
  public init(process: ProcessIdentity, namespaces: NamespaceSet) {
    self.process = process
    self.namespaces = namespaces
  }
}

/// Why a hook failed.
public enum HookError: Error, Equatable, Sendable {
  /// It could not be started.
  case start(path: String, SystemFailure)
  /// It exited with a code that is not 0.
  case exited(path: String, code: Int32, output: String, errorOutput: String)
  /// A signal ended it.
  case signalled(path: String, signal: Int32, output: String, errorOutput: String)
  /// The file for what it writes could not be opened.
  case file(path: String, SystemFailure)
  /// It ran past its timeout and was killed.
  case timedOut(path: String, seconds: Int)
}
