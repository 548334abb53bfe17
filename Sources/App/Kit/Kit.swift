import Domain
import Init
import Linux

/// The command line of the runtime, over whatever the composition is made of.
public enum Kit {
  /// Runs the command that the program's own arguments ask for; returns the exit code.
  public static func main(_ composition: () -> Composition) -> Int32 {
    // What the spawner executes in a new process: nobody types it, and it has no time to lose.
    if let socket = ProgramArguments.initSocket {
      InitStage.run(socket: socket, timeline: ProgramArguments.initTimeline)
    }
    // Without a null device there is nothing that could stand in for a stream.
    try? Host.openMissingStreams()
    Host.heedChildren()
    return main(ProgramArguments.all, composition)
  }

  /// Runs the command that the arguments (the program's name first) ask for; returns the exit code.
  public static func main(_ arguments: [String], _ composition: () -> Composition) -> Int32 {
    var parser = Parser(Array(arguments.dropFirst()))
    var log = Log()
    do throws(Failure) {
      try parse(&parser, &log)
      if let text = immediate(parser.invocation) {
        Output.write(text)
        try Output.check()
        return 0
      }
      let context = try Context(parser.invocation, composition())
      do throws(Failure) {
        let code = try context.perform()
        try Output.check()
        context.log.end()
        return code
      } catch {
        log = context.logOfFailure
        throw error
      }
    } catch {
      return report(error, parser.invocation, log)
    }
  }

  /// Ends the process with a code, at once: there is nothing to tidy up.
  public static func exit(_ code: Int32) -> Never {
    Processes.exit(code)
  }

  /// Reads the command line. An error is logged where the options before it say.
  private static func parse(_ parser: inout Parser, _ log: inout Log) throws(Failure) {
    do throws(UsageError) {
      try parser.read()
    } catch {
      if let wanted = try? Context.log(parser.invocation) { log = wanted }
      throw .usage(error)
    }
    log = try Context.log(parser.invocation)
  }

  /// What can be answered without looking at anything.
  private static func immediate(_ invocation: Invocation) -> String? {
    if invocation.flag(.help) { return Help.text(invocation.command) }
    if invocation.flag(.version) { return Version.text }
    return invocation.command == nil ? Help.text(nil) : nil
  }

  private static func report(_ failure: Failure, _ invocation: Invocation, _ log: Log) -> Int32 {
    let command = invocation.command
    var page: String?
    var code: Int32 = command == .exec ? 255 : 1
    var message = command.map { "martlet \($0.rule.name) failed: \(failure)" } ?? "\(failure)"
    if case .usage(let error) = failure {
      (page, code, message) = (error.page, error.code, error.description)
    }
    if invocation.text(.errorFormat) == "json" {
      let report = ErrorReport(command: command, id: invocation.container, failure: failure)
      log.fail(message, shown: String(decoding: report.json.text(.compact), as: UTF8.self) + "\n")
    } else {
      if let page { Output.write(page) }
      log.fail(message)
    }
    return code
  }
}

extension UsageError {
  /// The exit code.
  fileprivate var code: Int32 {
    if case .unknownCommand = self { return 3 }
    return 1
  }
}

extension Context {
  /// Performs the command; returns the exit code.
  func perform() throws(Failure) -> Int32 {
    guard let trace else { return try performCommand() }
    return try perform(trace)
  }

  /// The same without regard for a trace.
  func performCommand() throws(Failure) -> Int32 {
    switch invocation.command {
    case .run: return try run()
    case .exec: return try exec()
    case .top: return try top()
    case .check: return try check()
    case .create: try create()
    case .checkpoint: try checkpoint()
    case .restore: try restore()
    case .start: try start()
    case .kill: try kill()
    case .delete: try delete()
    case .state: try state()
    case .events: try events()
    case .list: try list()
    case .ps: try ps()
    case .mounts: try mounts()
    case .pause: try pause()
    case .resume: try resume()
    case .spec: try spec()
    case .features: try features()
    case .completion: try completion()
    case .manual: try manual()
    case .plan: try plan()
    case .update: try update()
    case nil: break
    }
    return 0
  }
}
