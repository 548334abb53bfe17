import Domain
import Linux
import Ports

extension String {
  /// The text in quotation marks and escaped, so that it stays on one line whatever it holds.
  var quoted: String {
    String(decoding: JSON.string(self).text(), as: UTF8.self)
  }
}

extension DocumentError {
  var phrase: String {
    switch self {
    case .tooLarge(let limit): "larger than \(limit) bytes"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .syntax(let line, let column, let reason): "line \(line), column \(column): \(reason)"
    case .truncated: "ends too early"
    }
  }
}

extension SeccompError {
  var phrase: String {
    switch self {
    case .unknownArchitecture(let name): "/linux/seccomp/architectures: unknown architecture \(name.quoted)"
    case .unknownCalls(let warnings): "/linux/seccomp/syscalls: \(warnings.joined(separator: ", "))"
    case .unknownFlag(let name): "/linux/seccomp/flags: unknown flag \(name.quoted)"
    case .tooManyConditions(let limit): "/linux/seccomp/syscalls: more than \(limit) conditions on arguments"
    case .tooLong(let count, let limit):
      "/linux/seccomp: the filter has \(count) instructions, and the kernel takes \(limit)"
    case .rule(let syscall, let errno): "/linux/seccomp/syscalls: \(syscall): \(errno)"
    case .library(let function, let errno): "/linux/seccomp: \(function): \(errno)"
    }
  }
}

extension CgroupError {
  var phrase: String {
    switch self {
    case .invalidPath(let path): "invalid cgroupsPath \(path.quoted): it must lead to a cgroup below the root"
    case .systemdPath(let path):
      "invalid cgroupsPath \(path.quoted): slice:prefix:name is for the systemd cgroup driver"
    case .notUnitPath(let path):
      "invalid cgroupsPath \(path.quoted): the systemd cgroup driver expects slice:prefix:name"
    case .controllerMissing(let name): "cgroup controller \(name) is not available"
    case .invalidValue(let file, let reason): "cgroup \(file): \(reason)"
    case .system(let failure): "cgroup: \(failure)"
    case .notEmpty(let directory, let processes):
      "container's cgroup is not empty: \(processes) process(es) found in \(directory)"
    case .unexpectedlyFrozen(let directory): "container's cgroup unexpectedly frozen: \(directory)"
    case .timedOut(let operation, let directory, let processes):
      "cgroup \(operation) of \(directory) timed out; in the way: "
        + processes.map(Processes.whereabouts).joined(separator: ", ")
    case .notRestored(let files): "the former limits could not be set back: \(files.joined(separator: ", "))"
    case .unsupported(let operation): "not supported by this cgroup manager: \(operation)"
    case .remains(let unit, let cause): "\(cause.phrase); systemd's unit \(unit.quoted) may remain"
    case .serviceManager(let operation, let unit, let problem):
      "systemd: unable to \(operation) \(unit.quoted): \(problem.phrase)"
    }
  }
}

extension ServiceManagerProblem {
  var phrase: String {
    switch self {
    case .noAddress: "no bus address is known (DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR are not set)"
    case .malformedAddress(let address): "malformed bus address \(address.quoted)"
    case .system(let failure): failure.description
    case .notAuthenticated(let answer): "not authenticated: \(answer.quoted)"
    case .disconnected: "the connection was closed"
    case .timedOut(let milliseconds): "no answer within \(milliseconds) ms"
    case .malformedAnswer(let place): "malformed message: \(place)"
    case .refused(let name, let text): text.isEmpty ? name : "\(text.quoted) (\(name))"
    case .jobFailed(let result): "the job ended with \(result.quoted)"
    }
  }
}

extension RdtError {
  var phrase: String {
    switch self {
    case .disabled: "classes of service are turned off in the host's configuration"
    case .hostClass: "the container is in the default class, whose share is the host's to change"
    case .notResctrl(let path): "\(path) is no resctrl file system"
    case .invalidName(let name): "\(name.quoted) cannot be the name of a resctrl group"
    case .missing(let group):
      "class of service \(group.quoted) does not exist, and no schemata are given for it"
    case .exists(let group): "resctrl group \(group.quoted) exists already"
    case .mismatch(let group, let wanted, let found):
      "class of service \(RdtError.name(group)) exists and has other schemata: \(wanted) is wanted, "
        + (found.map { "it has \($0)" } ?? "it has no such domain")
    case .schema(let problem): problem.description
    case .locked(let path, let milliseconds):
      "\(path) is locked by another program, for longer than \(milliseconds) ms"
    case .pseudoLocked(let group):
      "resctrl group \(group.quoted) holds a locked part of a cache, and no processes"
    case .exhausted(let group, let status):
      "no space for resctrl group \(group.quoted)" + RdtError.said(status)
    case .noMonitoring: "the host has no resctrl monitoring"
    case .gone(let group): "resctrl group \(RdtError.name(group)) is gone"
    case .refused(_, let status, let failure): "\(failure)" + RdtError.said(status)
    case .remains(let group, let cause):
      "\(cause.phrase); resctrl group \(group.quoted), made for it, could not be removed again"
    case .system(let failure): failure.description
    }
  }

