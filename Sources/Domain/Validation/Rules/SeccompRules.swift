let seccompRequirements: [ValidationRule] = [
  ValidationRule("an errno belongs to an action that returns one") { document, _ in
    guard let profile = document.linux?.seccomp else { return [] }
    var violations: [Violation] = []
    if profile.defaultErrnoRet != nil, !profile.defaultAction.returnsErrno {
      violations.append(
        Violation(
          Origin.seccomp.appending("defaultErrnoRet"),
          "\(profile.defaultAction.rawValue) returns no errno"))
    }
    for (index, rule) in profile.syscalls.enumerated()
    where rule.errnoRet != nil && !rule.action.returnsErrno {
      violations.append(
        Violation(
          Origin.seccomp.appending("syscalls").appending(index).appending("errnoRet"),
          "\(rule.action.rawValue) returns no errno"))
    }
    return violations
  },
  ValidationRule("architectures and flags of a filter are known") { document, _ in
    guard let profile = document.linux?.seccomp else { return [] }
    return unknown(profile.architectures, SeccompProfile.architectureNames, "architectures", "architecture")
      + unknown(profile.flags ?? [], SeccompProfile.flagNames, "flags", "flag")
  },
  ValidationRule("an agent can be reached before it is asked") { document, _ in
    document.linux?.seccomp.map { listenerViolations($0, document) } ?? []
  },
  ValidationRule("a rule names system calls") { document, _ in
    (document.linux?.seccomp?.syscalls ?? []).enumerated().compactMap { index, rule in
      guard rule.names.isEmpty else { return nil }
      let pointer = Origin.seccomp.appending("syscalls").appending(index).appending("names")
      return Violation(pointer, "must not be empty")
    }
  },
  ValidationRule("a system call has six arguments") { document, _ in
    (document.linux?.seccomp?.syscalls ?? []).enumerated().flatMap { index, rule in
      rule.args.enumerated().compactMap { place, argument in
        guard argument.index > 5 else { return nil }
        let pointer = Origin.seccomp.appending("syscalls").appending(index).appending("args")
        return Violation(pointer.appending(place).appending("index"), "must be at most 5")
      }
    }
  },
]

private func unknown(_ names: [String], _ known: [String], _ property: String, _ what: String) -> [Violation]
{
  names.enumerated().compactMap { index, name in
    guard !known.containsBytewise(name) else { return nil }
    let pointer = Origin.seccomp.appending(property).appending(index)
    return Violation(pointer, "unknown \(what) \(name.quoted)")
  }
}

extension SeccompAction {
  /// The action carries a number.
  var returnsErrno: Bool { self == .errno || self == .trace }
}

/// The process writes to its parent before the agent has the descriptor: it would wait for ever.
private let callOfTheRuntime = "write"

private func listenerViolations(_ profile: SeccompProfile, _ document: Document) -> [Violation] {
  var violations: [Violation] = []
  let path = Origin.seccomp.appending("listenerPath")
  if profile.defaultAction == .notify {
    violations.append(
      Violation(
        Origin.seccomp.appending("defaultAction"), "SCMP_ACT_NOTIFY cannot be used as default action"))
  }
  for (index, rule) in profile.syscalls.enumerated() where rule.action == .notify {
    guard let place = rule.names.firstIndex(of: callOfTheRuntime) else { continue }
    let pointer = Origin.seccomp.appending("syscalls").appending(index).appending("names").appending(place)
    violations.append(Violation(pointer, "SCMP_ACT_NOTIFY cannot be used for the write syscall"))
  }
  let listener = document.seccompListener
  if profile.notifies, listener == nil {
    violations.append(Violation(path, "SCMP_ACT_NOTIFY needs a listenerPath"))
  }
  if let listener, !listener.isAbsolutePath { violations.append(Violation(path, "must be an absolute path")) }
  if profile.listenerMetadata != nil, listener == nil {
    violations.append(
      Violation(Origin.seccomp.appending("listenerMetadata"), "listenerMetadata needs a listenerPath"))
  }
  return violations
}

let hookRequirements: [ValidationRule] = [
  ValidationRule("hooks have absolute paths and time") { document, _ in
    guard !document.hooks.isEmpty else { return [] }
    return document.hooks.phases.flatMap { phase, hooks in
      hooks.enumerated().flatMap { index, hook -> [Violation] in
        let pointer = Origin.hooks.appending(phase).appending(index)
        var violations: [Violation] = []
        if !hook.path.isAbsolutePath {
          violations.append(Violation(pointer.appending("path"), "must be an absolute path"))
        }
        if let timeout = hook.timeout, timeout < 1 {
          violations.append(Violation(pointer.appending("timeout"), "must be at least 1 second"))
        }
        return violations
      }
    }
  }
]

extension Hooks {
  /// All hooks by the specification's names.
  var phases: [(String, [Hook])] {
    [
      ("prestart", prestart), ("createRuntime", createRuntime), ("createContainer", createContainer),
      ("startContainer", startContainer), ("poststart", poststart), ("poststop", poststop),
    ]
  }
}
