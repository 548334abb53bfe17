public import Domain
public import Ports

/// What every implementation of `IntelRdtManager` has to do, as checks by name: for the built-in ones and for
/// those of third parties, from any test framework.
public struct IntelRdtManagerConformance {
  /// What the host of the checks can divide and count.
  public struct Shape: Sendable {
    /// Lines that the host takes; empty where it can divide nothing.
    public var lines: [String]
    /// The same in another spelling: another order, spaces, zeros.
    public var respelled: [String]
    /// Other shares of the same domains.
    public var others: [String]
    /// Each of them is refused by this host.
    public var refused: [String]
    /// Classes that can still be made; nil where the checks need not run out of them.
    public var classesLeft: Int?
    /// The host counts.
    public var canCount: Bool

    /// Describes a host.
    public init(
      lines: [String], respelled: [String], others: [String], refused: [String], classesLeft: Int? = nil,
      canCount: Bool
    ) {
      self.lines = lines
      self.respelled = respelled
      self.others = others
      self.refused = refused
      self.classesLeft = classesLeft
      self.canCount = canCount
    }
  }

  private let shape: Shape
  private let make: () -> any IntelRdtManager
  private let startProcess: () -> Int32
  private let reap: (Int32) -> Void
  private let groups: () -> [String]
  private let isMember: (Int32, RdtLocation) -> Bool

  /// Prepares the checks.
  /// - Parameters:
  ///   - make: makes a manager; every call gets a new one, since nothing may be remembered.
  ///   - startProcess: starts a process that waits to be killed.
  ///   - reap: called for it when it has to end.
  ///   - groups: the names of all classes and monitoring groups, in one order.
  ///   - isMember: whether a process is in a location's class, and in its monitoring group where it has one.
  public init(
    shape: Shape, make: @escaping () -> any IntelRdtManager, startProcess: @escaping () -> Int32,
    reap: @escaping (Int32) -> Void, groups: @escaping () -> [String],
    isMember: @escaping (Int32, RdtLocation) -> Bool
  ) {
    self.shape = shape
    self.make = make
    self.startProcess = startProcess
    self.reap = reap
    self.groups = groups
    self.isMember = isMember
  }

  /// The names of all checks.
  public static let names = checks.map(\.name)

  /// How many checks `run` makes.
  public var count: Int {
    IntelRdtManagerConformance.checks.count { $0.needs.isMet(by: shape) }
  }

  /// Runs all checks that the host's shape allows; returns those that did not hold. Whatever a check leaves
  /// behind, save shared classes, is a failure of that check.
  public func run() -> [ConformanceFailure] {
    var failures: [ConformanceFailure] = []
    for check in IntelRdtManagerConformance.checks where check.needs.isMet(by: shape) {
      let before = groups()
      var trial = RdtTrial(
        shape: shape, make: make, startProcess: startProcess, reap: reap, isMember: isMember)
      var reason: String?
      do throws(RdtError) { reason = try check.body(&trial) } catch { reason = "unexpected \(error)" }
      trial.clean()
      if reason == nil, groups() != before { reason = "left \(groups()) where \(before) was" }
      if let reason { failures.append(ConformanceFailure(check: check.name, reason: reason)) }
    }
    return failures
  }

  private enum Needs {
    case nothing, shares, counters, classes

    func isMet(by shape: Shape) -> Bool {
      switch self {
      case .nothing: true
      case .shares: !shape.lines.isEmpty
      case .counters: shape.canCount
      case .classes: shape.classesLeft != nil
      }
    }
  }

  private struct Check: Sendable {
    let name: String
    let needs: Needs
    let body: @Sendable (inout RdtTrial) throws(RdtError) -> String?

    init(
      _ name: String, _ needs: Needs, _ body: @escaping @Sendable (inout RdtTrial) throws(RdtError) -> String?
    ) {
      self.name = name
      self.needs = needs
      self.body = body
    }
  }

