/// A question to a host: one row of the table behind `check`.
public struct HostCheck: Sendable {
  /// How an ability is.
  public enum Status: String, Sendable, CaseIterable {
    case ok
    /// The host does not have it.
    case missing
    /// It is there, and of no use.
    case unusable
  }

  /// Who needs it.
  public enum Need: String, Sendable {
    /// Every container, or the one that was asked about.
    case required
    /// Only containers that ask for it, or nobody: something else serves in its place.
    case optional
  }

  /// What was found.
  public struct Verdict: Equatable, Sendable {
    /// How it is.
    public var status: Status
    /// What was seen.
    public var detail: String

    /// Makes a verdict.
    public init(_ status: Status, _ detail: String = "") {
      (self.status, self.detail) = (status, detail)
    }
  }

  let group: String
  let name: String
  let need: Need
  let remedy: String
  let judge: @Sendable (HostView) -> Verdict

  init(
    _ group: String, _ name: String, _ need: Need = .optional, remedy: String,
    _ judge: @escaping @Sendable (HostView) -> Verdict
  ) {
    (self.group, self.name, self.need, self.remedy, self.judge) = (group, name, need, remedy, judge)
  }

  /// All answers for a host, in the order of the table.
  public static func results(for host: HostView) -> [CheckResult] {
    all.map { check in
      let verdict = check.judge(host)
      return CheckResult(
        group: check.group, name: check.name, need: check.need, verdict: verdict,
        remedy: verdict.status == .ok ? "" : check.remedy)
    }
  }

  /// The one table of checks.
  public static let all: [HostCheck] =
    userChecks + callChecks + kernelChecks + namespaceChecks + cgroupChecks + filterChecks + moduleChecks
    + programChecks + limitChecks
}

/// What a host is judged by.
public struct HostView: Sendable {
  /// Its facts.
  public var facts: Facts
  /// What else was seen.
  public var inspection: HostInspection
  /// Who makes cgroups, and why.
  public var driver: CgroupLocation.Driver
  /// Why, in a clause.
  public var reason: String
  /// The program that checkpoints.
  public var criu: String

  /// Makes a view.
  public init(
    facts: Facts, inspection: HostInspection, driver: CgroupLocation.Driver, reason: String,
    criu: String = "criu"
  ) {
    (self.facts, self.inspection, self.driver) = (facts, inspection, driver)
    (self.reason, self.criu) = (reason, criu)
  }
}

/// The answer to one check.
public struct CheckResult: Equatable, Sendable {
  /// What it is about.
  public var group: String
  /// The ability, or the place in `config.json`.
  public var name: String
  /// Who needs it.
  public var need: HostCheck.Need
  /// What was found.
  public var verdict: HostCheck.Verdict
  /// What helps; empty where nothing has to.
  public var remedy: String

  /// Makes an answer.
  public init(
    group: String, name: String, need: HostCheck.Need, verdict: HostCheck.Verdict, remedy: String
  ) {
    (self.group, self.name, self.need) = (group, name, need)
    (self.verdict, self.remedy) = (verdict, remedy)
  }

  /// It keeps containers from running.
  public var isObstacle: Bool { need == .required && verdict.status != .ok }

  /// The same as JSON.
  public var json: JSON {
    .object([
      .init("group", .string(group)), .init("name", .string(name)), .init("need", .string(need.rawValue)),
      .init("status", .string(verdict.status.rawValue)), .init("detail", .string(verdict.detail)),
      .init("remedy", .string(remedy)),
    ])
  }
}
