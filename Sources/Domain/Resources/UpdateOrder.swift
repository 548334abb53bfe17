/// In which order the files of an update are written, so that none is refused for the sake of another.
enum UpdateOrder {
  /// What cannot be undone comes last: first what a write of the former value undoes, then limits at which the
  /// kernel takes memory away or kills, then acts.
  static func ordered(_ writes: [ControlWrite], _ present: [String: String]) -> [ControlWrite] {
    var result = (0...2).flatMap { rank in writes.filter { self.rank($0.file) == rank } }
    for rule in rules where rule.isReversed(texts(result, present)) {
      move(rule.first, behind: rule.second, in: &result)
    }
    return result
  }

  private static let reclaiming = [
    "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.high", "memory.max",
  ]

  private static func rank(_ file: String) -> Int {
    if ControlFormat(file: file).isAct { return 2 }
    return reclaiming.contains(file) ? 1 : 0
  }

  /// What files hold before and after.
  private struct Texts {
    var before: [String: String]
    var after: [String: String]

    func number(_ file: String, after isAfter: Bool) -> Int64? {
      let text = (isAfter ? after[file] : nil) ?? before[file]
      guard let word = text?.fields(at: " ").first else { return nil }
      // No limit is more than any.
      if word == "max" || word == "-1" { return .max }
      return Int64(word)
    }
  }

  private static func texts(_ writes: [ControlWrite], _ present: [String: String]) -> Texts {
    Texts(
      before: present, after: Dictionary(writes.map { ($0.file, $0.text) }, uniquingKeysWith: { $1 }))
  }

  /// Two files, the first of which is written before the second unless the kernel would refuse it then.
  private struct Rule {
    var first: String
    var second: String
    var isReversed: (Texts) -> Bool
  }

  private static var rules: [Rule] {
    [
      // The limit is at no moment above that of memory and swap.
      exceeding("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"),
      // The burst is at no moment above the quota.
      exceeding("cpu.cfs_burst_us", "cpu.cfs_quota_us"), exceeding("cpu.max.burst", "cpu.max"),
      // The share that is held in between is at no moment above that of before or after, which a parent or a
      // sibling may not leave room for: a longer period first, a shorter one last.
      shrinking("cpu.cfs_period_us", "cpu.cfs_quota_us"), shrinking("cpu.rt_period_us", "cpu.rt_runtime_us"),
    ]
  }

  private static func exceeding(_ first: String, _ second: String) -> Rule {
    Rule(first: first, second: second) { texts in
      guard let wanted = texts.number(first, after: true), let bound = texts.number(second, after: false)
      else { return false }
      return wanted > bound
    }
  }

  private static func shrinking(_ first: String, _ second: String) -> Rule {
    Rule(first: first, second: second) { texts in
      guard let before = texts.number(first, after: false), let after = texts.number(first, after: true)
      else { return false }
      return after < before
    }
  }

  private static func move(_ file: String, behind other: String, in writes: inout [ControlWrite]) {
    guard let from = writes.firstIndex(where: { $0.file == file }),
      let to = writes.firstIndex(where: { $0.file == other }), from < to
    else { return }
    let write = writes.remove(at: from)
    writes.insert(write, at: to)
  }
}
