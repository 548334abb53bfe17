/// What the command line asks for.
struct Invocation: Equatable {
  /// The command; nil when there is none.
  var command: Command?
  /// Options in the order given.
  var settings: [Setting] = []
  /// What is no option.
  var operands: [String] = []

  /// One option as given; a flag's text is `true` or `false`.
  struct Setting: Equatable {
    var option: Option
    var text: String
  }

  /// The last value of an option.
  func text(_ option: Option) -> String? {
    settings.last { $0.option == option }?.text
  }

  /// The last value of an option that is not empty.
  func filled(_ option: Option) -> String? {
    guard let text = text(option), !text.isEmpty else { return nil }
    return text
  }

  /// Whether a flag is set.
  func flag(_ option: Option) -> Bool {
    text(option) == "true"
  }

  /// All values of an option.
  func list(_ option: Option) -> [String] {
    settings.filter { $0.option == option }.map(\.text)
  }

  /// The value of a number, which the parser has checked.
  func number(_ option: Option) -> Int {
    text(option).flatMap { Int($0) } ?? 0
  }
}

/// A command line that makes no sense.
enum UsageError: Error, Equatable {
  /// An option that the command does not have.
  case unknownOption(String, Command?)
  /// An option without its value.
  case missingValue(String, Command?)
  /// A flag with a value that is neither true nor false, or a number that is none.
  case invalidValue(String, option: String, Option.Kind, Command?)
  /// Too few or too many operands.
  case operands(Command)
  /// A command that does not exist.
  case unknownCommand(String)
  /// A command that this runtime does not have yet.
  case unsupportedCommand(String)
}

extension UsageError {
  /// The command that was being read.
  var command: Command? {
    switch self {
    case .unknownOption(_, let command), .missingValue(_, let command), .invalidValue(_, _, _, let command):
      command
    case .operands(let command): command
    case .unknownCommand, .unsupportedCommand: nil
    }
  }

  /// Whether help is shown with it.
  var showsHelp: Bool {
    switch self {
    case .unknownCommand, .unsupportedCommand: false
    default: true
    }
  }
}

extension UsageError: CustomStringConvertible {
  /// The texts that callers know: one line.
  var description: String {
    switch self {
    case .unknownOption(let name, _): "flag provided but not defined: -\(name)"
    case .missingValue(let name, _): "flag needs an argument: -\(name)"
    case .invalidValue(let value, let option, .flag, _):
      "invalid boolean value \"\(value)\" for -\(option): parse error"
    case .invalidValue(let value, let option, _, _):
      "invalid value \"\(value)\" for flag -\(option): parse error"
    case .operands(let command): "martlet: \"\(command.rule.name)\" \(arityText(command.rule.arity))"
    case .unknownCommand(let name): "No help topic for '\(name)'"
    case .unsupportedCommand(let name): "martlet \(name): not yet supported"
    }
  }

  private func arityText(_ arity: ClosedRange<Int>) -> String {
    if arity.lowerBound == arity.upperBound { return "requires exactly \(arity.lowerBound) argument(s)" }
    if arity.upperBound == Int.max { return "requires a minimum of \(arity.lowerBound) argument(s)" }
    return "requires \(arity.lowerBound) to \(arity.upperBound) argument(s)"
  }
}
