import Testing

@testable import Kit

@Suite struct ManualTests {
  @Test(arguments: Command.allCases) func namesEveryOption(_ command: Command) {
    let page = Manual.page(command)
    for rule in Option.rules where rule.commands.contains(CommandSet(command)) && !rule.isHidden {
      #expect(page.contains("\\fB\(Roff.escaped("--" + rule.name))\\fR"))
      #expect(page.contains(Roff.escaped(rule.help)))
    }
    #expect(page.contains(Roff.escaped(command.rule.summary)))
  }

  @Test func mainPageNamesAllCommandsAndGlobalOptions() {
    let page = Manual.page(nil)
    for rule in Command.rules { #expect(page.contains("\\fBmartlet\\-\(rule.name)\\fR(8)")) }
    for rule in Option.rules where rule.commands == .global {
      #expect(page.contains("\\fB\(Roff.escaped("--" + rule.name))\\fR"))
    }
  }

  @Test func mainPageNamesAllKeysOfTheConfiguration() {
    let page = Manual.page(nil)
    for key in HostConfiguration.known { #expect(page.contains("\\fB\(key)\\fR")) }
  }

  @Test func textMeansItself() {
    var page = Roff(title: "x")
    page.section("S")
    page.paragraph("first")
    page.paragraph(".dot - 'quote' \\ back")
    #expect(page.text.hasSuffix("\n.SH S\nfirst\n.PP\n\\&.dot \\- \\(aqquote\\(aq \\e back\n"))
  }
}
