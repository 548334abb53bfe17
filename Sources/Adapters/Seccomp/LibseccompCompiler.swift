import CSeccomp
public import Domain
import Linux
public import Ports

/// Compiles profiles with libseccomp, in the runtime itself: the container's process gets finished
/// instructions.
public final class LibseccompCompiler: SeccompCompiler {
  /// Opens nothing.
  public init() {}

  /// What a filter depends on beside its profile: the library's version, which the program is linked with,
  /// and the machine's architecture. The corresponding calls are `seccomp_version` and `seccomp_arch_native`.
  public static var dependencies: String {
    let version = seccomp_version()?.pointee ?? scmp_version()
    return "libseccomp \(version.major).\(version.minor).\(version.micro) \(seccomp_arch_native())"
  }

  /// The size of one `struct sock_filter`.
  private static let instructionSize = 8

  /// How many conditions the rules of a profile come to. Each takes an instruction at least, so that more than a
  /// filter can have are in vain; the library would take very long to find out.
  private static func conditions(_ profile: SeccompProfile) -> Int {
    profile.syscalls.reduce(0) { $0 + ($1.args.isEmpty ? 0 : $1.names.count * $1.args.count) }
  }

  public func compile(_ profile: SeccompProfile) throws(SeccompError) -> SeccompFilter {
    guard LibseccompCompiler.conditions(profile) <= SeccompFilter.longest else {
      throw .tooManyConditions(limit: SeccompFilter.longest)
    }
    let flags = try SeccompFlags.word(profile.flags, notifies: profile.notifies)
    let action = actionWord(profile.defaultAction, profile.defaultErrnoRet)
    guard let context = seccomp_init(action) else {
      throw .library(function: "seccomp_init", errno: .noMemory)
    }
    defer { seccomp_release(context) }
    var warnings: [String] = []
    let architectures = try addArchitectures(profile.architectures, to: context, warnings: &warnings)
    // A binary tree keeps a long filter short on the way to any call.
    if profile.syscalls.reduce(0, { $0 + $1.names.count }) > 32 {
      _ = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
    }
    for rule in profile.syscalls where rule.action != profile.defaultAction || rule.errnoRet != nil {
      try add(rule, defaultWord: action, to: context, warnings: &warnings)
    }
    var program = try export(context)
    if MissingSyscallStub.applies(to: profile.defaultAction) {
      program = MissingSyscallStub(profile, architectures).instructions + program
    }
    let count = program.count / LibseccompCompiler.instructionSize
    guard count <= SeccompFilter.longest else {
      throw .tooLong(instructions: count, limit: SeccompFilter.longest)
    }
    return SeccompFilter(program: program, flags: flags, warnings: warnings)
  }

  /// Adds the architectures beside the native one. One that this machine does not have makes no calls on it:
  /// whether the library knows it, or can put it into one filter with the native one, does not matter. The
  /// corresponding call is `seccomp_arch_add`.
  private func addArchitectures(
    _ names: [String], to context: scmp_filter_ctx, warnings: inout [String]
  ) throws(SeccompError) -> [UInt32] {
    var tokens = [seccomp_arch_native()]
    for name in names {
      let token = Architecture.token(name)
      guard token != 0 || SeccompProfile.architectureNames.containsBytewise(name) else {
        throw .unknownArchitecture(name)
      }
      guard !tokens.contains(token) else { continue }
      let result = token == 0 ? -Errno.invalidArgument.rawValue : seccomp_arch_add(context, token)
      switch result {
      case 0, -Errno.fileExists.rawValue: tokens.append(token)
      // `EDOM` is the answer to another byte order.
      case -Errno.invalidArgument.rawValue, -33: warnings.append("architecture \(name) is not this machine's")
      default: throw .library(function: "seccomp_arch_add", errno: Errno(rawValue: -result))
      }
    }
    return tokens
  }

  private func add(
    _ rule: SeccompRule, defaultWord: UInt32, to context: scmp_filter_ctx, warnings: inout [String]
  ) throws(SeccompError) {
    let action = actionWord(rule.action, rule.errnoRet)
    // The library refuses a rule that says what happens anyway.
    guard action != defaultWord else { return }
    let alternatives = argumentLists(rule.args)
    for name in rule.names {
      let number = seccomp_syscall_resolve_name(name)
      guard number != __NR_SCMP_ERROR else {
        warnings.append(SeccompFilter.unknownCall + name)
        continue
      }
      for comparisons in alternatives {
        let result = seccomp_rule_add_array(
          context, action, number, UInt32(comparisons.count), comparisons)
        guard result == 0 || result == -Errno.fileExists.rawValue else {
          throw .rule(syscall: name, errno: Errno(rawValue: -result))
        }
      }
    }
  }

