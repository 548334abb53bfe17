/// `linux.seccomp`: which system calls a container may make.
public struct SeccompProfile: Equatable, Sendable {
  /// What happens at a call that no rule names.
  public var defaultAction: SeccompAction
  /// The errno of a default action `errno` or `trace`; nil is EPERM.
  public var defaultErrnoRet: UInt32?
  /// `SCMP_ARCH_…` names beside the native one.
  public var architectures: [String] = []
  /// `SECCOMP_FILTER_FLAG_…` names; nil and empty differ (nil asks SPEC_ALLOW where the kernel has it).
  public var flags: [String]?
  /// `listenerPath`: the socket that gets the notification descriptor.
  public var listenerPath: String?
  /// `listenerMetadata`.
  public var listenerMetadata: String?
  /// Rules in order.
  public var syscalls: [SeccompRule] = []

  /// Makes a profile without rules.
  public init(defaultAction: SeccompAction) {
    self.defaultAction = defaultAction
  }
}

extension SeccompProfile {
  /// The specification's architectures. Those that this machine does not have make no calls on it.
  public static let architectureNames: [String] = [
    "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS",
    "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
    "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
    "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_SH",
    "SCMP_ARCH_SHEB", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
  ]

  /// The specification's flags.
  public static let flagNames: [String] = [
    "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
  ]
}

/// What the kernel does at a system call.
public enum SeccompAction: String, Sendable, CaseIterable {
  case kill = "SCMP_ACT_KILL"
  case killProcess = "SCMP_ACT_KILL_PROCESS"
  case killThread = "SCMP_ACT_KILL_THREAD"
  case trap = "SCMP_ACT_TRAP"
  case errno = "SCMP_ACT_ERRNO"
  case trace = "SCMP_ACT_TRACE"
  case allow = "SCMP_ACT_ALLOW"
  case log = "SCMP_ACT_LOG"
  case notify = "SCMP_ACT_NOTIFY"
}

/// One entry of `linux.seccomp.syscalls`.
public struct SeccompRule: Equatable, Sendable {
  /// System call names; unknown ones are a warning.
  public var names: [String]
  /// What happens.
  public var action: SeccompAction
  /// The errno of `errno` and `trace`.
  public var errnoRet: UInt32?
  /// Conditions on arguments; all must hold, save that a repeated index makes alternatives.
  public var args: [SeccompArgument]

  /// Makes a rule.
  public init(
    names: [String], action: SeccompAction, errnoRet: UInt32? = nil, args: [SeccompArgument] = []
  ) {
    self.names = names
    self.action = action
    self.errnoRet = errnoRet
    self.args = args
  }
}

/// One condition on an argument of a system call.
public struct SeccompArgument: Equatable, Sendable {
  /// The comparison.
  public enum Operator: String, Sendable, CaseIterable {
    case notEqual = "SCMP_CMP_NE"
    case less = "SCMP_CMP_LT"
    case lessOrEqual = "SCMP_CMP_LE"
    case equal = "SCMP_CMP_EQ"
    case greaterOrEqual = "SCMP_CMP_GE"
    case greater = "SCMP_CMP_GT"
    case maskedEqual = "SCMP_CMP_MASKED_EQ"
  }

  /// Which argument, 0 to 5.
  public var index: UInt32
  /// The value, or the mask of a masked comparison.
  public var value: UInt64
  /// The second value of a masked comparison.
  public var valueTwo: UInt64
  /// The comparison.
  public var op: Operator

  /// Makes a condition.
  public init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, op: Operator) {
    self.index = index
    self.value = value
    self.valueTwo = valueTwo
    self.op = op
  }
}