  private static let checks: [Check] = [
    Check("locate has no effect and always the same answer", .shares) { trial throws(RdtError) in
      let group = trial.own(trial.shape.lines)
      let location = try trial.manager.locate(group)
      guard try trial.manager.locate(group) == location else { return "another answer" }
      return location.isNew && location.identity == nil ? nil : "not new: \(location)"
    },
    Check("names that cannot be are refused", .nothing) { trial throws(RdtError) in
      for name in ["", ".", "..", "a/b", "/a", "info", "mon_groups", "mon_data", "a\nb", "a\0b", "\u{7f}"] {
        let refused = trial.refusal { manager throws(RdtError) in
          try manager.locate(trial.group(name, [], isShared: !name.isEmpty))
        }
        guard case .invalidName = refused else { return "\(name) came to \(String(describing: refused))" }
      }
      return nil
    },
    Check("files of the file system are no classes", .shares) { trial throws(RdtError) in
      for name in ["tasks", "schemata"] {
        let group = trial.group(name, [], isShared: true)
        let refused = trial.refusal { manager throws(RdtError) in try manager.locate(group) }
        guard case .missing = refused else { return "\(name) came to \(String(describing: refused))" }
      }
      return nil
    },
    Check("a class of the container's own comes and goes with it", .shares) { trial throws(RdtError) in
      let location = try trial.claimed(trial.own(trial.shape.lines))
      guard location.identity != nil else { return "no identity" }
      let found = try trial.share(location)
      guard found == trial.parsed(trial.shape.lines) else { return "it has \(found.lines)" }
      guard try trial.manager.destroy(location) == .done else { return "not removed" }
      return try trial.manager.locate(trial.own(trial.shape.lines)).isNew ? nil : "still there"
    },
    Check("a class of the container's own has all without schemata", .shares) { trial throws(RdtError) in
      let location = try trial.claimed(trial.own([]))
      let statistics = try trial.manager.statistics(of: location)
      return statistics.schemata.isEmpty ? "no schemata" : nil
    },
    Check("a class that exists is not the container's own", .shares) { trial throws(RdtError) in
      _ = try trial.claimed(trial.own(trial.shape.lines))
      let group = trial.own(trial.shape.lines)
      let refused = trial.refusal { manager throws(RdtError) in try manager.locate(group) }
      if case .exists = refused { return nil }
      return "came to \(String(describing: refused))"
    },
    Check("a class that comes up meanwhile is not taken", .shares) { trial throws(RdtError) in
      let early = try trial.manager.locate(trial.own(trial.shape.lines))
      let schemata = trial.parsed(trial.shape.lines)
      _ = try trial.claimed(trial.own(trial.shape.lines))
      let refused = trial.refusal { manager throws(RdtError) in try manager.claim(early, schemata) }
      if case .exists = refused { return nil }
      return "came to \(String(describing: refused))"
    },
    Check("a shared class that comes up meanwhile is joined", .shares) { trial throws(RdtError) in
      let early = try trial.manager.locate(trial.shared(trial.shape.lines))
      _ = try trial.claimed(trial.shared(trial.shape.lines))
      let joined = try trial.manager.claim(early, trial.parsed(trial.shape.lines))
      return joined.isNew || joined.identity != nil ? "taken for its own" : nil
    },
    Check("a shared class without schemata has to exist", .shares) { trial throws(RdtError) in
      let group = trial.shared([])
      let refused = trial.refusal { manager throws(RdtError) in try manager.locate(group) }
      if case .missing = refused { return nil }
      return "came to \(String(describing: refused))"
    },
    Check("a shared class outlives its container", .shares) { trial throws(RdtError) in
      let location = try trial.claimed(trial.shared(trial.shape.lines))
      guard try trial.manager.destroy(location) == .done else { return "not done" }
      return try trial.manager.locate(trial.shared([])).isNew ? "gone" : nil
    },
    Check("a shared class is joined by the same schemata, however spelled", .shares) {
      trial throws(RdtError) in
      _ = try trial.claimed(trial.shared(trial.shape.lines))
      for lines in [trial.shape.lines, trial.shape.respelled, Array(trial.shape.lines.prefix(1))] {
        let location = try trial.manager.locate(trial.shared(lines))
        guard !location.isNew else { return "new for \(lines)" }
        let claimed = try trial.manager.claim(location, trial.parsed(lines))
        guard claimed.identity == nil else { return "taken for its own" }
      }
      return nil
    },
    Check("a shared class is not joined by other schemata", .shares) { trial throws(RdtError) in
      _ = try trial.claimed(trial.shared(trial.shape.lines))
      let group = trial.shared(trial.shape.others)
      let refused = trial.refusal { manager throws(RdtError) in try manager.locate(group) }
      if case .mismatch(trial.sharedName, _, .some) = refused { return nil }
      return "came to \(String(describing: refused))"
    },
    Check("the default class is joined and never removed", .nothing) { trial throws(RdtError) in
      let location = try trial.claimed(trial.group("", [], isShared: true))
      guard !location.isNew, location.identity == nil else { return "taken for its own" }
      let pid = trial.start()
      try trial.manager.add(pid, to: location)
      guard trial.isMember(pid, location) else { return "the process is not in it" }
      guard try trial.manager.destroy(location) == .done else { return "not done" }
      return try trial.manager.locate(trial.group("", [], isShared: true)).isNew ? "gone" : nil
    },
    Check("what this host cannot do is refused, and leaves nothing", .shares) { trial throws(RdtError) in
      for line in trial.shape.refused {
        let group = trial.own([line])
        let refused = trial.refusal { manager throws(RdtError) in
          try manager.claim(try manager.locate(group), trial.parsed([line]))
        }
        guard refused != nil else { return "\(line) was taken" }
      }
      return nil
    },
    Check("no more classes than there are", .classes) { trial throws(RdtError) in
      for number in 0..<(trial.shape.classesLeft ?? 0) {
        _ = try trial.claimed(trial.group("conformance-\(number)", [], isShared: false))
      }
      let group = trial.group("conformance-more", [], isShared: false)
      let refused = trial.refusal { manager throws(RdtError) in
        try manager.claim(try manager.locate(group), RdtSchemata())
      }
      if case .exhausted = refused { return nil }
      return "came to \(String(describing: refused))"
    },
    Check("processes are put in, and fall back", .shares) { trial throws(RdtError) in
      let location = try trial.claimed(trial.own(trial.shape.lines))
      let pid = trial.start()
      guard !trial.isMember(pid, location) else { return "there before" }
      try trial.manager.add(pid, to: location)
      guard trial.isMember(pid, location) else { return "not in it" }
      guard try trial.manager.destroy(location) == .done else { return "a class with processes stays" }
      return trial.isMember(pid, location) ? "still in it" : nil
    },
    Check("nobody gets into a class that is gone, or into a later one", .shares) { trial throws(RdtError) in
      let location = try trial.claimed(trial.own(trial.shape.lines))
      _ = try trial.manager.destroy(location)
      let pid = trial.start()
      let gone = trial.refusal { manager throws(RdtError) in try manager.add(pid, to: location) }
      guard case .gone = gone else { return "came to \(String(describing: gone))" }
      _ = try trial.claimed(trial.own(trial.shape.others))
      let other = trial.refusal { manager throws(RdtError) in try manager.add(pid, to: location) }
      guard case .gone = other else { return "came to \(String(describing: other))" }
      let change = trial.parsed(trial.shape.lines)
      let changed = trial.refusal { manager throws(RdtError) in try manager.apply(change, to: location) }
      if case .gone = changed { return nil }
      return "a change came to \(String(describing: changed))"
    },
    Check("a monitoring group comes and goes with its container", .counters) { trial throws(RdtError) in
      let location = try trial.claimed(trial.monitored("", isShared: true))
      let pid = trial.start()
      try trial.manager.add(pid, to: location)
      guard trial.isMember(pid, location) else { return "the process is not in it" }
      guard try trial.manager.destroy(location) == .done else { return "not removed" }
      return try trial.manager.destroy(location) == .done ? nil : "not idempotent"
    },
    Check("a monitoring group of somebody else is not taken", .counters) { trial throws(RdtError) in
      _ = try trial.claimed(trial.monitored("", isShared: true))
      let group = trial.monitored("", isShared: true)
      let refused = trial.refusal { manager throws(RdtError) in try manager.locate(group) }
      if case .exists = refused { return nil }
      return "came to \(String(describing: refused))"
    },
    Check("a monitoring group goes, and a shared class stays", .counters) { trial throws(RdtError) in
      guard !trial.shape.lines.isEmpty else { return nil }
      let keeper = try trial.claimed(trial.shared(trial.shape.lines))
      let location = try trial.claimed(trial.monitored(trial.sharedName, isShared: true))
      guard location.monitoringIdentity != nil else { return "no identity" }
      guard try trial.manager.destroy(location) == .done else { return "not removed" }
      _ = try trial.manager.statistics(of: keeper)
      return nil
    },
    Check("removal leaves a later group of the same name alone", .shares) { trial throws(RdtError) in
      let first = try trial.claimed(trial.own(trial.shape.lines))
      _ = try trial.manager.destroy(first)
      let second = try trial.claimed(trial.own(trial.shape.lines))
      guard first.identity != second.identity else { return "the same identity" }
      guard try trial.manager.destroy(first) == .done else { return "not done" }
      _ = try trial.manager.statistics(of: second)
      return nil
    },
    Check("what a creation left is removed, unless somebody uses it", .shares) { trial throws(RdtError) in
      let location = try trial.claimed(trial.own(trial.shape.lines))
      let pid = trial.start()
      try trial.manager.add(pid, to: location)
      guard case .leftAlone = try trial.manager.destroy(location.unproven) else {
        return "a used one is removed"
      }
      trial.end(pid)
      return try trial.manager.destroy(location.unproven) == .done ? nil : "not removed"
    },
    Check("removing is idempotent, also of what never was", .shares) { trial throws(RdtError) in
      let location = try trial.manager.locate(trial.own(trial.shape.lines))
      guard try trial.manager.destroy(location) == .done else { return "not done" }
      let claimed = try trial.claimed(trial.own(trial.shape.lines))
      for _ in 0..<2 {
        guard try trial.manager.destroy(claimed) == .done else { return "not done" }
      }
      return nil
    },
    Check("a change can be undone", .shares) { trial throws(RdtError) in
      let location = try trial.claimed(trial.own(trial.shape.lines))
      let before = try trial.share(location)
      let old = try trial.manager.apply(trial.parsed(trial.shape.others), to: location)
      guard old.entries.count == trial.parsed(trial.shape.others).entries.count else {
        return "it was \(old.lines)"
      }
      guard try trial.share(location) == trial.parsed(trial.shape.others) else { return "nothing changed" }
      _ = try trial.manager.apply(old, to: location)
      return try trial.share(location) == before ? nil : "not undone"
    },
    Check("a change that is refused changes nothing", .shares) { trial throws(RdtError) in
      let location = try trial.claimed(trial.own(trial.shape.lines))
      let before = try trial.manager.statistics(of: location).schemata
      for line in trial.shape.refused {
        let refused = trial.refusal { manager throws(RdtError) in
          try manager.apply(trial.parsed(trial.shape.others + [line]), to: location)
        }
        guard refused != nil else { return "\(line) was taken" }
      }
      return try trial.manager.statistics(of: location).schemata == before ? nil : "changed"
    },
    Check("of a class that is gone there are no statistics", .shares) { trial throws(RdtError) in
      let location = try trial.claimed(trial.own(trial.shape.lines))
      _ = try trial.manager.destroy(location)
      let refused = trial.refusal { manager throws(RdtError) in try manager.statistics(of: location) }
      if case .gone = refused { return nil }
      return "came to \(String(describing: refused))"
    },
  ]
}
