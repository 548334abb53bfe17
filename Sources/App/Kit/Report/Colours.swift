import Domain
import Linux

/// Colours where somebody sees them: on a terminal, unless `NO_COLOR` is set or the terminal is a dumb one.
struct Colours {
  /// What is said with a colour.
  enum Meaning: String {
    case good = "32"
    case doubtful = "33"
    case bad = "31"
    case faint = "2"
  }

  /// They are used.
  let isOn: Bool

  /// Those for standard output.
  static var ofOutput: Colours { Colours(isOn: areWanted(on: 1)) }
  /// Those for standard error.
  static var ofErrors: Colours { Colours(isOn: areWanted(on: 2)) }

  private static func areWanted(on descriptor: Int32) -> Bool {
    guard Host.isTerminal(descriptor), Host.variable("NO_COLOR").map(\.isEmpty) ?? true else { return false }
    return !isDumb
  }

  /// The terminal knows no commands.
  static var isDumb: Bool { Host.variable("TERM") == "dumb" }

  /// A text in the colour of its meaning.
  func paint(_ text: String, _ meaning: Meaning) -> String {
    isOn ? "\u{1B}[\(meaning.rawValue)m\(text)\u{1B}[0m" : text
  }
}
