import Domain

/// Reads a command line as Go's `flag` package does: `--x v`, `--x=v`, `-x`, one dash or two.
struct Parser {
  private let arguments: [String]
  private var position = 0
  /// What was read so far.
  private(set) var invocation = Invocation()

  /// A reader of the arguments behind the program's name.
  init(_ arguments: [String]) {
    self.arguments = arguments
  }

  /// Reads the arguments behind the program's name.
  static func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
    var parser = Parser(arguments)
    try parser.read()
    return parser.invocation
  }

  /// Reads all arguments. What was read before an error is in `invocation`.
  mutating func read() throws(UsageError) {
    try readOptions(.global, stopping: true)
    // Whoever is asked for help looks no further, nor at a command without a name.
    guard position < arguments.count, !arguments[position].isEmpty, !invocation.flag(.help) else { return }
    let name = arguments[position]
    position += 1
    if name == "help" || name == "h" { return try readHelp() }
    guard let command = Command(name: name) else { throw .unknownCommand(name) }
    invocation.command = command
    try readArguments(of: command.rule)
  }

  private mutating func readArguments(of rule: Command.Rule) throws(UsageError) {
    try readOptions([.global, CommandSet(rule.command)], stopping: rule.stopsAtOperand)
    if position < arguments.count {
      // Only a command that stops at its first operand leaves something: the rest is not ours to read.
      invocation.operands = Array(arguments[position...])
      if invocation.operands.count > 1, invocation.operands[1] == "--" { invocation.operands.remove(at: 1) }
    }
    if invocation.flag(.help) {
      guard !rule.isPending else { throw .pending(rule.command) }
      return
    }
    let count = invocation.operands.count
    guard rule.arity.contains(count) else { throw .operands(rule.command, count: count) }
  }

  private mutating func readHelp() throws(UsageError) {
    invocation.settings.append(.init(option: .help, text: "true"))
    guard position < arguments.count, !["help", "h"].contains(arguments[position]) else { return }
    guard let command = Command(name: arguments[position]) else { throw .unknownCommand(arguments[position]) }
    invocation.command = command
  }

  /// Reads options, and operands between them unless the first one ends it.
  private mutating func readOptions(_ allowed: CommandSet, stopping: Bool) throws(UsageError) {
    while position < arguments.count {
      let argument = arguments[position]
      let isOption = argument.utf8.first == UInt8(ascii: "-") && argument != "-"
      if argument == "--" {
        position += 1
        if !stopping { invocation.operands += arguments[position...] }
        if !stopping { position = arguments.count }
        return
      }
      if isOption {
        position += 1
        try readOption(argument, allowed)
      } else {
        if stopping { return }
        invocation.operands.append(argument)
        position += 1
      }
    }
  }

  private mutating func readOption(_ argument: String, _ allowed: CommandSet) throws(UsageError) {
    let (name, inline) = Parser.taken(apart: argument)
    guard !name.isEmpty, !name.hasBytePrefix("-") else {
      throw .malformedOption(argument, invocation.command)
    }
    guard let rule = Parser.rule(name, allowed) else { throw .unknownOption(name, invocation.command) }
    let text: String
    if rule.kind == .flag {
      text = inline ?? "true"
    } else if let inline {
      text = inline
    } else if position < arguments.count {
      text = arguments[position]
      position += 1
    } else {
      throw .missingValue(name, invocation.command)
    }
    let value = try OptionValue(rule.kind, name, invocation.command).normalized(text)
    invocation.settings.append(.init(option: rule.option, text: value))
  }

  /// The name of an option, and what stands behind its equals sign, byte by byte: a combining mark behind
  /// the sign belongs to the value.
  static func taken(apart argument: String) -> (name: String, inline: String?) {
    let body = argument.utf8.dropFirst(argument.hasBytePrefix("--") ? 2 : 1)
    guard let equals = body.firstIndex(of: UInt8(ascii: "=")) else { return (String(Substring(body)), nil) }
    let value = body[body.index(after: equals)...]
    return (String(Substring(body[..<equals])), String(Substring(value)))
  }

  /// The option of that name; a command's own one comes before a global one.
  static func rule(_ name: String, _ allowed: CommandSet) -> Option.Rule? {
    var found: Option.Rule?
    for rule in Option.rules where rule.name == name || (!rule.short.isEmpty && rule.short == name) {
      guard !rule.commands.isDisjoint(with: allowed) else { continue }
      if rule.commands != .global { return rule }
      found = rule
    }
    return found
  }
}
