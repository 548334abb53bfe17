import Domain

/// A page of the manual as it grows, in the man macros of roff.
struct Roff {
  /// The page so far.
  private(set) var text: String
  private var isAtSection = false

  /// Begins a page of section 8. It bears no date, so that the same source makes the same page.
  init(title: String) {
    text =
      ".TH \(Roff.escaped(title).uppercased()) 8 \"\" \"martlet \(Version.number)\" \"System Administration\"\n"
  }

  /// Begins a section.
  mutating func section(_ name: String) {
    text += ".SH \(name)\n"
    isAtSection = true
  }

  /// Adds a paragraph. The first one of a section begins without being told.
  mutating func paragraph(_ sentence: String) {
    if !isAtSection { text += ".PP\n" }
    text += Roff.line(sentence)
    isAtSection = false
  }

  /// Adds an entry of a list; the term is roff already.
  mutating func entry(_ term: String, _ sentence: String) {
    text += ".TP\n" + term + "\n" + Roff.line(sentence)
    isAtSection = false
  }

  /// Adds lines as they stand, indented.
  mutating func example(_ lines: String) {
    if !isAtSection { text += ".PP\n" }
    isAtSection = false
    text += ".RS 4\n.EX\n"
    for line in lines.fields(at: "\n", omittingEmpty: false) {
      text += Roff.line(String(line))
    }
    text += ".EE\n.RE\n"
  }

  /// Adds roff as it stands.
  mutating func raw(_ roff: String) {
    text += roff
  }

  /// In bold.
  static func bold(_ word: String) -> String { "\\fB" + escaped(word) + "\\fR" }

  /// In italics: what stands for something else.
  static func italic(_ word: String) -> String { "\\fI" + escaped(word) + "\\fR" }

  /// Text that means itself within a line.
  static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      default: result.append(character)
      }
    }
  }

  /// A line of text: a dot at its start would be a macro.
  private static func line(_ text: String) -> String {
    let text = escaped(text)
    return (text.hasBytePrefix(".") ? "\\&" : "") + text + "\n"
  }
}
