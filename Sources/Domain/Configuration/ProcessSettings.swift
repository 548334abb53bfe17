/// `process`: the program that a container, or an `exec`, runs.
public struct ProcessSettings: Equatable, Sendable {
  /// `terminal`: a pseudo terminal is attached.
  public var terminal = false
  /// `consoleSize`: the terminal's first size.
  public var consoleSize: ConsoleSize?
  /// `user`: who runs it.
  public var user = User()
  /// `args`: the program and its arguments.
  public var args: [String] = []
  /// `env`: `NAME=value` entries.
  public var env: [String] = []
  /// `cwd`: the absolute working directory.
  public var cwd = ""
  /// `capabilities`: nil empties all five sets.
  public var capabilities: CapabilitySettings?
  /// `rlimits`: resource limits.
  public var rlimits: [ResourceLimit] = []
  /// `noNewPrivileges`.
  public var noNewPrivileges = false
  /// `oomScoreAdj`: nil leaves the inherited value.
  public var oomScoreAdj: Int?
  /// `apparmorProfile`.
  public var apparmorProfile: String?
  /// `selinuxLabel`.
  public var selinuxLabel: String?
  /// `scheduler`: nil leaves the inherited policy.
  public var scheduler: Scheduler?
  /// `ioPriority`: nil leaves the inherited one.
  public var ioPriority: IOPriority?
  /// `execCPUAffinity`: for processes of `exec` alone.
  public var execCPUAffinity: ExecCPUAffinity?

  /// An empty process.
  public init() {}

  /// What stands for the process of a document that has none: it waits for a start that is refused.
  static var idle: ProcessSettings {
    var process = ProcessSettings()
    process.cwd = "/"
    return process
  }
}

/// `process.consoleSize`.
public struct ConsoleSize: Equatable, Sendable {
  /// Rows.
  public var height: UInt16
  /// Columns.
  public var width: UInt16

  /// Makes a size.
  public init(height: UInt16, width: UInt16) {
    self.height = height
    self.width = width
  }
}

/// `process.user`.
public struct User: Equatable, Sendable {
  /// The user id inside the container.
  public var uid: UInt32 = 0
  /// The group id inside the container.
  public var gid: UInt32 = 0
  /// The file mode mask; nil means 0022 at `create`, inherited at `exec`.
  public var umask: UInt32?
  /// The supplementary groups, exactly.
  public var additionalGids: [UInt32] = []

  /// As many supplementary groups as the kernel takes (`NGROUPS_MAX`).
  static let groupLimit = 65_536

  /// The container's root.
  public init() {}
}

/// `process.capabilities`: names as written; unknown ones are a warning.
public struct CapabilitySettings: Equatable, Sendable {
  /// The bounding set.
  public var bounding: [String] = []
  /// The effective set.
  public var effective: [String] = []
  /// The inheritable set.
  public var inheritable: [String] = []
  /// The permitted set.
  public var permitted: [String] = []
  /// The ambient set.
  public var ambient: [String] = []

  /// Five empty sets.
  public init() {}
}

/// One entry of `process.rlimits`.
public struct ResourceLimit: Equatable, Sendable {
  /// `type`, such as `RLIMIT_NOFILE`.
  public var type: String
  /// The ceiling; `UInt64.max` is no limit.
  public var hard: UInt64
  /// The limit in force.
  public var soft: UInt64

  /// Makes a limit.
  public init(type: String, hard: UInt64, soft: UInt64) {
    self.type = type
    self.hard = hard
    self.soft = soft
  }
}
