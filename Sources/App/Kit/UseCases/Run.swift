import Domain
import Linux
import Ports

extension Context {
  /// `run`: makes a container whose process starts at once, and waits for it unless `--detach` is given.
  func run() throws(Failure) -> Int32 {
    let isDetached = invocation.flag(.detach)
    let pidFile = try pidFilePath()
    let creation = try Creation(self, detached: isDetached, waitsForStart: false)
    if isDetached {
      let created = try creation.perform()
      try finishStart(pidFile, created.run, creation, created.lock)
      awaitReadiness(creation.relay, of: created.state.initProcess)
      return 0
    }
    return try runInForeground(creation, pidFile)
  }

  private func runInForeground(_ creation: Creation, _ pidFile: String?) throws(Failure) -> Int32 {
    if !invocation.flag(.noSubreaper) { Host.becomeSubreaper() }
    var console: (any ForegroundConsole)?
    var created = try creation.perform { () throws(Failure) in console = try beginForeground() }
    do throws(Failure) {
      try finishStart(pidFile, created.run, creation, created.lock)
    } catch {
      created.run.abandon()
      throw error
    }
    guard let console else { return 0 }
    let code = try waitOrRemove(console, created.run, creation.relay)
    if !invocation.flag(.keep) { try removeEnded(created) }
    return code
  }

  /// Nobody watches over a container whose end cannot be waited for: it is killed and removed.
  private func waitOrRemove(
    _ console: any ForegroundConsole, _ run: ProcessRun, _ relay: (any ReadinessRelay)?
  ) throws(Failure) -> Int32 {
    do throws(Failure) {
      return try wait(console, run, relay)
    } catch {
      try lockAndRemove(after: error)
      throw error
    }
  }

  private func lockAndRemove(after failure: Failure) throws(Failure) {
    let id = try id()
    let lock = try lock(id, whileCreating: .stillRunning(id, .creating))
    defer { lock?.release() }
    try removeAfter(failure)
  }

  /// The pid file and the hooks that follow the start of a program. Other commands need not wait for these:
  /// the container is as they may find it.
  private func finishStart(
    _ pidFile: String?, _ run: ProcessRun, _ creation: Creation, _ lock: any StateLock
  ) throws(Failure) {
    defer { lock.release() }
    try writePidFileOrRemove(pidFile, run)
    lock.release()
    try runPoststartHooks(creation)
    if let trace { finish(trace, nil) }
  }

  private func runPoststartHooks(_ creation: Creation) throws(Failure) {
    guard creation.hasPoststartHooks else { return }
    let hooks = try load(try id())
    guard let state = hooks.entry.state else { return }
    do throws(Failure) {
      try self.run(state.document.hooks.poststart, hooks.report, inside: nil, state.document.hookFiles)
    } catch {
      try lockAndRemove(after: error)
    }
  }

  /// Removes the container of a process that has ended; whoever was quicker has done it.
  private func removeEnded(_ created: Creation.Created) throws(Failure) {
    do throws(StateError) {
      guard try created.lock.reacquire() else { return }
    } catch {
      throw .remains(["container \(created.intent.id)"], cause: "\(Failure.state(error))")
    }
    defer { created.lock.release() }
    try remove(created.ended)
  }
}
