import Domain
import Linux
import Ports

/// Talks with a process on its way through a plan, for `create`, `run` and `exec`.
struct ProcessRun {
  let process: any InitProcess
  let plan: Plan
  /// The master of its terminal, if the runtime keeps it; this struct's until it is taken.
  private(set) var terminal: Int32?
  private let trace: Trace?

  init(_ process: any InitProcess, _ plan: Plan, _ trace: Trace?) {
    self.process = process
    self.plan = plan
    self.trace = trace
  }

  /// Sends the plan and follows the process until it executes its program or waits for `start`;
  /// `milestone` is called while it waits. `agent` gets the listener of its filter, where it has one.
  ///
  /// The others are called when it has its plan and is busy: `finishCgroups` makes what it enters late, and
  /// opens the doors; `limit` has its effect before `Milestone.limited`; `meanwhile` is anything else that
  /// comes before the other milestones.
  mutating func follow(
    doors: [Int32], agent: SeccompAgent?, finishCgroups: () throws(Failure) -> [Int32] = { [] },
    limit: () throws(Failure) -> Void = {}, meanwhile: () throws(Failure) -> Void = {},
    _ milestone: (Milestone) throws(Failure) -> Void
  ) throws(Failure) {
    do throws(Failure) {
      try lead(
        doors: doors, agent: agent, finishCgroups: finishCgroups, limit: limit, meanwhile: meanwhile,
        milestone)
    } catch {
      closeTerminal()
      throw error
    }
  }

  /// Ends a process that nobody will wait for.
  mutating func abandon() {
    process.kill()
    closeTerminal()
  }

  private mutating func closeTerminal() {
    if let terminal { Host.close(terminal) }
    terminal = nil
  }

  private mutating func lead(
    doors: [Int32], agent: SeccompAgent?, finishCgroups: () throws(Failure) -> [Int32],
    limit: () throws(Failure) -> Void, meanwhile: () throws(Failure) -> Void,
    _ milestone: (Milestone) throws(Failure) -> Void
  ) throws(Failure) {
    let encoded = trace.phase("encode") { EncodedPlan(plan) }
    try spawning { () throws(SpawnError) in try process.deliver(encoded, doors: doors) }
    if plan.firstLateSlot != nil {
      let doors = try finishCgroups()
      try spawning { () throws(SpawnError) in try process.deliverRest(doors: doors) }
    }
    try limit()
    if plan.awaitsLimits { try spawning { () throws(SpawnError) in try process.announceLimits() } }
    try meanwhile()
    while true {
      switch try nextEvent() {
      case .reached(let reached):
        try milestone(reached)
        try spawning { () throws(SpawnError) in try process.proceed() }
      case .terminal(let descriptor): terminal = descriptor
      case .listener(let descriptor):
        guard let agent else {
          Host.close(descriptor)
          throw .spawn(.protocolViolation("a seccomp listener without an agent"))
        }
        try agent.take(descriptor, of: process.identity.pid)
        try spawning { () throws(SpawnError) in try process.proceed() }
      case .failed(let failure):
        throw .step(failure, plan.entries.indices.contains(failure.index) ? plan.entries[failure.index] : nil)
      case .executed: return
      case .died(let status): throw .died(waitStatus: status)
      }
    }
  }

  private func nextEvent() throws(Failure) -> InitEvent {
    do throws(SpawnError) { return try process.nextEvent() } catch { throw .spawn(error) }
  }

  private func spawning(_ body: () throws(SpawnError) -> Void) throws(Failure) {
    do throws(SpawnError) { try body() } catch { throw .spawn(error) }
  }
}

extension Context {
  /// Writes a process id for whoever called; the path was made absolute before the directory changed.
  func writePidFile(_ path: String?, _ pid: Int32) throws(Failure) {
    guard let path else { return }
    do throws(Errno) {
      try Host.replace(path, [UInt8](String(pid).utf8), mode: 0o644)
    } catch {
      throw .system(SystemFailure(call: "open", subject: path, errno: error))
    }
  }

  /// Waits for a process in the foreground; returns the code to exit with.
  func wait(
    _ console: any ForegroundConsole, _ run: ProcessRun, _ companion: (any ForegroundCompanion)? = nil
  ) throws(Failure) -> Int32 {
    do throws(SystemFailure) {
      return try console.wait(for: run.process, terminal: run.terminal, companion: companion).code
    } catch {
      throw .system(error)
    }
  }

  /// A console that has taken over the signals.
  func beginForeground() throws(Failure) -> any ForegroundConsole {
    let console = composition.console()
    do throws(SystemFailure) { try console.begin() } catch { throw .system(error) }
    return console
  }

  /// Where a terminal's master goes; an error when the options do not fit together.
  func terminalReceiver(terminal: Bool, detached: Bool) throws(Failure) -> TerminalReceiver? {
    let socket = invocation.filled(.consoleSocket)
    guard terminal, detached else {
      guard socket == nil else { throw .terminal(.needlessSocket) }
      return terminal ? .runtime : nil
    }
    guard let socket else { throw .terminal(.needsSocket) }
    return .socket(path: try Paths.absolute(socket))
  }

  /// Resolves names; those that are unknown here are left out with a warning.
  func resolve(_ settings: CapabilitySettings?) -> ResolvedCapabilities {
    guard let settings else { return ResolvedCapabilities() }
    let names = composition.capabilities()
    let log = log
    let resolved = ResolvedCapabilities(settings) { name in
      let number = names.number(of: name)
      if number == nil { log.note(.warning, "capability \(name.quoted) is unknown here, and left out") }
      return number
    }
    // The kernel raises only what is both; a plan leaves out the rest, as peers do with a warning.
    let refused = resolved.ambient.subtracting(resolved.permitted.intersection(resolved.inheritable))
    if !refused.isEmpty {
      log.note(
        .warning, "can't raise ambient capabilities \(refused): they are not both permitted and inheritable")
    }
    return resolved
  }
}
