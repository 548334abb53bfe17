import Domain
import Ports

/// A failure for programs, as `--error-format json` asks for it: one object on one line of standard error.
struct ErrorReport {
  /// The command that failed; nil when none was understood.
  var command: Command?
  /// The container that was named.
  var id: String?
  /// Why it failed.
  var failure: Failure

  /// What kind of failure it is, which programs may rely on.
  enum Code: String, CaseIterable {
    case usage, configuration, identifier, document, validation, exists, missing, busy, record
    case containerState = "container-state"
    case argument, terminal, plan, seccomp, cgroup, intelRdt = "intel-rdt"
    case spawn, step, ended, hook, start, namespace, network, mounts, system, leftovers, unsettled
  }

  /// The object; members that have nothing to say are left out.
  var json: JSON {
    var members = [
      JSON.Member("code", .string(failure.code.rawValue)), JSON.Member("message", .string("\(failure)")),
    ]
    func add(_ name: String, _ text: String?) {
      if let text, !text.isEmpty { members.append(JSON.Member(name, .string(text))) }
    }
    add("command", command?.rule.name)
    add("container", id)
    let place = failure.place
    add("pointer", place.pointer)
    add("step", place.step)
    add("call", place.call)
    add("subject", place.subject)
    if let errno = place.errno {
      members.append(JSON.Member("errno", .integer(Int64(errno.rawValue))))
      add("error", "\(errno)")
    }
    add("hint", failure.code.hint)
    return .object([JSON.Member("error", .object(members))])
  }
}

extension ErrorReport.Code {
  /// What helps, where that does not depend on the case.
  var hint: String? {
    switch self {
    case .usage: "see martlet help, or martlet COMMAND --help"
    case .configuration:
      "see the configuration of this host, /etc/martlet/martlet.json or what --config names"
    case .validation: "martlet plan BUNDLE shows all violations and touches nothing"
    case .exists: "martlet delete --force ID removes the container that has the id"
    case .cgroup, .seccomp, .intelRdt: "martlet check tells what this host has"
    case .leftovers: "martlet delete --force ID tries again"
    case .unsettled: "the next command of the kind settles what is left first"
    case .busy: "another command is at work on the container: try again"
    default: nil
    }
  }
}

extension Failure {
  /// Its kind.
  var code: ErrorReport.Code {
    switch self {
    case .usage: .usage
    case .configuration: .configuration
    case .id: .identifier
    case .container: .containerState
    case .terminal: .terminal
    case .document, .decoding: .document
    case .invalid: .validation
    case .plan: .plan
    case .seccomp: .seccomp
    case .cgroup: .cgroup
    case .rdt: .intelRdt
    case .state(let error): error.code
    case .argument: .argument
    case .several(let failures): failures.first?.1.code ?? .system
    default: codeOfProcess
    }
  }

  private var codeOfProcess: ErrorReport.Code {
    switch self {
    case .spawn: .spawn
    case .step: .step
    case .died: .ended
    case .hook: .hook
    case .start: .start
    case .namespace: .namespace
    case .networkDevice: .network
    case .liveMount, .mountChange: .mounts
    case .remains: .leftovers
    case .unsettled: .unsettled
    default: .system
    }
  }

  /// Where it failed, as far as the failure knows.
  var place: Place {
    switch self {
    case .decoding(let path, let error): Place(pointer: "\(error.pointer)", subject: path)
    case .plan(let error): Place(pointer: "\(error.pointer)")
    case .step(let failure, let entry):
      Place(
        pointer: entry.map { "\($0.origin)" }, step: entry.map { $0.step.description },
        call: "\(failure.call)",
        errno: failure.errno)
    case .system(let failure): Place(failure)
    case .spawn(let error): error.place
    case .state(.system(let failure)), .cgroup(.system(let failure)), .start(.system(let failure)),
      .hook(.start(_, let failure)), .hook(.file(_, let failure)):
      Place(failure)
    default: Place()
    }
  }

  /// A place in the document, in the plan and in the kernel.
  struct Place {
    var pointer: String?
    var step: String?
    var call: String?
    var subject: String?
    var errno: Errno?
  }
}

extension Failure.Place {
  fileprivate init(_ failure: SystemFailure, at origin: JSONPointer? = nil) {
    self.init(
      pointer: origin.map { "\($0)" }, call: failure.call, subject: failure.subject, errno: failure.errno)
  }
}

extension StateError {
  fileprivate var code: ErrorReport.Code {
    switch self {
    case .exists: .exists
    case .missing: .missing
    case .beingCreated, .busy: .busy
    case .malformed: .record
    case .system: .system
    }
  }
}

extension SpawnError {
  fileprivate var place: Failure.Place {
    switch self {
    case .system(let failure): .init(failure)
    case .slot(let origin, let failure), .namespace(let origin, let failure), .limit(let origin, let failure),
      .affinity(let origin, let failure):
      .init(failure, at: origin)
    case .mapping(let origin): .init(pointer: "\(origin)")
    case .protocolViolation, .multithreaded: .init()
    }
  }
}
