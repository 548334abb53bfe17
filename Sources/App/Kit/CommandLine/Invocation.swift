import Domain

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

  /// The container that the command is told to work on; nil where a pattern may name many.
  var container: String? {
    guard !flag(.regex),
      let place = command?.rule.operands.fields(at: " ").firstIndex(where: { $0.isBytewise("<container-id>") }
      )
    else { return nil }
    return place < operands.count ? operands[place] : nil
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
