/// A plan for people: what each place of a document makes martlet do, one plain line for each step.
public struct PlanExplanation: Sendable {
  /// What one place asks for.
  public struct Section: Equatable, Sendable {
    /// The place in `config.json`, or what stands for none.
    public var title: String
    /// The lines, in the order in which they are done.
    public var lines: [Line]
  }

  /// One thing that is done.
  public struct Line: Equatable, Sendable {
    /// The index of the step; nil for what the runtime does.
    public var step: Int?
    /// What is done, to what.
    public var effect: String
    /// What that is good for; empty where the line before it says so.
    public var purpose: String
  }

  /// How the process is born, and where, comes first; then the places in the order of their first steps; what has
  /// no step last.
  public private(set) var sections: [Section] = []
  /// The places of sections by their titles.
  private var places: [ByteKey: Int] = [:]

  /// Explains a plan, and what is done beside it.
  public init(_ plan: Plan, _ effects: [PlannedEffect]) {
    let cgroups = effects.filter(\.isBirthplace)
    sections.append(
      Section(title: PlanExplanation.birth, lines: (plan.birth.effects + cgroups).map(PlanExplanation.placed))
    )
    for (index, entry) in plan.entries.enumerated() {
      append(
        Line(step: index, effect: entry.step.description, purpose: entry.step.kind.purpose), to: entry.origin)
    }
    for effect in effects where !effect.isBirthplace {
      append(Line(step: nil, effect: effect.text, purpose: ""), to: effect.origin)
    }
    for section in sections.indices { shorten(section) }
  }

  private static let birth = "born with the process"
  private static let everyContainer = "for every container"

  private static func placed(_ effect: PlannedEffect) -> Line {
    Line(step: nil, effect: effect.description, purpose: "")
  }

  private mutating func append(_ line: Line, to origin: JSONPointer) {
    let title = origin == .root ? PlanExplanation.everyContainer : origin.text
    if let index = places[ByteKey(title)] {
      sections[index].lines.append(line)
    } else {
      places[ByteKey(title)] = sections.count
      sections.append(Section(title: title, lines: [line]))
    }
  }

  /// What is good for the same thing as the line before it need not say so again.
  private mutating func shorten(_ section: Int) {
    var last = ""
    for index in sections[section].lines.indices {
      let purpose = sections[section].lines[index].purpose
      if purpose == last { sections[section].lines[index].purpose = "" }
      last = purpose
    }
  }

  /// The whole as text. `escape` makes fit to be shown what may come from a document; `title` and `purpose` paint
  /// those parts.
  public func text(
    escape: (String) -> String = { $0 }, title: (String) -> String = { $0 },
    purpose: (String) -> String = { $0 }
  ) -> String {
    var text = ""
    for section in sections where !section.lines.isEmpty {
      text += (text.isEmpty ? "" : "\n") + title(escape(section.title)) + "\n"
      for line in section.lines {
        let number = line.step.map(\.decimal) ?? "-"
        text +=
          String(repeating: " ", count: max(0, 5 - number.utf8.count)) + number + "  " + escape(line.effect)
        text += (line.purpose.isEmpty ? "" : purpose(": " + line.purpose)) + "\n"
      }
    }
    return text
  }
}

extension PlannedEffect {
  /// It says where the process is accounted.
  fileprivate var isBirthplace: Bool { text.hasBytePrefix("cgroup: ") }
}
