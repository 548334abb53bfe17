import Domain
public import Ports

/// What every implementation of `CgroupManager` has to do, as checks by name: for the built-in ones and for
/// those of third parties, from any test framework.
public struct CgroupManagerConformance {
  /// What a manager can do at all. What it cannot, it has to refuse as `unsupported`.
  public struct Capabilities: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It knows its processes, and has places for them.
    public static let processes = Capabilities(rawValue: 1)
    /// It limits.
    public static let limits = Capabilities(rawValue: 2)
    /// It freezes and thaws.
    public static let freezing = Capabilities(rawValue: 4)
    /// What a whole manager can do.
    public static let all: Capabilities = [.processes, .limits, .freezing]
  }

  private let capabilities: Capabilities
  private let make: () -> any CgroupManager
  private let request: CgroupRequest
  private let startProcess: () -> Int32
  private let reap: (Int32) -> Void

  /// Prepares the checks.
  /// - Parameters:
  ///   - capabilities: what the manager can do: checks of anything else are left out, others come instead.
  ///   - request: a place that is the tests' own, and free.
  ///   - make: makes a manager; every check gets a new one, since nothing may be remembered.
  ///   - startProcess: starts a process that waits to be killed.
  ///   - reap: called for it once it may be dead, or was never killed.
  public init(
    _ capabilities: Capabilities = .all, request: CgroupRequest, make: @escaping () -> any CgroupManager,
    startProcess: @escaping () -> Int32,
    reap: @escaping (Int32) -> Void
  ) {
    self.capabilities = capabilities
    self.request = request
    self.make = make
    self.startProcess = startProcess
    self.reap = reap
  }

  /// The names of all checks.
  public static let names = checks.map(\.name)

  /// The checks that the manager's capabilities allow.
  private var applicable: [Check] {
    CgroupManagerConformance.checks.filter {
      capabilities.isSuperset(of: $0.needs) && capabilities.isDisjoint(with: $0.lacks)
    }
  }

  /// How many checks `run` makes.
  public var count: Int { applicable.count }

  /// Runs the checks; returns those that did not hold.
  public func run() -> [ConformanceFailure] {
    applicable.compactMap { check in
      var trial = Trial(make: make, request: request, startProcess: startProcess)
      defer { clean(&trial) }
      do throws(CgroupError) {
        guard let reason = try check.body(&trial) else { return nil }
        return ConformanceFailure(check: check.name, reason: reason)
      } catch {
        return ConformanceFailure(check: check.name, reason: "unexpected \(error)")
      }
    }
  }

  private func clean(_ trial: inout Trial) {
    if let location = try? make().locate(request) {
      try? make().killAll(in: location)
      for pid in trial.processes { reap(pid) }
      try? make().destroy(location)
    }
  }

  private struct Check: Sendable {
    let name: String
    var needs: Capabilities = .processes
    var lacks: Capabilities = []
    let body: @Sendable (inout Trial) throws(CgroupError) -> String?
  }

  private static let checks: [Check] = [
    Check(name: "locate has no effect and always the same answer") { trial throws(CgroupError) in
      let location = try trial.location()
      guard try trial.location() == location else { return "another answer" }
      return try trial.manager.processes(in: location).isEmpty ? nil : "processes in what was never made"
    },
    Check(name: "containers have places of their own") { trial throws(CgroupError) in
      guard trial.request.path == nil else { return nil }
      guard let other = try? ContainerID(trial.request.id.text + "x") else { return nil }
      let neighbour = try trial.manager.locate(CgroupRequest(id: other, path: nil))
      return try neighbour == trial.location() ? "the same place for \(other)" : nil
    },
    Check(name: "a process that was added is found") { trial throws(CgroupError) in
      let (location, pid) = try trial.createdWithProcess()
      try trial.manager.add(pid, to: location)
      let found = try trial.manager.processes(in: location)
      return found == [pid] ? nil : "found \(found) and not \(pid)"
    },
    Check(name: "an occupied place is refused") { trial throws(CgroupError) in
      let (location, pid) = try trial.createdWithProcess()
      try trial.manager.add(pid, to: location)
      do throws(CgroupError) {
        _ = try trial.created()
      } catch {
        if case .notEmpty = error { return nil }
        return "refused by \(error)"
      }
      return "taken"
    },
    Check(name: "what another container has taken over is not touched") { trial throws(CgroupError) in
      var (old, new) = (try trial.location(), try trial.location())
      // A unit is never left empty.
      guard old.unit == nil else { return nil }
      let moment = Timestamp(seconds: 1, nanoseconds: 1)
      old.holder = .init(id: trial.request.id, created: moment)
      new.holder = .init(id: trial.request.id, created: Timestamp(seconds: 1, nanoseconds: 2))
      let pid = trial.start()
      try trial.make(old, for: pid)
      // A manager may refuse to take anything over.
      do throws(CgroupError) { try trial.make(new, for: pid) } catch { return nil }
      try trial.manager.add(pid, to: new)
      try trial.manager.killAll(in: old)
      try trial.manager.destroy(old)
      guard try trial.manager.processes(in: old).isEmpty else { return "somebody else's process is found" }
      return try trial.manager.processes(in: new) == [pid] ? nil : "the process was killed"
    },
    Check(name: "a whole life, without limits", needs: []) { trial throws(CgroupError) in
      let (location, pid) = try trial.createdWithProcess()
      try trial.manager.add(pid, to: location)
      guard try !trial.manager.isFrozen(location) else { return "frozen from the first" }
      try trial.manager.killAll(in: location)
      for _ in 0..<2 { try trial.manager.destroy(location) }
      return try trial.location() == location ? nil : "another place afterwards"
    },
    Check(name: "nothing is proven of what was never made", needs: []) { trial throws(CgroupError) in
      var location = try trial.location()
      location.holder = .init(id: trial.request.id, created: Timestamp(seconds: 1, nanoseconds: 1))
      return try trial.manager.isProven(location) ? "something" : nil
    },
    Check(name: "processes that are not known are not listed", needs: [], lacks: .processes) {
      trial throws(CgroupError) in
      let location = try trial.created()
      return trial.refusal { manager throws(CgroupError) in _ = try manager.processes(in: location) }
    },
    Check(name: "limits that would not be kept are refused", needs: [], lacks: .limits) {
      trial throws(CgroupError) in
      let location = try trial.created()
      return trial.refusal { manager throws(CgroupError) in try manager.apply(Trial.limits(60), to: location)
      }
        ?? trial.refusal { manager throws(CgroupError) in
          _ = try manager.prepare(Trial.change(to: 70), at: location)
        }
    },
    Check(name: "an update of nothing is made", needs: [], lacks: .limits) { trial throws(CgroupError) in
      let location = try trial.created()
      let nothing = ResourceChange(given: Resources(), recorded: Resources())
      let update = try trial.manager.prepare(nothing, at: location)
      guard update.isEmpty else { return "not empty" }
      try trial.manager.perform(update, at: location)
      try trial.manager.restore(update, at: location)
      return nil
    },
    Check(name: "what cannot be frozen is neither frozen nor thawed", needs: [], lacks: .freezing) {
      trial throws(CgroupError) in
      let location = try trial.created()
      return trial.refusal { manager throws(CgroupError) in try manager.setFrozen(true, location) }
        ?? trial.refusal { manager throws(CgroupError) in try manager.setFrozen(false, location) }
    },
    Check(name: "no limits change nothing", needs: []) { trial throws(CgroupError) in
      try trial.manager.apply(Resources(), to: try trial.created())
      return nil
    },
    Check(name: "preparing an update changes nothing", needs: [.processes, .limits]) {
      trial throws(CgroupError) in
      let location = try trial.limited(60)
      let first = try trial.manager.prepare(Trial.change(to: 70), at: location)
      return try trial.manager.prepare(Trial.change(to: 70), at: location) == first ? nil : "something"
    },
    Check(name: "an update is made, and taken back", needs: [.processes, .limits]) {
      trial throws(CgroupError) in
      let location = try trial.limited(60)
      let before = try trial.manager.prepare(Trial.change(to: 80), at: location)
      let update = try trial.manager.prepare(Trial.change(to: 70), at: location)
      try trial.manager.perform(update, at: location)
      guard try trial.manager.prepare(Trial.change(to: 80), at: location) != before else { return "not made" }
      // As a later command has it from the record.
      let kept = CgroupUpdate(update.change, writes: [], restoration: update.restoration)
      for _ in 0..<2 {
        try trial.manager.restore(kept, at: location)
        guard try trial.manager.prepare(Trial.change(to: 80), at: location) == before else {
          return "not taken back"
        }
      }
      return nil
    },
    Check(name: "an empty update changes nothing", needs: [.processes, .limits]) {
      trial throws(CgroupError) in
      let location = try trial.limited(60)
      let before = try trial.manager.prepare(Trial.change(to: 80), at: location)
      let empty = ResourceChange(given: Resources(), recorded: Trial.limits(60))
      let update = try trial.manager.prepare(empty, at: location)
      try trial.manager.perform(update, at: location)
      try trial.manager.restore(update, at: location)
      return try trial.manager.prepare(Trial.change(to: 80), at: location) == before ? nil : "something"
    },
    Check(name: "what is gone has no limits to change", needs: [.limits]) { trial throws(CgroupError) in
      let location = try trial.location()
      do throws(CgroupError) {
        let update = try trial.manager.prepare(Trial.change(to: 70), at: location)
        try trial.manager.perform(update, at: location)
      } catch {
        return nil
      }
      return "changed"
    },
    Check(name: "freezing and thawing", needs: [.processes, .freezing]) { trial throws(CgroupError) in
      let location = try trial.created()
      try trial.manager.add(trial.start(), to: location)
      try trial.manager.setFrozen(true, location)
      guard try trial.manager.isFrozen(location) else { return "not frozen" }
      try trial.manager.setFrozen(false, location)
      return try trial.manager.isFrozen(location) ? "still frozen" : nil
    },
    Check(name: "killing ends all, frozen or not", needs: [.processes, .freezing]) {
      trial throws(CgroupError) in
      let location = try trial.created()
      for _ in 0..<3 { try trial.manager.add(trial.start(), to: location) }
      try trial.manager.setFrozen(true, location)
      try trial.manager.killAll(in: location)
      let left = try trial.manager.processes(in: location)
      return left.isEmpty ? nil : "left \(left)"
    },
    Check(name: "killing where nothing is", needs: []) { trial throws(CgroupError) in
      try trial.manager.killAll(in: try trial.location())
      return nil
    },
    Check(name: "destroying is idempotent") { trial throws(CgroupError) in
      let location = try trial.created()
      try trial.manager.killAll(in: location)
      try trial.manager.destroy(location)
      try trial.manager.destroy(location)
      guard try trial.manager.processes(in: location).isEmpty else { return "processes afterwards" }
      _ = try trial.created()
      return nil
    },
    Check(name: "destroying what was never made", needs: []) { trial throws(CgroupError) in
      try trial.manager.destroy(try trial.location())
      return nil
    },
    Check(name: "what is gone is not frozen", needs: []) { trial throws(CgroupError) in
      try trial.manager.isFrozen(try trial.location()) ? "frozen" : nil
    },
  ]
}