  /// All conditions must hold, unless an index repeats: then each is an alternative of its own.
  private func argumentLists(_ arguments: [SeccompArgument]) -> [[scmp_arg_cmp]] {
    let comparisons = arguments.map {
      scmp_arg_cmp(arg: $0.index, op: comparison($0.op), datum_a: $0.value, datum_b: $0.valueTwo)
    }
    guard Set(arguments.map(\.index)).count == arguments.count else { return comparisons.map { [$0] } }
    return [comparisons]
  }

  private func comparison(_ op: SeccompArgument.Operator) -> scmp_compare {
    switch op {
    case .notEqual: SCMP_CMP_NE
    case .less: SCMP_CMP_LT
    case .lessOrEqual: SCMP_CMP_LE
    case .equal: SCMP_CMP_EQ
    case .greaterOrEqual: SCMP_CMP_GE
    case .greater: SCMP_CMP_GT
    case .maskedEqual: SCMP_CMP_MASKED_EQ
    }
  }

  /// The kernel's word for an action; the macros take arguments, which Swift cannot import.
  private func actionWord(_ action: SeccompAction, _ errno: UInt32?) -> UInt32 {
    let data = errno.map { $0 & 0xFFFF } ?? UInt32(Errno.notPermitted.rawValue)
    switch action {
    case .kill, .killThread: return 0x0000_0000
    case .killProcess: return 0x8000_0000
    case .trap: return 0x0003_0000
    case .errno: return 0x0005_0000 | data
    case .trace: return 0x7FF0_0000 | data
    case .log: return 0x7FFC_0000
    case .allow: return 0x7FFF_0000
    case .notify: return 0x7FC0_0000
    }
  }

  /// The corresponding call is `seccomp_export_bpf`, which writes to a descriptor.
  private func export(_ context: scmp_filter_ctx) throws(SeccompError) -> [UInt8] {
    do throws(Errno) {
      let file = try MemoryFile.make("seccomp")
      let result = seccomp_export_bpf(context, file.number)
      guard result == 0 else { throw Errno(rawValue: -result) }
      return try MemoryFile.contents(of: file.number)
    } catch {
      throw .library(function: "seccomp_export_bpf", errno: error)
    }
  }
}

/// `SECCOMP_FILTER_FLAG_…` by name.
enum SeccompFlags {
  /// The word for the system call. Without a list the mitigation of speculative store bypass is left to
  /// the program (`SPEC_ALLOW`), as runc does; TSYNC asks nothing of a process with one thread.
  static func word(_ names: [String]?, notifies: Bool) throws(SeccompError) -> UInt32 {
    let listener = notifies ? CompiledFilter.newListener : 0
    guard let names else { return specAllow | listener }
    var word = listener
    for name in names {
      guard let flag = table.first(where: { $0.name.isBytewise(name) })?.flag else {
        throw .unknownFlag(name)
      }
      // Only a filter with a listener can wait for it.
      if flag != waitKillable || notifies { word |= flag }
    }
    return word
  }

  private static let specAllow: UInt32 = 4
  private static let waitKillable: UInt32 = 0x20

  private static let table: [(name: String, flag: UInt32)] = [
    ("SECCOMP_FILTER_FLAG_TSYNC", 0), ("SECCOMP_FILTER_FLAG_LOG", 2),
    ("SECCOMP_FILTER_FLAG_SPEC_ALLOW", specAllow), ("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", waitKillable),
  ]
}

/// Architectures by the specification's name.
enum Architecture {
  static let prefix = "SCMP_ARCH_"

  /// The library's token; 0 when the name is unknown. The corresponding call is
  /// `seccomp_arch_resolve_name`.
  static func token(_ name: String) -> UInt32 {
    guard name.hasBytePrefix(prefix), name.utf8.allSatisfy({ $0 < 0x80 }) else { return 0 }
    return seccomp_arch_resolve_name(String(Substring(name.utf8.dropFirst(prefix.utf8.count))).lowercased())
  }
}
