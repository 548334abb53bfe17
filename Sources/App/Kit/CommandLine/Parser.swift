import Domain

/// Reads a command line as Go's `flag` package does: `--x v`, `--x=v`, `-x`, one dash or two.
struct Parser {
  private let arguments: [String]
  private var position = 0
  private var invocation = Invocation()

  private init(_ arguments: [String]) {
    self.arguments = arguments
  }

  /// Reads the arguments behind the program's name.
  static func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
    var parser = Parser(arguments)
    try parser.readOptions(.global, stopping: true)
    try parser.readCommand()
    return parser.invocation
  }

  private mutating func readCommand() throws(UsageError) {
    guard position < arguments.count else { return }
    let name = arguments[position]
    position += 1
    if name == "help" || name == "h" { return readHelp() }
    guard !Command.unsupported.contains(name) else { throw .unsupportedCommand(name) }
    guard let command = Command(name: name) else { throw .unknownCommand(name) }
    invocation.command = command
    let rule = command.rule
    try readOptions([.global, CommandSet(command)], stopping: rule.stopsAtOperand)
    if position < arguments.count {
      // Only a command that stops at its first operand leaves something: the rest is not ours to read.
      invocation.operands = Array(arguments[position...])
      if invocation.operands.count > 1, invocation.operands[1] == "--" { invocation.operands.remove(at: 1) }
    }
    guard invocation.flag(.help) || rule.arity.contains(invocation.operands.count) else {
      throw .operands(command)
    }
  }

  private mutating func readHelp() {
    invocation.settings.append(.init(option: .help, text: "true"))
    if position < arguments.count { invocation.command = Command(name: arguments[position]) }
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
    guard let rule = Parser.rule(name, allowed) else { throw .unknownOption(name, invocation.command) }
    let text: String
    if rule.kind == .flag {
      text = try flagText(inline ?? "true", name)
    } else if let inline {
      text = inline
    } else if position < arguments.count {
      text = arguments[position]
      position += 1
    } else {
      throw .missingValue(name, invocation.command)
    }
    if rule.kind == .number, Int(text).map({ $0 < 0 || $0 > Parser.largestNumber }) ?? true {
      throw .invalidValue(text, option: name, .number, invocation.command)
    }
    invocation.settings.append(.init(option: rule.option, text: text))
  }

  /// The name of an option, and what stands behind its equals sign, byte by byte: a combining mark behind
  /// the sign belongs to the value.
  static func taken(apart argument: String) -> (name: String, inline: String?) {
    let body = argument.utf8.dropFirst(argument.hasBytePrefix("--") ? 2 : 1)
    guard let equals = body.firstIndex(of: UInt8(ascii: "=")) else { return (String(Substring(body)), nil) }
    let value = body[body.index(after: equals)...]
    return (String(Substring(body[..<equals])), String(Substring(value)))
  }

  /// Far more descriptors than a process can have.
  private static let largestNumber = 1 << 20

  private func flagText(_ text: String, _ name: String) throws(UsageError) -> String {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": return "true"
    case "0", "f", "F", "false", "FALSE", "False": return "false"
    default: throw .invalidValue(text, option: name, .flag, invocation.command)
    }
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
