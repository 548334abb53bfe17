import Domain

/// Help as text, made from the tables.
enum Help {
  /// Help for a command, or for all of them.
  static func text(_ command: Command?) -> String {
    command.map { text($0.rule) } ?? overview
  }

  private static func text(_ rule: Command.Rule) -> String {
    let options = Option.rules.filter { $0.commands.contains(CommandSet(rule.command)) && !$0.isHidden }
    let optionsHint = options.isEmpty ? "" : " [command options]"
    let operands = rule.operands.isEmpty ? "" : " " + rule.operands
    var text = "NAME:\n   martlet \(rule.name) - \(rule.summary)\n"
    text += "\nUSAGE:\n   martlet \(rule.name)\(optionsHint)\(operands)\n"
    text += "\nEXAMPLE:\n" + indented(rule.example)
    if !options.isEmpty {
      text += "\nOPTIONS:\n" + table(options.map { (spelling($0), $0.help) })
    }
    return text
  }

  private static var overview: String {
    let global = Option.rules.filter { $0.commands == .global }
    return "NAME:\n   martlet - Open Container Initiative runtime\n"
      + "\nUSAGE:\n   martlet [global options] command [command options] [arguments...]\n"
      + "\nEXAMPLE:\n" + indented(example)
      + "\nVERSION:\n   \(Version.number)\n"
      + "\nCOMMANDS:\n"
      + table(
        Command.rules.map { ($0.name, $0.summary) } + [("help, h", "show help for all, or for a command")])
      + "\nGLOBAL OPTIONS:\n" + table(global.map { (spelling($0), $0.help) })
  }

  /// How to come from nothing to a container.
  static let example = """
    mkdir -p bundle/rootfs && cp --archive /path/to/a/root/file/system/. bundle/rootfs
    martlet spec --bundle bundle
    martlet run --bundle bundle first
    # What a command takes:
    martlet help run
    """

  private static func indented(_ lines: String) -> String {
    lines.fields(at: "\n").reduce("") { $0 + "   " + $1 + "\n" }
  }

  /// An option with what follows it, such as `--bundle DIR, -b DIR`.
  static func spelling(_ rule: Option.Rule) -> String {
    let value = rule.argument.isEmpty ? "" : " " + rule.argument
    return "--\(rule.name)\(value)" + (rule.short.isEmpty ? "" : ", -\(rule.short)\(value)")
  }

  private static func table(_ rows: [(String, String)]) -> String {
    let width = rows.reduce(0) { max($0, $1.0.utf8.count) } + 2
    return rows.reduce("") { text, row in
      text + "   " + row.0 + String(repeating: " ", count: width - row.0.utf8.count) + row.1 + "\n"
    }
  }
}
