/// `hooks`: programs to run at six points of the life cycle.
public struct Hooks: Equatable, Sendable {
  /// Deprecated; before `createRuntime`, at the same point.
  public var prestart: [Hook] = []
  /// Runtime namespaces, after the namespaces exist, before `pivot_root`.
  public var createRuntime: [Hook] = []
  /// Container namespaces, before `pivot_root`; the path is the host's.
  public var createContainer: [Hook] = []
  /// Container namespaces, after `start`, before the program; the path is the container's.
  public var startContainer: [Hook] = []
  /// Runtime namespaces, after the program started, before `start` returns.
  public var poststart: [Hook] = []
  /// Runtime namespaces, after the container is deleted.
  public var poststop: [Hook] = []

  /// No hooks.
  public init() {}

  /// Whether no hook is given at all.
  public var isEmpty: Bool {
    prestart.isEmpty && createRuntime.isEmpty && createContainer.isEmpty && startContainer.isEmpty
      && poststart.isEmpty && poststop.isEmpty
  }
}

/// One hook program.
public struct Hook: Equatable, Sendable {
  /// Absolute path.
  public var path: String
  /// Arguments, the first being the program's name; nil means just the path.
  public var args: [String]?
  /// The whole environment; nil means the runtime's own.
  public var env: [String]?
  /// Seconds until it is killed; nil waits for ever.
  public var timeout: Int?

  /// Makes a hook.
  public init(path: String, args: [String]? = nil, env: [String]? = nil, timeout: Int? = nil) {
    self.path = path
    self.args = args
    self.env = env
    self.timeout = timeout
  }
}