  private static func said(_ status: String) -> String { status.isEmpty ? "" : ": " + status }

  private static func name(_ group: String) -> String { (group.isEmpty ? "/" : group).quoted }
}

extension StateError {
  var phrase: String {
    switch self {
    case .exists(let id): "container with given ID already exists: \(id)"
    case .missing: "container does not exist"
    case .beingCreated(let id): "container \(id) is being created"
    case .busy(let id, let milliseconds):
      "container \(id) is busy: another command has held its lock for \(milliseconds / 1000) s"
    case .malformed(let path, let reason): "\(path): \(reason)"
    case .system(let failure): failure.description
    }
  }
}

extension SpawnError {
  var phrase: String {
    switch self {
    case .system(let failure): failure.description
    case .slot(let origin, let failure), .namespace(let origin, let failure), .limit(let origin, let failure),
      .affinity(let origin, let failure):
      origin == .root ? failure.description : "\(origin): \(failure)"
    case .mapping(let origin): "\(origin): the user namespace that is joined has other mappings"
    case .protocolViolation(let what): "the process said something unexpected: \(what)"
    case .multithreaded(let count): "the runtime has \(count) threads where it may have one"
    }
  }
}

extension NamespaceError {
  var phrase: String {
    switch self {
    case .processGone: "container not running"
    case .wrongType(let expected, let path): "\(path) is no \(expected.rawValue) namespace"
    case .system(let failure): failure.description
    }
  }
}

extension NetworkDeviceError {
  var phrase: String {
    switch self {
    case .missing(let name): "/linux/netDevices: network device \(name.quoted) not found"
    case .system(let name, let failure): "/linux/netDevices: network device \(name.quoted): \(failure)"
    }
  }
}

extension LiveMountError {
  var phrase: String {
    switch self {
    case .notThere(let place): "what is mounted on \(place.quoted) is not what was added there"
    case .forbidden(let place): "nothing may be mounted on \(place.quoted)"
    case .late(let place, let milliseconds):
      "the way to \(place.quoted) in the container took more than \(milliseconds / 1000) seconds"
    case .system(let failure), .unknown(let failure): failure.description
    }
  }
}

extension MountChangeProblem {
  var phrase: String {
    switch self {
    case .action(let text): "unknown action \(text.quoted): want add or remove"
    case .userNamespace: "mounts cannot be added to a container with a user namespace: it could change them"
    case .mount(let index, let problem): "/\(index): \(problem)"
    case .exists(let place): "a mount was added on \(place.quoted) before: remove it first"
    case .unknown(let place): "no mount was added on \(place.quoted)"
    }
  }
}

extension StartError {
  var phrase: String {
    switch self {
    case .processGone: "cannot start a container that has stopped"
    case .alreadyStarted: "cannot start an already running container"
    case .step(let failure): "unable to start container process: " + failure.phrase(nil)
    case .system(let failure): failure.description
    }
  }
}

extension HookError {
  var phrase: String {
    switch self {
    case .start(let path, let failure), .file(let path, let failure):
      "error running hook \(path): \(failure)"
    case .exited(let path, let code, let output, let errorOutput):
      "error running hook \(path): exit status \(code), " + HookError.streams(output, errorOutput)
    case .signalled(let path, let signal, let output, let errorOutput):
      "error running hook \(path): signal \(signal), " + HookError.streams(output, errorOutput)
    case .timedOut(let path, let seconds):
      "error running hook \(path): hook ran past specified timeout of \(seconds).0s"
    }
  }

  private static func streams(_ output: String, _ errorOutput: String) -> String {
    "stdout: \(line(output)), stderr: \(line(errorOutput))"
  }

  private static func line(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
