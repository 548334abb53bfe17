import Domain
import Ports

extension StepFailure {
  /// The failure in one line: the step, its place in `config.json`, the call, the errno.
  ///
  /// The search for the program has texts of its own, by which engines choose their exit codes.
  func phrase(_ entry: PlanEntry?) -> String {
    guard let entry else { return "step \(index): \(call): \(errno)" }
    switch entry.step {
    case .findExecutable(let name, _): return executablePhrase(name)
    case .execute(let arguments, _): return "exec \(arguments.first ?? ""): \(errno)"
    case .verifyWorkingDirectory:
      return "current working directory is outside of container mount namespace root"
        + " -- possible container breakout detected"
    case .changeDirectory(let path, _):
      return "chdir to cwd (\(path.quoted)) set in config.json failed: \(errno)"
    case .setSecurityLabel(let module, let label): return labelPhrase(module, label)
    case .setScheduler(let attributes)
    where errno == .notPermitted && attributes.policy == SchedulerAttributes.deadlinePolicy:
      return "error setting scheduler: \(errno) (a deadline needs CAP_SYS_NICE and all CPUs: the process"
        + " scheduler can't be used together with AllowedCPUs)"
    case .mount(let mount) where call == .verify && errno == .notPermitted:
      return "\(mount.destination.quoted) cannot be mounted because it is inside /proc (\(entry.origin))"
    case .bind(let bind) where call == .verify && errno == .notPermitted:
      return "\(bind.destination.quoted) cannot be mounted because it is inside /proc (\(entry.origin))"
    case .bind(let bind) where call == .verify && errno == .noSuchDevice:
      return "\(bind.destination.quoted) cannot be mounted because it is not of type proc (\(entry.origin))"
    default:
      let place = entry.origin == .root ? "" : " (\(entry.origin))"
      let cause = call == .verify ? "not what it must be: " : "\(call): "
      return "error during container init: \(entry.step)\(place): \(cause)\(errno)"
    }
  }

  /// Engines look for the file's name between back quotes.
  private func labelPhrase(_ module: SecurityModule, _ label: String) -> String {
    let (file, what) =
      switch module {
      case .apparmor:
        (detail == 1 ? "exec" : "apparmor/exec", "unable to apply apparmor profile \(label.quoted)")
      case .selinux: ("exec", "unable to set selinux label \(label.quoted)")
      }
    return "\(what): \(call) to `/proc/thread-self/attr/\(file)`: \(errno)"
  }

  private func executablePhrase(_ name: String) -> String {
    let quoted = name.quoted
    switch errno {
    case .noSuchFileOrDirectory where !name.utf8.contains(UInt8(ascii: "/")):
      return "exec: \(quoted): executable file not found in $PATH"
    case .noSuchFileOrDirectory, .notDirectory:
      return "exec: \(quoted): stat \(name): \(errno)"
    // To execute a directory is not permitted; engines choose their exit code by those words.
    case .isDirectory: return "exec: \(quoted): is a directory: permission denied"
    default: return "exec: \(quoted): \(errno)"
    }
  }
}
