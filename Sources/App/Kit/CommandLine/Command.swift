/// The commands of the runtime. The table has one entry for each, in this order.
enum Command: UInt8, CaseIterable {
  case check, checkpoint, completion, create, delete, events, exec, features, kill, list, manual, mounts
  case pause, plan, ps, restore
  case resume, run, spec, start, state, top, update
}

extension Command {
  /// How a command is called: what the parser, help pages, manual pages and completions are made from.
  struct Rule {
    /// The command.
    let command: Command
    /// Its name.
    let name: String
    /// What stands behind the options.
    let operands: String
    /// The least and the largest number of operands.
    let arity: ClosedRange<Int>
    /// One line for help.
    let summary: String
    /// How it may be used: lines for a shell, those that begin with # explain.
    let example: String

    init(
      _ command: Command, _ name: String, _ operands: String, _ arity: ClosedRange<Int>, _ summary: String,
      example: String
    ) {
      (self.command, self.name, self.operands, self.arity) = (command, name, operands, arity)
      (self.summary, self.example) = (summary, example)
    }

    /// Options end at the first operand: what follows belongs to a program, or begins with a dash.
    var stopsAtOperand: Bool {
      command == .completion || command == .exec || command == .kill || command == .ps
    }

    /// It has no use for engines that look for it by asking for its help: they take an exit code of 0 as a yes.
    var isPending: Bool {
      command == .checkpoint || command == .restore
    }
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

  static let check = CommandSet(.check)
  static let checkpoint = CommandSet(.checkpoint)
  static let create = CommandSet(.create)
  static let delete = CommandSet(.delete)
  static let events = CommandSet(.events)
  static let exec = CommandSet(.exec)
  static let kill = CommandSet(.kill)
  static let list = CommandSet(.list)
  static let plan = CommandSet(.plan)
  static let ps = CommandSet(.ps)
  static let restore = CommandSet(.restore)
  static let run = CommandSet(.run)
  static let spec = CommandSet(.spec)
  static let top = CommandSet(.top)
  static let update = CommandSet(.update)
}
