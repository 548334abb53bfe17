import Domain

/// The answers of `check` as text: a line for each, by group, and what helps below those that need help.
struct CheckReport {
  private let results: [CheckResult]
  private let hasBundle: Bool

  init(_ results: [CheckResult], hasBundle: Bool) {
    (self.results, self.hasBundle) = (results, hasBundle)
  }

  /// The whole text. Names and details may come from a bundle: control characters in them are escaped.
  func text(_ colours: Colours) -> String {
    let width = results.reduce(0) { max($0, min($1.name.utf8.count, 24)) }
    var (text, group) = ("", "")
    for result in results {
      if result.group != group { text += (group.isEmpty ? "" : "\n") + result.group + "\n" }
      group = result.group
      text += line(result, width, colours)
    }
    return text + "\n" + conclusion(colours) + "\n"
  }

  private func line(_ result: CheckResult, _ width: Int, _ colours: Colours) -> String {
    let status = result.verdict.status.rawValue
    let name = Log.oneLine(result.name)
    let gap = String(repeating: " ", count: max(0, width - name.utf8.count))
    var line =
      "  " + colours.paint(status, meaning(result)) + String(repeating: " ", count: 10 - status.utf8.count)
    line +=
      name + gap + (result.verdict.detail.isEmpty ? "" : "  " + Log.oneLine(result.verdict.detail)) + "\n"
    guard !result.remedy.isEmpty else { return line.trimmed }
    return line.trimmed + String(repeating: " ", count: 12)
      + colours.paint("→ " + Log.oneLine(result.remedy), .faint) + "\n"
  }

  private func meaning(_ result: CheckResult) -> Colours.Meaning {
    if result.verdict.status == .ok { return .good }
    return result.isObstacle ? .bad : .doubtful
  }

  private func conclusion(_ colours: Colours) -> String {
    let obstacles = results.filter(\.isObstacle)
    let lesser = results.filter { $0.verdict.status != .ok && !$0.isObstacle }.count
    let subject = hasBundle ? "this bundle" : "containers"
    guard obstacles.isEmpty else {
      let names = obstacles.map { Log.oneLine($0.name) }.joined(separator: ", ")
      return colours.paint("This host cannot run \(subject)", .bad) + ": \(names)."
    }
    let remark = lesser == 0 ? "" : " \(lesser) abilities are missing that only some containers need."
    return colours.paint("This host can run \(subject).", .good) + remark
  }
}

extension String {
  /// The line without spaces before its end.
  fileprivate var trimmed: String {
    var bytes = [UInt8](utf8.dropLast())
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }
}
