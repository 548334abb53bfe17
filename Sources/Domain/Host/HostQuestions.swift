/// What has to be looked up on the host only for some documents.
public struct HostQuestions: OptionSet, Sendable {
  /// One bit for each.
  public let rawValue: UInt8

  /// Takes bits.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Which security modules are in force.
  public static let securityModules = HostQuestions(rawValue: 1)
  /// Where resctrl is mounted.
  public static let resctrl = HostQuestions(rawValue: 2)
  /// Which version of Landlock the kernel has.
  public static let landlock = HostQuestions(rawValue: 4)
  /// Whether the kernel can keep strangers off a core.
  public static let coreScheduling = HostQuestions(rawValue: 8)
}

extension ProcessSettings {
  /// What counts for this process.
  public var questions: HostQuestions {
    apparmorProfile != nil || selinuxLabel != nil ? .securityModules : []
  }
}

extension Document {
  /// What counts for this document.
  public var questions: HostQuestions {
    var questions = process?.questions ?? []
    if linux?.mountLabel != nil { questions.insert(.securityModules) }
    if linux?.intelRdt != nil { questions.insert(.resctrl) }
    guard !annotations.isEmpty else { return questions }
    if text(of: .landlock) != nil { questions.insert(.landlock) }
    if text(of: .coreScheduling) != nil { questions.insert(.coreScheduling) }
    return questions
  }
}
