import Domain
import Ports

/// Why a command failed: the one error that use cases throw.
enum Failure: Error {
  case usage(UsageError)
  case configuration(ConfigurationError)
  case id(ContainerID.Violation)
  case container(ContainerProblem)
  case terminal(TerminalProblem)
  case document(path: String, DocumentError)
  case decoding(path: String, DecodingError)
  case invalid([String])
  case plan(PlanError)
  case seccomp(SeccompError)
  case cgroup(CgroupError)
  case rdt(RdtError)
  case state(StateError)
  case spawn(SpawnError)
  case step(StepFailure, PlanEntry?)
  case died(waitStatus: Int32?)
  case hook(HookError)
  case start(StartError)
  case namespace(NamespaceError)
  case networkDevice(NetworkDeviceError)
  case liveMount(LiveMountError)
  case mountChange(MountChangeProblem)
  case argument(ArgumentProblem)
  case system(SystemFailure)
  case remains([String], cause: String)
  /// What failed with each of several containers.
  case several([(ContainerID, Failure)])
  /// A change failed, and so did taking it back.
  case unsettled(String, cause: String)
}

/// A container that is not in the state that a command needs.
enum ContainerProblem: Equatable {
  case notRunning
  case nothingRuns(ContainerID)
  case notPaused
  case stillRunning(ContainerID, Status)
  case startInState(Status)
  case execInState(Status)
  case checkpointInState(Status)
  case initStillRunning
}

/// Terminal options that do not fit together.
enum TerminalProblem: Equatable {
  case needsSocket
  case needlessSocket
}

/// Mounts that cannot be added to a container, or taken away.
enum MountChangeProblem: Equatable {
  case action(String)
  case userNamespace
  case mount(index: Int, DetachedMount.Problem)
  case exists(String)
  case unknown(String)
}

/// A value on the command line that cannot be used.
enum ArgumentProblem: Equatable {
  case root
  case rootless(String)
  case cgroupManager(String)
  case signal(String)
  case user(String)
  case group(String)
  case environment(String)
  case format(String)
  case logFormat(String)
  case logLevel(String)
  case errorFormat(String)
  case preservedDescriptor(Int)
  case fileExists(String)
  case noInterval
  case pressure(String)
  case sort(String)
  case shell(String)
  case unsupported(String)
  case limit(option: String, String)
  case noResourceControl
  case processTable(String)
  case noProcessColumn
  case missingProcess
  case missingArguments
  case missingSpecification(String)
  case pattern(String, String)
  case subCgroup(SubCgroup.Problem)
}

extension Failure: CustomStringConvertible {
  /// One line, with the texts that engines look for.
  var description: String {
    switch self {
    case .usage(let error): error.description
    case .configuration(let error): error.description
    case .id(let violation): violation.phrase
    case .container(let problem): problem.phrase
    case .terminal(let problem): problem.phrase
    case .document(let path, let error): "\(path): \(error.phrase)"
    case .decoding(let path, let error): "\(path): \(error)"
    case .invalid(let violations): violations.joined(separator: "; ")
    case .plan(let error): error.description
    case .argument(let problem): problem.phrase
    case .several(let failures): failures.map { "\($0.0): \($0.1)" }.joined(separator: "; ")
    case .remains(let what, let cause):
      (cause.isEmpty ? "" : cause + ": ") + "could not be removed: " + what.joined(separator: ", ")
    case .unsettled(let what, let cause): cause + ": " + what
    default: portPhrase
    }
  }

  private var portPhrase: String {
    switch self {
    case .seccomp(let error): error.phrase
    case .cgroup(let error): error.phrase
    case .rdt(let error): "/linux/intelRdt: " + error.phrase
    case .state(let error): error.phrase
    case .spawn(let error): "unable to start container process: " + error.phrase
    case .step(let failure, let entry): "unable to start container process: " + failure.phrase(entry)
    case .died(9?): "unable to start container process: the process was killed: is its memory limit too low?"
    case .died(let status):
      "unable to start container process: the process ended early"
        + (status.map { " (wait status \($0))" } ?? "")
    case .hook(let error): error.phrase
    case .start(let error): error.phrase
    case .namespace(let error): error.phrase
    case .networkDevice(let error): error.phrase
    case .liveMount(let error): error.phrase
    case .mountChange(let problem): problem.phrase
    case .system(let error): error.description
    default: ""
    }
  }
}

