import Domain

/// What can stand where an option's value or an operand is expected.
enum CompletionSource: Equatable {
  /// Nothing that is known here.
  case nothing
  /// One of these.
  case words([Word])
  /// A path, which the shell completes.
  case files
  /// A directory, which the shell completes.
  case directories
  /// A container's id.
  case containers
  /// The name of a capability.
  case capabilities

  /// A word and what it is.
  struct Word: Equatable {
    var text: String
    /// One line, which some shells show; it may be empty.
    var note = ""
  }

  fileprivate static func words(_ texts: [String]) -> CompletionSource {
    .words(texts.map { Word(text: $0) })
  }
}

extension Option.Rule {
  /// What its value can be: what the table's text for it names.
  var values: CompletionSource {
    switch argument {
    case "DIR": return .directories
    case "FILE", "SOCKET": return .files
    case "CAPABILITY": return .capabilities
    default:
      let words = argument.utf8.split(separator: UInt8(ascii: "|"))
        .filter { $0.allSatisfy { !(65...90).contains($0) } }
      return argument.utf8.contains(UInt8(ascii: "|"))
        ? .words(words.map { String(Substring($0)) }) : .nothing
    }
  }
}

extension Command.Rule {
  /// What its operand at a place, counted from 0, can be: what the table's text for operands names.
  func operand(at place: Int) -> CompletionSource {
    let names = operands.fields(at: " ")
    guard place < names.count else { return .nothing }
    let name = names[place].filter { !"<>[].".contains($0) }
    switch name {
    case "container-id": return .containers
    case "signal": return .words(Signal.allNames)
    case "bundle": return .directories
    case "file": return .files
    case "command" where command == .manual:
      return .words(Command.rules.map { .init(text: $0.name, note: $0.summary) })
    default: return name.contains("|") ? .words(name.fields(at: "|").map(String.init)) : .nothing
    }
  }
}
