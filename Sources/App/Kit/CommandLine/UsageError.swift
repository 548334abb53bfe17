/// A command line that makes no sense.
enum UsageError: Error, Equatable {
  /// An option that the command does not have.
  case unknownOption(String, Command?)
  /// An argument that begins as an option does and has no name.
  case malformedOption(String, Command?)
  /// An option without its value.
  case missingValue(String, Command?)
  /// A flag with a value that is neither true nor false.
  case invalidFlag(String, option: String, Command?)
  /// A number or a time that is none, or one that is too large.
  case invalidValue(String, option: String, isOutOfRange: Bool, Command?)
  /// Too few or too many operands.
  case operands(Command, count: Int)
  /// A command that does not exist.
  case unknownCommand(String)
  /// Help for a command that does nothing yet.
  case pending(Command)
}

extension UsageError {
  /// The command that was being read.
  var command: Command? {
    switch self {
    case .unknownOption(_, let command), .malformedOption(_, let command), .missingValue(_, let command),
      .invalidFlag(_, _, let command), .invalidValue(_, _, _, let command):
      command
    case .operands(let command, _), .pending(let command): command
    case .unknownCommand: nil
    }
  }

  /// What standard output shows: what is wrong, and help. Nothing for an unknown command.
  var page: String? {
    switch self {
    case .unknownCommand: nil
    case .pending(let command): Help.text(command)
    case .operands(let command, _): "Incorrect Usage.\n\n" + Help.text(command)
    default: "Incorrect Usage\(command == nil ? "." : ":") \(self)\n\n" + Help.text(command)
    }
  }

  /// The name that may have been meant, as it is written.
  var suggestion: String? {
    switch self {
    case .unknownOption(let name, let command): Suggestion.option(like: name, of: command).map { "--" + $0 }
    case .unknownCommand(let name): Suggestion.command(like: name)
    default: nil
    }
  }
}

extension UsageError: CustomStringConvertible {
  /// One line, with the texts that callers know.
  var description: String {
    let text =
      switch self {
      case .unknownOption(let name, _): "flag provided but not defined: -\(name)"
      case .malformedOption(let argument, _): "bad flag syntax: \(argument)"
      case .missingValue(let name, _): "flag needs an argument: -\(name)"
      case .invalidFlag(let value, let option, _):
        "invalid boolean value \(value.quoted) for -\(option): parse error"
      case .invalidValue(let value, let option, let isOutOfRange, _):
        "invalid value \(value.quoted) for flag -\(option): "
          + (isOutOfRange ? "value out of range" : "parse error")
      case .operands(let command, let count):
        "martlet: \"\(command.rule.name)\" requires \(UsageError.phrase(command.rule.arity, count)) argument(s)"
      case .unknownCommand(let name): "No help topic for '\(name)'"
      case .pending(let command): "martlet \(command.rule.name) is not supported yet"
      }
    return text + (suggestion.map { " (did you mean \($0)?)" } ?? "")
  }

  private static func phrase(_ arity: ClosedRange<Int>, _ count: Int) -> String {
    if arity.lowerBound == arity.upperBound { return "exactly \(arity.lowerBound)" }
    return count < arity.lowerBound ? "a minimum of \(arity.lowerBound)" : "a maximum of \(arity.upperBound)"
  }
}