extension ContainerID.Violation {
  var phrase: String {
    switch self {
    case .empty: "container id cannot be empty"
    case .tooLong(let count): "invalid container ID format: \(count) characters are too many"
    case .malformed(let text): "invalid container ID format: \(text.quoted)"
    }
  }
}

extension ContainerProblem {
  var phrase: String {
    switch self {
    case .notRunning: "container not running"
    case .nothingRuns(let id): "container with id \(id) is not running"
    case .notPaused: "container not paused"
    case .stillRunning(let id, let status):
      "cannot delete container \(id) that is not stopped: \(status.rawValue)"
    case .startInState(.stopped): "cannot start a container that has stopped"
    case .startInState(.running): "cannot start an already running container"
    case .startInState(let status): "cannot start a container in the \(status.rawValue) state"
    case .execInState(.stopped): "cannot exec in a stopped container"
    case .execInState(.paused): "cannot exec in a paused container (use --ignore-paused to override)"
    case .execInState(let status): "cannot exec in a container in the \(status.rawValue) state"
    case .checkpointInState(let status): "Container cannot be checkpointed in \(status.rawValue) state"
    case .initStillRunning: "container init still running"
    }
  }
}

extension TerminalProblem {
  var phrase: String {
    switch self {
    case .needsSocket: "cannot allocate tty if martlet will detach without setting console socket"
    case .needlessSocket: "cannot use console socket if martlet will not detach or allocate tty"
    }
  }
}

extension ArgumentProblem {
  var phrase: String {
    switch self {
    case .root: "Option --root argument should not be set to /"
    case .rootless(let text): "invalid value \(text.quoted) for --rootless"
    case .cgroupManager(let text): "invalid value \(text.quoted) for --cgroup-manager"
    case .signal(let text): "unknown signal \(text.quoted)"
    case .user(let text): "invalid user \(text.quoted): want <uid>[:<gid>]"
    case .group(let text): "invalid additional group \(text.quoted)"
    case .environment(let text): "invalid environment variable \(text.quoted): want NAME=value"
    case .format(let text): "invalid format option \(text.quoted)"
    case .shell(let text): "unknown shell \(text.quoted): bash, zsh and fish are known"
    case .logFormat(let text): "invalid log-format: \(text)"
    case .errorFormat(let text): "invalid error-format: \(text)"
    case .logLevel(let text): "invalid log-level: \(text)"
    case .preservedDescriptor(let number): "unable to stat preserved-fd \(number): it is not open"
    case .fileExists(let name): "File \(name) exists. Remove it first"
    case .noInterval: "duration interval must be greater than 0"
    case .pressure(let text):
      "invalid value \(text.quoted) for --pressure: want low, medium, critical, some:STALL:WINDOW or"
        + " full:STALL:WINDOW in microseconds"
    case .sort(let text): "invalid value \(text.quoted) for --sort: want cpu, memory, pids, io or id"
    case .unsupported(let what): "\(what) is not supported yet"
    case .limit(let option, let text): "invalid value for \(option): \(text.quoted)"
    case .noResourceControl: "the container has no intelRdt: its schemata cannot be changed"
    case .processTable(let reason): reason
    case .noProcessColumn: "couldn't find PID field in ps output"
    case .missingArguments: "exec args cannot be empty"
    case .missingProcess: "process property must not be empty"
    case .missingSpecification(let file): "JSON specification file \(file) not found"
    case .pattern(let text, let reason): "invalid regular expression \(text.quoted): \(reason)"
    case .subCgroup(.missingController(let path)):
      "invalid --cgroup \(path.quoted): one of several must be CONTROLLER:PATH"
    case .subCgroup(.repeated(let controller)):
      "invalid --cgroup: controller \(controller.quoted) is given more than once"
    case .subCgroup(.unknown(let controller)):
      "invalid --cgroup: the container has no cgroup of controller \(controller.quoted)"
    }
  }
}
