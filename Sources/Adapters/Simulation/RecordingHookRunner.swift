public import Domain
public import Ports

/// Notes hooks instead of running them.
public final class RecordingHookRunner: HookRunner {
  /// One call.
  public struct Call: Equatable, Sendable {
    /// The program.
    public var path: String
    /// What it would have got on standard input.
    public var state: String
    /// It would have run inside a container.
    public var isInside: Bool
  }

  /// What was called, in order.
  public private(set) var calls: [Call] = []
  /// Paths of programs that fail.
  public var failing: Set<String> = []

  /// Makes a runner.
  public init() {}

  public func run(
    _ hook: Hook, state: String, inside target: HookTarget?, files: HookFiles
  ) throws(HookError) {
    calls.append(Call(path: hook.path, state: state, isInside: target != nil))
    guard failing.contains(hook.path) else { return }
    throw .exited(path: hook.path, code: 1, output: "", errorOutput: "no")
  }
}
