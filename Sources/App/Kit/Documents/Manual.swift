import Domain

/// The pages of the manual, made from the tables of the command line.
enum Manual {
  /// The page of a command, or of the whole program.
  static func page(_ command: Command?) -> String {
    command.map { page($0.rule) } ?? overview
  }

  private static func page(_ rule: Command.Rule) -> String {
    let options = Option.rules.filter { $0.commands.contains(CommandSet(rule.command)) && !$0.isHidden }
    var page = Roff(title: "martlet-\(rule.name)")
    page.section("NAME")
    page.raw("martlet\\-\(Roff.escaped(rule.name)) \\- \(Roff.escaped(rule.summary))\n")
    page.section("SYNOPSIS")
    page.raw(synopsis(rule, hasOptions: !options.isEmpty))
    if !options.isEmpty {
      page.section("OPTIONS")
      for option in options { page.entry(term(option), option.help) }
    }
    page.paragraph("The options of martlet(8) may stand here too.")
    page.section("EXAMPLES")
    page.example(rule.example)
    page.section("EXIT STATUS")
    for status in ManualText.exitStatuses(of: rule.command) {
      page.entry(Roff.bold(status.term), status.text)
    }
    page.section("SEE ALSO")
    page.raw("\\fBmartlet\\fR(8)\n")
    return page.text
  }

  private static var overview: String {
    var page = Roff(title: "martlet")
    page.section("NAME")
    page.raw("martlet \\- Open Container Initiative runtime\n")
    page.section("SYNOPSIS")
    page.raw(
      "\\fBmartlet\\fR [\\fIglobal options\\fR] \\fIcommand\\fR [\\fIcommand options\\fR] [\\fIarguments\\fR...]\n"
    )
    page.section("DESCRIPTION")
    ManualText.description.forEach { page.paragraph($0) }
    page.section("COMMANDS")
    for rule in Command.rules {
      page.entry("\\fBmartlet\\-\(Roff.escaped(rule.name))\\fR(8)", rule.summary)
    }
    page.section("GLOBAL OPTIONS")
    page.paragraph(
      "They stand before the command or behind it. One dash does as well as two, and --option=value as --option value."
    )
    for option in Option.rules where option.commands == .global { page.entry(term(option), option.help) }
    for (name, text, entries) in ManualText.sections {
      page.section(name)
      if !text.isEmpty { page.paragraph(text) }
      for entry in entries { page.entry(Roff.bold(entry.term), entry.text) }
    }
    page.section("EXAMPLES")
    for example in ManualText.examples {
      page.paragraph(example.text)
      page.example(example.term)
    }
    page.section("SEE ALSO")
    page.raw(
      Command.rules.map { "\\fBmartlet\\-\(Roff.escaped($0.name))\\fR(8)" }.joined(separator: ",\n") + "\n")
    return page.text
  }

  private static func synopsis(_ rule: Command.Rule, hasOptions: Bool) -> String {
    var text = "\\fBmartlet " + Roff.escaped(rule.name) + "\\fR"
    if hasOptions { text += " [\\fIoptions\\fR]" }
    for operand in rule.operands.fields(at: " ") { text += " " + Roff.italic(String(operand)) }
    return text + "\n"
  }

  /// How an option is written: `--name FILE, -n FILE`.
  private static func term(_ rule: Option.Rule) -> String {
    let value = rule.kind == .flag ? "" : " " + Roff.italic(rule.argument)
    let long = Roff.bold("--" + rule.name) + value
    return rule.short.isEmpty ? long : long + ", " + Roff.bold("-" + rule.short) + value
  }
}

extension Context {
  /// `manual`: a page of the manual, as roff.
  func manual() throws(Failure) {
    guard let name = invocation.operands.first else { return Output.write(Manual.page(nil)) }
    guard let command = Command(name: name) else { throw .usage(.unknownCommand(name)) }
    Output.write(Manual.page(command))
  }
}
