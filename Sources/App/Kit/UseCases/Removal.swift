import Domain
import Linux
import Ports

extension Context {
  /// How long a killed process may take to go.
  private static let patience: Int64 = 10_000

  /// Performs undo steps, each of them whatever became of the others; returns what remains.
  ///
  /// The entry is removed only when nothing else remains, so that removal can be tried again.
  func perform(_ steps: [Undo.Step]) -> [String] {
    var remains: [String] = []
    for step in steps {
      if case .removeEntry = step, !remains.isEmpty { break }
      do throws(Failure) {
        try perform(step)
      } catch {
        remains.append("\(step.subject) (\(error))")
      }
    }
    return remains
  }

  private func perform(_ step: Undo.Step) throws(Failure) {
    switch step {
    case .stopCreator(let process), .stopInit(let process): try stop(process)
    case .emptyCgroup(let location):
      try apply(location) { manager, location throws(CgroupError) in
        try manager.killAll(in: location)
      }
    case .removeCgroup(let location):
      try apply(location) { manager, location throws(CgroupError) in
        try manager.destroy(location)
      }
    case .removeUnusedCgroup(let location): try removeUnused(location)
    case .removeRdtGroup(let location): try removeRdt(location)
    case .removeEntry(let id):
      do throws(StateError) { try store.remove(id) } catch { throw .state(error) }
    }
  }

  /// Where processes run that nothing proves to be the container's, the cgroup is whose they are.
  private func removeUnused(_ location: CgroupLocation) throws(Failure) {
    var foreign: CgroupLocation?
    for part in location.parts {
      try apply(part) { manager, part throws(CgroupError) in
        if try manager.isProven(part) {
          try manager.killAll(in: part)
          try manager.destroy(part)
        } else if try manager.processes(in: part).isEmpty {
          try manager.destroy(part)
        } else {
          foreign = foreign ?? part
        }
      }
    }
    if let foreign { log.note(.warning, "\(foreign.subject) is left alone: processes of others are in it") }
  }

  private func apply(
    _ location: CgroupLocation, _ body: (any CgroupManager, CgroupLocation) throws(CgroupError) -> Void
  ) throws(Failure) {
    let manager = try cgroups(for: location)
    do throws(CgroupError) {
      try Progress.waiting(for: { Context.occupants(of: location, manager) }, log) { () throws(CgroupError) in
        try body(manager, location)
      }
    } catch {
      throw .cgroup(error)
    }
  }

  /// Who keeps a cgroup from being emptied or removed, in words: a few of them are enough.
  private static func occupants(of location: CgroupLocation, _ manager: any CgroupManager) -> String {
    let pids = (try? manager.processes(in: location)) ?? []
    guard !pids.isEmpty else { return location.subject }
    let names = pids.prefix(3).map { Processes.whereabouts($0) }.joined(separator: ", ")
    return "process \(names)\(pids.count > 3 ? " and \(pids.count - 3) more" : "")"
  }

  /// Kills a process and waits until it is gone.
  func stop(_ process: ProcessIdentity) throws(Failure) {
    do throws(SystemFailure) {
      try processes.signal(process, Signal.kill.rawValue)
      let isGone = try Progress.waiting(for: { "process \(Processes.whereabouts(process.pid))" }, log) {
        () throws(SystemFailure) in try processes.waitUntilGone(process, milliseconds: Context.patience)
      }
      guard isGone else {
        throw SystemFailure(call: "kill", subject: String(process.pid), errno: .timedOut)
      }
    } catch {
      guard error.errno != .noSuchProcess else { return }
      throw .system(error)
    }
  }

  /// Runs the hooks of a deleted container: a failure is a warning, and the others run.
  func runPoststop(_ container: ContainerState, _ document: Document) {
    let (hooks, files) = (document.hooks.poststop, document.hookFiles)
    guard !hooks.isEmpty else { return }
    let runner = composition.hooks()
    var state = container
    (state.status, state.pid) = (.stopped, nil)
    let text = String(decoding: state.json.text(), as: UTF8.self)
    for hook in hooks {
      do throws(HookError) {
        try Progress.waiting(for: { "hook \(hook.path)" }, log) { () throws(HookError) in
          try runner.run(hook, state: text, inside: nil, files: files)
        }
      } catch {
        log.note(.warning, error.phrase)
      }
    }
  }
}

extension Undo.Step {
  /// What is left when the step fails.
  var subject: String {
    switch self {
    case .stopCreator(let process): "creating process \(process.pid)"
    case .stopInit(let process): "init process \(process.pid)"
    case .emptyCgroup(let location): "processes in \(location.subject)"
    case .removeCgroup(let location), .removeUnusedCgroup(let location): location.subject
    case .removeRdtGroup(let group): "resctrl group \(group.path)"
    case .removeEntry(let id): "entry \(id)"
    }
  }
}

extension CgroupLocation {
  /// The cgroup in words.
  var subject: String {
    "cgroup " + (unit ?? paths.first?.directory ?? "")
  }
}
