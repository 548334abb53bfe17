/// How a control file shows what is set in it: enough to say what sets it back.
enum ControlFormat {
  /// One value.
  case whole
  /// One value, behind which the kernel may explain itself.
  case firstWord
  /// Lines of a name and a value. The text says what stands for the lack of a line; nil, that there is none.
  case entries(missing: String?)
  /// Lines of a name and of settings such as `rbps=max`. The text says what a setting is that is not shown.
  case settings(missing: String)
  /// Of several lines, the value behind this word.
  case flag(String)
  /// Words that are there or not, written as `+word` and `-word`.
  case words
  /// It does something, or asks for messages: nothing leads back, and nothing can be read.
  case act

  init(file: String) {
    if let known = ControlFormat.known.first(where: { $0.file == file }) {
      self = known.format
    } else if file.hasBytePrefix("blkio.throttle.") {
      self = .entries(missing: "0")
    } else if file.hasBytePrefix("dmem.") {
      self = .entries(missing: nil)
    } else if file != "cgroup.pressure", file.fields(at: ".").last == "pressure" {
      self = .act
    } else {
      self = .whole
    }
  }

  private static let known: [(file: String, format: ControlFormat)] = [
    ("io.max", .settings(missing: "max")), ("io.latency", .settings(missing: "0")),
    ("rdma.max", .settings(missing: "max")), ("misc.max", .entries(missing: nil)),
    ("io.weight", .entries(missing: "default")), ("io.bfq.weight", .entries(missing: "default")),
    ("blkio.bfq.weight_device", .entries(missing: "default")),
    ("blkio.weight_device", .entries(missing: "0")), ("blkio.leaf_weight_device", .entries(missing: "0")),
    ("net_prio.ifpriomap", .entries(missing: "0")), ("memory.oom_control", .flag("oom_kill_disable")),
    ("cpuset.cpus.partition", .firstWord), ("cgroup.subtree_control", .words), ("cgroup.kill", .act),
    ("cgroup.procs", .act), ("cgroup.threads", .act), ("cgroup.type", .act), ("memory.reclaim", .act),
    ("memory.peak", .act), ("memory.swap.peak", .act),
  ]

  /// The text that undoes a write, given what the file showed before; nil where nothing does, or need be done.
  func restoration(of text: String, present: String) -> String? {
    switch self {
    case .whole: present.isEmpty ? "\n" : present
    case .firstWord: present.fields(at: " ").first.map { String($0) }
    case .entries(let missing): ControlFormat.entry(text, present, missing)
    case .settings(let missing): ControlFormat.settings(text, present, missing)
    case .flag(let name): ControlFormat.value(of: name, in: present).map { String($0) }
    case .words: ControlFormat.words(text, present)
    case .act: nil
    }
  }

  private static func entry(_ text: String, _ present: String, _ missing: String?) -> String? {
    let words = text.fields(at: " ", maxSplits: 1)
    // A value alone is that of all that has no line of its own.
    let name = words.count == 2 ? words[0] : "default"
    if let value = value(of: String(name), in: present) { return "\(name) \(value)" }
    if words.count == 1 { return present.isEmpty ? nil : present }
    return missing.map { "\(name) \($0)" }
  }

  private static func settings(_ text: String, _ present: String, _ missing: String) -> String? {
    var words = text.fields(at: " ")[...]
    guard let name = words.popFirst() else { return nil }
    let line = value(of: String(name), in: present) ?? ""
    let former = words.map { word in
      let key = word.prefix { $0 != "=" } + "="
      return line.fields(at: " ").first { String($0).hasBytePrefix(String(key)) } ?? key + missing
    }
    return ([name] + former).joined(separator: " ")
  }

  private static func words(_ text: String, _ present: String) -> String? {
    let present = present.fields(at: " ")
    let back = text.fields(at: " ").compactMap { word -> String? in
      let name = word.dropFirst()
      let wasThere = present.contains(name)
      return wasThere == (word.utf8.first == UInt8(ascii: "+")) ? nil : (wasThere ? "+" : "-") + name
    }
    return back.isEmpty ? nil : back.joined(separator: " ")
  }

  /// What stands behind a name at the begin of a line.
  private static func value(of name: String, in text: String) -> Substring? {
    for line in text.fields(at: "\n") {
      let words = line.fields(at: " ", maxSplits: 1)
      if words.count == 2, words[0] == name { return words[1] }
    }
    return nil
  }

  /// Whether anything leads back.
  var isAct: Bool {
    if case .act = self { true } else { false }
  }
}