/// One check's surroundings.
private struct Trial {
  let make: () -> any CgroupManager
  let request: CgroupRequest
  let startProcess: () -> Int32
  var processes: [Int32] = []

  /// A new manager each time: it must find everything by the location alone.
  var manager: any CgroupManager { make() }

  func location() throws(CgroupError) -> CgroupLocation {
    try manager.locate(request)
  }

  /// The place, made.
  mutating func created() throws(CgroupError) -> CgroupLocation {
    try createdWithProcess().location
  }

  /// The place, made for a process, which is in it only where a place cannot be without one.
  mutating func createdWithProcess() throws(CgroupError) -> (location: CgroupLocation, process: Int32) {
    let location = try location()
    _ = try manager.createBirthplace(location)
    let process = start()
    _ = try manager.create(location, for: process, request)
    return (location, process)
  }

  /// The place, made for a process of another location of it.
  func make(_ location: CgroupLocation, for process: Int32) throws(CgroupError) {
    _ = try manager.createBirthplace(location)
    _ = try manager.create(location, for: process, request)
  }

  /// The place, made, with room for so many processes.
  mutating func limited(_ processes: Int64) throws(CgroupError) -> CgroupLocation {
    let location = try created()
    try manager.apply(Trial.limits(processes), to: location)
    return location
  }

  static func limits(_ processes: Int64) -> Resources {
    var resources = Resources()
    resources.pidsLimit = processes
    return resources
  }

  /// A change of what `limited` has set at first.
  static func change(to processes: Int64) -> ResourceChange {
    ResourceChange(given: limits(processes), recorded: limits(60))
  }

  /// What is wrong where something has to be refused as unsupported.
  func refusal(_ body: (any CgroupManager) throws(CgroupError) -> Void) -> String? {
    do throws(CgroupError) {
      try body(manager)
      return "not refused"
    } catch {
      if case .unsupported = error { return nil }
      return "refused by \(error)"
    }
  }

  mutating func start() -> Int32 {
    let pid = startProcess()
    processes.append(pid)
    return pid
  }
}
