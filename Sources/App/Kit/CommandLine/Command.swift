/// The commands of the runtime.
enum Command: UInt8, CaseIterable {
  case completion, create, delete, events, exec, features, kill, list, manual, pause, plan, ps, resume, run,
    spec
  case start, state
  case top, update
}

extension Command {
  /// How a command is called.
  struct Rule {
    /// The command.
    let command: Command
    /// Its name.
    let name: String
    /// What stands behind the options.
    let operands: String
    /// The least and the largest number of operands.
    let arity: ClosedRange<Int>
    /// Options end at the first operand: what follows belongs to a program, or begins with a dash.
    let stopsAtOperand: Bool
    /// One line for help.
    let summary: String
  }

  /// The one table of commands, in the order of help.
  static let rules: [Rule] = [
    rule(
      .completion, "completion", "<bash|zsh|fish>", 1...many,
      "print the script that lets a shell complete command lines"),
    rule(.create, "create", "<container-id>", 1...1, "create a container"),
    rule(.delete, "delete", "<container-id>", 1...1, "delete what a container holds, once it is stopped"),
    rule(
      .events, "events", "<container-id>", 1...1,
      "show what a container uses again and again, and when its memory is out"),
    rule(
      .exec, "exec", "<container-id> <command> [args...]", 1...many, "run a further process in a container"),
    rule(.features, "features", "", 0...0, "show what this runtime supports, as JSON"),
    rule(
      .kill, "kill", "<container-id> [signal]", 1...2, "signal a container's init process (default: SIGTERM)"),
    rule(.list, "list", "", 0...0, "list the containers below the root directory"),
    rule(
      .manual, "manual", "[command]", 0...1, "print a page of the manual, for `man -l -` to show"),
    rule(.pause, "pause", "<container-id>", 1...1, "freeze all processes of a container"),
    rule(.plan, "plan", "[bundle]", 0...1, "show the steps that a container of a bundle would go through"),
    rule(.ps, "ps", "<container-id> [ps options]", 1...many, "show the processes of a container"),
    rule(.resume, "resume", "<container-id>", 1...1, "thaw all processes of a container"),
    rule(.run, "run", "<container-id>", 1...1, "create a container and start it"),
    rule(.spec, "spec", "", 0...0, "write a new config.json"),
    rule(.start, "start", "<container-id>", 1...1, "start the program of a created container"),
    rule(.state, "state", "<container-id>", 1...1, "show the state of a container"),
    rule(.top, "top", "", 0...0, "show what all containers below the root directory use"),
    rule(.update, "update", "<container-id>", 1...1, "change the limits of a container"),
  ]

  /// Commands that other runtimes have and this one has not yet.
  static let unsupported = ["checkpoint", "restore"]

  private static let many = Int.max

  private static func rule(
    _ command: Command, _ name: String, _ operands: String, _ arity: ClosedRange<Int>, _ summary: String
  ) -> Rule {
    Rule(
      command: command, name: name, operands: operands, arity: arity,
      stopsAtOperand: command == .completion || command == .exec || command == .kill || command == .ps,
      summary: summary)
  }

  /// The command's entry in the table, which has one for each.
  var rule: Rule {
    Command.rules[Int(rawValue)]
  }

  /// The command called `name`.
  init?(name: String) {
    guard let rule = Command.rules.first(where: { $0.name == name }) else { return nil }
    self = rule.command
  }
}

/// A set of commands that share an option.
struct CommandSet: OptionSet {
  let rawValue: UInt32

  /// The options before the command, which may stand after it as well.
  static let global = CommandSet(rawValue: 1 << 31)

  init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  init(_ command: Command) {
    rawValue = 1 << UInt32(command.rawValue)
  }

  static let create = CommandSet(.create)
  static let delete = CommandSet(.delete)
  static let events = CommandSet(.events)
  static let exec = CommandSet(.exec)
  static let kill = CommandSet(.kill)
  static let list = CommandSet(.list)
  static let plan = CommandSet(.plan)
  static let ps = CommandSet(.ps)
  static let run = CommandSet(.run)
  static let spec = CommandSet(.spec)
  static let top = CommandSet(.top)
  static let update = CommandSet(.update)
}
