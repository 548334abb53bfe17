import Domain
import Linux
import Ports

/// Hooks of `startContainer`: programs of the container, run in it with its own process's credentials.
struct StartHooks {
  let context: Context
  let state: StateRecord

  /// How much of a hook's output an error shows.
  private static let outputLimit = 4096
  /// How much of it is added to a file.
  private static let fileLimit = 1 << 20

  /// Runs hooks in order; the first failure ends it. On standard input they are told of the container.
  func run(_ hooks: [Hook], of report: ContainerState) throws(Failure) {
    let input = String(decoding: report.seenFromInside.json.text(), as: UTF8.self)
    for hook in hooks {
      let stdin = try file(hook)
      let output = try file(hook)
      let errors = try file(hook)
      try fill(stdin.number, input, hook)
      let streams = StandardStreams(input: stdin.number, output: output.number, error: errors.number)
      let end = try run(hook, streams)
      try keep(output.number, state.document.hookFiles.output, hook)
      try keep(errors.number, state.document.hookFiles.errors, hook)
      try check(end, hook, output.number, errors.number)
    }
  }

  private func file(_ hook: Hook) throws(Failure) -> Descriptor {
    do throws(Errno) {
      return try MemoryFile.make("hook")
    } catch {
      throw .hook(.start(path: hook.path, SystemFailure(call: "memfd_create", subject: "", errno: error)))
    }
  }

  private func fill(_ descriptor: Int32, _ text: String, _ hook: Hook) throws(Failure) {
    do throws(Errno) {
      try Files.writeAll(descriptor, text)
      try Host.rewind(descriptor)
    } catch {
      throw .hook(.start(path: hook.path, SystemFailure(call: "write", subject: "", errno: error)))
    }
  }

  /// Runs one hook to its end; nil when its time was over first.
  private func run(_ hook: Hook, _ streams: StandardStreams) throws(Failure) -> Processes.End? {
    var process = state.document.process ?? ProcessSettings()
    process.terminal = false
    process.args = hook.args ?? [hook.path]
    if let env = hook.env { process.env = env }
    let plan = try context.execPlan(process, state, program: hook.path)
    let entrance = try context.entrance(to: state)
    var run = try context.spawn(plan, state, entrance, streams)
    do throws(Failure) {
      try run.follow(doors: entrance.doors, agent: context.agent(state)) { (_: Milestone) throws(Failure) in }
    } catch {
      run.process.kill()
      throw error
    }
    return try wait(run.process, hook)
  }

  private func wait(_ process: any InitProcess, _ hook: Hook) throws(Failure) -> Processes.End? {
    do throws(Errno) {
      let timeout = hook.timeout.map { Waiting.milliseconds(seconds: $0) }
      let hasEnded = try Progress.waiting(for: { "hook \(hook.path)" }, context.log) { () throws(Errno) in
        try Waiting.readable(process.processDescriptor, timeout: timeout)
      }
      guard hasEnded else {
        process.kill()
        return nil
      }
      return try Processes.reap(process.processDescriptor)
    } catch {
      throw .hook(.start(path: hook.path, SystemFailure(call: "waitid", subject: "", errno: error)))
    }
  }

  private func check(_ end: Processes.End?, _ hook: Hook, _ output: Int32, _ errors: Int32) throws(Failure) {
    switch end {
    case .exited(0): return
    case .exited(let code):
      throw .hook(.exited(path: hook.path, code: code, output: text(output), errorOutput: text(errors)))
    case .signalled(let signal):
      throw .hook(
        .signalled(path: hook.path, signal: signal, output: text(output), errorOutput: text(errors)))
    case nil: throw .hook(.timedOut(path: hook.path, seconds: hook.timeout ?? 0))
    }
  }

  /// Adds what the hook wrote to a file, if one is named.
  private func keep(_ written: Int32, _ path: String?, _ hook: Hook) throws(Failure) {
    guard let path else { return }
    do throws(Errno) {
      let bytes = try MemoryFile.contents(of: written, limit: StartHooks.fileLimit)
      try Host.append(String(decoding: bytes, as: UTF8.self), to: path)
    } catch {
      throw .hook(.file(path: hook.path, SystemFailure(call: "open", subject: path, errno: error)))
    }
  }

  private func text(_ descriptor: Int32) -> String {
    let bytes = (try? MemoryFile.contents(of: descriptor, limit: StartHooks.outputLimit)) ?? []
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension ContainerState {
  /// The state as a hook in the container's namespaces is told of it: with the process id that holds there
  /// (runtime-spec, "State"). A process that is ending has none any more, and keeps the host's.
  var seenFromInside: ContainerState {
    var state = self
    state.pid = pid.map { (try? Processes.innerNumber(of: $0)) ?? $0 }
    return state
  }
}
