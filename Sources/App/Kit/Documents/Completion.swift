import Domain
import Ports

/// What could stand at the end of a command line that is being typed, as the tables have it.
///
/// The words are read as the parser reads them, except that nothing is wrong: what makes no sense is passed over.
struct Completion {
  /// What the last word can become.
  private(set) var source: CompletionSource = .nothing
  /// What stands before it in the same word, such as `--format=`.
  private(set) var prefix = ""
  /// The directory of the containers' state that the line names.
  private(set) var root: String?

  private var command: Command?
  private var operands = 0
  private var readsOptions = true
  /// The option whose value comes next.
  private var pending: Option.Rule?

  /// Reads the words behind the program's name; the last one is being typed and may be empty.
  init(_ words: [String]) {
    for word in words.dropLast() { read(word) }
    end(words.last ?? "")
  }

  private var allowed: CommandSet {
    command.map { [.global, CommandSet($0)] } ?? .global
  }

  private mutating func read(_ word: String) {
    if let rule = pending {
      pending = nil
      take(rule, word)
    } else if readsOptions, word == "--" {
      readsOptions = false
    } else if readsOptions, word.hasBytePrefix("-"), word != "-" {
      readOption(word)
    } else if command == nil {
      command = Command(name: word)
      readsOptions = true
    } else {
      operands += 1
      if let rule = command?.rule, rule.stopsAtOperand { readsOptions = false }
    }
  }

  private mutating func readOption(_ word: String) {
    let (name, value) = Parser.taken(apart: word)
    guard let rule = Parser.rule(name, allowed), rule.kind != .flag else { return }
    if let value { take(rule, value) } else { pending = rule }
  }

  private mutating func take(_ rule: Option.Rule, _ value: String) {
    if rule.option == .root { root = value }
  }

  private mutating func end(_ word: String) {
    if let pending {
      source = pending.values
    } else if readsOptions, word.hasBytePrefix("-") {
      endOption(word)
    } else if let rule = command?.rule {
      source = rule.operand(at: operands)
    } else {
      source = .words(Command.rules.map { .init(text: $0.name, note: $0.summary) })
    }
  }

  private mutating func endOption(_ word: String) {
    let (name, value) = Parser.taken(apart: word)
    guard value != nil else {
      let rules = Option.rules.filter { !$0.isHidden && !$0.commands.isDisjoint(with: allowed) }
      source = .words(rules.map { .init(text: "--" + $0.name, note: $0.help) })
      return
    }
    guard let rule = Parser.rule(name, allowed), rule.kind != .flag else { return }
    source = rule.values
    prefix = String(word.prefix { $0 != "=" }) + "="
  }
}

extension Completion {
  /// What a shell's script reads: `words`, `files` or `directories` on the first line; then, for words, those that
  /// begin as the last one does, each with a tabulator and its note behind it.
  static func answer(_ words: [String], in context: Context) -> String {
    let completion = Completion(words)
    switch completion.source {
    case .files: return "files\n"
    case .directories: return "directories\n"
    case .nothing: return completion.list([], words)
    case .words(let known): return completion.list(known, words)
    case .capabilities:
      return completion.list(context.composition.capabilities().known.map { .init(text: $0) }, words)
    case .containers:
      let ids = context.identifiers(below: completion.root)
      return completion.list(ids.map { .init(text: $0) }, words)
    }
  }

  private func list(_ known: [CompletionSource.Word], _ words: [String]) -> String {
    let typed = words.last ?? ""
    return known.reduce("words\n") { text, word in
      let whole = prefix + word.text
      guard whole.utf8.starts(with: typed.utf8) else { return text }
      return text + whole + (word.note.isEmpty ? "" : "\t" + word.note) + "\n"
    }
  }
}

extension Context {
  /// `completion`: the script of a shell, or what could stand at the end of a line.
  func completion() throws(Failure) {
    let shell = invocation.operands.first ?? ""
    if shell == "words" {
      return Output.write(Completion.answer(Array(invocation.operands.dropFirst()), in: self))
    }
    guard let script = CompletionScript(rawValue: shell) else { throw .argument(.shell(shell)) }
    Output.write(script.text)
  }

  /// The names of the containers below a root, or the usual one; none where they cannot be read.
  fileprivate func identifiers(below root: String?) -> [String] {
    let settings = root.map { [Invocation.Setting(option: .root, text: $0)] } ?? []
    do throws(Failure) {
      let context = try Context(Invocation(command: .list, settings: settings), composition)
      return try context.identifiers().map(\.text)
    } catch {
      // A line that is being typed has no place for a complaint.
      return []
    }
  }
}
