/// What a plan depends on beside the document and the host.
public struct PlanRequest: Equatable, Sendable {
  /// The container.
  public var id: ContainerID
  /// The absolute bundle directory, which relative paths count from.
  public var bundle: String
  /// Where the terminal's master goes, when the process has a terminal.
  public var terminal: TerminalReceiver?
  /// The process waits at the exec fifo (`create`); `run` goes straight on.
  public var waitsForStart = true
  /// `--no-pivot`.
  public var avoidsPivot = false
  /// `--no-new-keyring` is not given.
  public var newKeyring = true
  /// The file that is executed, when it is not the one that the process's first argument names.
  public var program: String?
  /// `--preserve-fds`.
  public var preservedDescriptors = 0
  /// The host's directory with the container's socket to the manager of services, if there is one.
  public var noticeDirectory: String?
  /// The compiled seccomp filter.
  public var seccomp: CompiledFilter?
  /// The supplementary groups stay as the caller has them.
  public var keepsGroups = false
  /// The mount option that carries the document's label.
  public var mountContext = MountContext.context
  /// What Landlock is to deny.
  public var landlock: LandlockRuleset?
  /// With whom the process shares cores; nil leaves it as the runtime.
  public var coreCookie: CoreCookie?
  /// The process's capabilities as numbers.
  public var capabilities = ResolvedCapabilities()
  /// The container's cgroup directories, for mounts of type cgroup on cgroup v1.
  public var cgroup: CgroupLocation?

  /// A request for a container in a bundle.
  public init(id: ContainerID, bundle: String) {
    self.id = id
    self.bundle = bundle
  }
}

/// Who gets the master of a terminal.
public enum TerminalReceiver: Equatable, Sendable {
  /// The runtime itself, which copies in the foreground.
  case runtime
  /// Whoever listens on a Unix socket (`--console-socket`).
  case socket(path: String)
}

/// A seccomp filter, finished.
public struct CompiledFilter: Equatable, Sendable {
  /// An array of `struct sock_filter`.
  public var program: [UInt8]
  /// `SECCOMP_FILTER_FLAG_…`.
  public var flags: UInt32

  /// Makes a filter.
  public init(program: [UInt8], flags: UInt32) {
    self.program = program
    self.flags = flags
  }

  /// `SECCOMP_FILTER_FLAG_NEW_LISTENER`.
  public static let newListener: UInt32 = 8

  /// Some calls are answered by an agent, to whom the parent gives the filter's descriptor.
  public var hasListener: Bool { flags & CompiledFilter.newListener != 0 }
}

/// The five capability sets as numbers.
public struct ResolvedCapabilities: Equatable, Sendable {
  /// The bounding set.
  public var bounding: CapabilitySet = []
  /// The effective set.
  public var effective: CapabilitySet = []
  /// The inheritable set.
  public var inheritable: CapabilitySet = []
  /// The permitted set.
  public var permitted: CapabilitySet = []
  /// The ambient set.
  public var ambient: CapabilitySet = []

  /// Five empty sets: what an absent `capabilities` object means.
  public init() {}

  /// Resolves names; those that `number` does not know are left out, for the caller to warn of.
  public init(_ settings: CapabilitySettings, number: (String) -> UInt32?) {
    bounding = ResolvedCapabilities.set(settings.bounding, number)
    effective = ResolvedCapabilities.set(settings.effective, number)
    inheritable = ResolvedCapabilities.set(settings.inheritable, number)
    permitted = ResolvedCapabilities.set(settings.permitted, number)
    ambient = ResolvedCapabilities.set(settings.ambient, number)
  }

  private static func set(_ names: [String], _ number: (String) -> UInt32?) -> CapabilitySet {
    var bits: UInt64 = 0
    for name in names {
      guard let number = number(name), number < 64 else { continue }
      bits |= 1 << UInt64(number)
    }
    return CapabilitySet(rawValue: bits)
  }
}

/// Why no plan can be made: what validation did not catch because it depends on the request.
public struct PlanError: Error, Equatable, Sendable {
  /// The place in the document.
  public var pointer: JSONPointer
  /// What is wrong.
  public var reason: Reason

  /// The kinds of reason.
  public enum Reason: Equatable, Sendable {
    case missing
    case unknownResourceLimit(String)
    case unknownPropagation(String)
    case mapping(MountMapping.Problem)
    case dataOnBindMount(String)
    case needsMountNamespace
    case noTerminalReceiver
    case list(IndexList.Problem)
    case tooManyDescriptors
  }

  /// Makes an error.
  public init(_ pointer: JSONPointer, _ reason: Reason) {
    self.pointer = pointer
    self.reason = reason
  }
}

extension PlanError: CustomStringConvertible {
  /// One line that names the place.
  public var description: String {
    switch reason {
    case .missing: "\(pointer): is missing"
    case .tooManyDescriptors: "\(pointer): asks for more descriptors than a plan can have"
    case .unknownResourceLimit(let name): "\(pointer): unknown resource limit \(name)"
    case .unknownPropagation(let name): "\(pointer): unknown propagation \(name)"
    case .mapping(let problem): "\(pointer): \(problem)"
    case .dataOnBindMount(let data):
      "\(pointer): bind mounts cannot have any filesystem-specific options applied: \(data)"
    case .needsMountNamespace: "\(pointer): needs a mount namespace"
    case .noTerminalReceiver: "\(pointer): nobody receives the terminal"
    case .list(let problem): "\(pointer): \(problem)"
    }
  }
}
