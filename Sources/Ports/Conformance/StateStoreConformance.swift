public import Domain
public import Ports

/// What every implementation of `StateStore` has to do, as checks by name: for the built-in ones and for those
/// of third parties, from any test framework.
///
/// Waiting for a lock is left out: it takes threads, which a test framework has its own of.
public struct StateStoreConformance {
  private let make: () -> any StateStore
  private let creator: ProcessIdentity

  /// Prepares the checks.
  /// - Parameters:
  ///   - creator: the calling process, or whoever a store of models takes for it.
  ///   - make: makes a store over one and the same place, which is empty: what one store has saved, the next
  ///     one finds.
  public init(creator: ProcessIdentity, make: @escaping () -> any StateStore) {
    self.creator = creator
    self.make = make
  }

  /// The names of all checks.
  public static let names = checks.map(\.name)

  /// Runs all checks; returns those that did not hold. What they make they remove.
  public func run() -> [ConformanceFailure] {
    StateStoreConformance.checks.compactMap { check in
      let trial = Trial(make: make, creator: creator)
      defer { trial.clean() }
      do throws(StateError) {
        guard let reason = try check.body(trial) else { return nil }
        return ConformanceFailure(check: check.name, reason: reason)
      } catch {
        return ConformanceFailure(check: check.name, reason: "unexpected \(error)")
      }
    }
  }

  private struct Check: Sendable {
    let name: String
    let body: @Sendable (Trial) throws(StateError) -> String?
  }

  private static let checks: [Check] = [
    Check(name: "what was never begun is missing") { trial throws(StateError) in
      let id = try trial.id("never")
      let missing = StateError.missing(id)
      if trial.failure({ store throws(StateError) in _ = try store.load(id) }) != missing { return "load" }
      if trial.failure({ store throws(StateError) in _ = try store.lock(id) }) != missing { return "lock" }
      let record = try trial.record("never")
      if trial.failure({ store throws(StateError) in try store.save(record) }) != missing { return "save" }
      return try trial.store.identifiers().contains(id) ? "it is listed" : nil
    },
    Check(name: "a begun container is an intent without a state") { trial throws(StateError) in
      let lock = try trial.begin("one")
      defer { lock.release() }
      let entry = try trial.store.load(trial.id("one"))
      if try entry.intent != trial.intent("one") { return "the intent is \(entry.intent)" }
      if entry.state != nil { return "it has a state" }
      return try trial.store.identifiers() == [trial.id("one")] ? nil : "it is not what is listed"
    },
    Check(name: "a claim of the cgroup is seen from then on, until the container is made anew") {
      trial throws(StateError) in
      let failure = trial.failure { store throws(StateError) in try store.claimCgroup(of: trial.id("never")) }
      if try failure != .missing(trial.id("never")) { return "of nothing: \(String(describing: failure))" }
      try trial.begin("one").release()
      if try trial.store.load(trial.id("one")).ownsCgroup { return "it is claimed from the beginning" }
      try trial.store.claimCgroup(of: trial.id("one"))
      let entry = try trial.store.load(trial.id("one"))
      if !entry.ownsCgroup { return "it is not seen" }
      if try entry.intent != trial.intent("one") { return "the intent changed" }
      try trial.store.save(trial.record("one"))
      if try !trial.store.load(trial.id("one")).ownsCgroup { return "it is lost with the state" }
      try trial.store.remove(trial.id("one"))
      try trial.begin("one").release()
      return try trial.store.load(trial.id("one")).ownsCgroup ? "it outlives the container" : nil
    },
    Check(name: "the intent is read without the state") { trial throws(StateError) in
      let id = try trial.id("one")
      if trial.failure({ store throws(StateError) in _ = try store.loadIntent(id) }) != .missing(id) {
        return "of nothing"
      }
      let lock = try trial.begin("one")
      defer { lock.release() }
      try trial.store.claimCgroup(of: id)
      try trial.store.save(trial.record("one"))
      let entry = try trial.store.loadIntent(id)
      if entry.state != nil || !entry.ownsCgroup { return "it is \(entry)" }
      return try entry.intent == trial.intent("one") ? nil : "the intent is \(entry.intent)"
    },
    Check(name: "one begins, another one fails and changes nothing") { trial throws(StateError) in
      let lock = try trial.begin("one")
      defer { lock.release() }
      var second = try trial.intent("one")
      second.bundle = "/elsewhere"
      let other = second
      let failure = trial.failure { store throws(StateError) in _ = try store.begin(other) }
      if failure != .exists(second.id) { return "the second begin: \(String(describing: failure))" }
      return try trial.store.load(second.id).intent == trial.intent("one") ? nil : "the intent changed"
    },
    Check(name: "a state is saved whole, and replaced whole") { trial throws(StateError) in
      let lock = try trial.begin("one")
      defer { lock.release() }
      for pid in [Int32(7), 70_000] {
        let record = try trial.record("one", pid: pid)
        try trial.store.save(record)
        let entry = try trial.store.load(record.id)
        if entry.state?.json != record.json { return "loaded \(String(describing: entry.state))" }
        if try entry.intent != trial.intent("one") { return "the intent changed" }
      }
      return nil
    },
    Check(name: "a lock is given back by its release, once or twice, and by its end") {
      trial throws(StateError) in
      try trial.begin("one").release()
      for _ in 0..<2 {
        let lock = try trial.store.lock(trial.id("one"))
        lock.release()
        lock.release()
      }
      // Nobody holds this one.
      _ = try trial.store.lock(trial.id("one"))
      try trial.store.lock(trial.id("one")).release()
      return nil
    },
    Check(name: "a staged state shows when it is published") { trial throws(StateError) in
      let lock = try trial.begin("one")
      defer { lock.release() }
      let record = try trial.record("one")
      let staged = try trial.store.stage(record)
      if try trial.store.load(record.id).state != nil { return "it shows before" }
      try staged.publish()
      return try trial.store.load(record.id).state?.json == record.json ? nil : "it does not show"
    },
    Check(name: "a lock is taken again for the same container only") { trial throws(StateError) in
      let lock = try trial.begin("one")
      lock.release()
      if try !lock.reacquire() { return "not for the same" }
      lock.release()
      try trial.store.remove(trial.id("one"))
      return try lock.reacquire() ? "for none" : nil
    },
    Check(name: "readers do not wait for a lock") { trial throws(StateError) in
      let lock = try trial.begin("one")
      defer { lock.release() }
      _ = try trial.store.load(trial.id("one"))
      return try trial.store.identifiers().count == 1 ? nil : "not one is listed"
    },
    Check(name: "a removed container is missing, and removed again without an error") {
      trial throws(StateError) in
      try trial.begin("one").release()
      try trial.store.save(trial.record("one"))
      for _ in 0..<2 { try trial.store.remove(trial.id("one")) }
      try trial.store.remove(trial.id("never"))
      let failure = trial.failure { store throws(StateError) in _ = try store.load(trial.id("one")) }
      if try failure != .missing(trial.id("one")) { return "load: \(String(describing: failure))" }
      return try trial.store.identifiers().isEmpty ? nil : "something is listed"
    },
    Check(name: "a container that is made anew has nothing of the old one") { trial throws(StateError) in
      let old = try trial.begin("one")
      try trial.store.save(trial.record("one"))
      try trial.store.remove(trial.id("one"))
      let new = try trial.begin("one")
      defer { new.release() }
      old.release()
      return try trial.store.load(trial.id("one")).state == nil ? nil : "it has the old state"
    },
    Check(name: "containers are told apart") { trial throws(StateError) in
      let names = ["one", "One", "one.", "one1", "a+b_c-d.e", String(repeating: "x", count: 200)]
      for (number, name) in names.enumerated() {
        try trial.begin(name).release()
        try trial.store.save(trial.record(name, pid: Int32(number) + 1))
      }
      for (number, name) in names.enumerated() {
        let pid = try trial.store.load(trial.id(name)).state?.initProcess.pid
        if pid != Int32(number) + 1 { return "\(name) has \(String(describing: pid))" }
      }
      try trial.store.remove(trial.id("one"))
      let listed = try trial.store.identifiers()
      return Set(listed) == Set(try names.dropFirst().map(trial.id)) && listed.count == names.count - 1
        ? nil : "listed: \(listed)"
    },
    Check(name: "a container has one directory of its own") { trial throws(StateError) in
      let (one, again) = try (
        trial.store.directory(of: trial.id("one")), trial.store.directory(of: trial.id("one"))
      )
      if one != again { return "\(one), then \(again)" }
      if !one.hasBytePrefix("/") { return "\(one) is not absolute" }
      return try trial.store.directory(of: trial.id("two")) == one ? "two containers share \(one)" : nil
    },
  ]
}

/// One check's containers; each use of `store` is of a new one, as by another command.
private struct Trial {
  let make: () -> any StateStore
  let creator: ProcessIdentity

  var store: any StateStore { make() }

  /// The id of a name of the suite's own.
  func id(_ name: String) throws(StateError) -> ContainerID {
    do throws(ContainerID.Violation) {
      return try ContainerID(name)
    } catch {
      throw .malformed(path: name, reason: "is no id")
    }
  }

  private var location: CgroupLocation {
    CgroupLocation(driver: .cgroupfs, paths: [.init(controller: "pids", directory: "/nonexistent/pids")])
  }

  func intent(_ name: String) throws(StateError) -> IntentRecord {
    IntentRecord(
      id: try id(name), bundle: "/bundle \"\u{e4}\"", creator: creator,
      created: Timestamp(seconds: 1_700_000_000, nanoseconds: 5), cgroup: location)
  }

  func record(_ name: String, pid: Int32 = 5) throws(StateError) -> StateRecord {
    StateRecord(
      id: try id(name), initProcess: ProcessIdentity(pid: pid, startTime: UInt64.max),
      created: Timestamp(seconds: 1_700_000_001, nanoseconds: 0), rootless: false, cgroup: location,
      namespacePaths: [], externalDescriptors: ["/dev/null", "/dev/null", "/dev/null"], bundle: "/bundle",
      rootfs: "/bundle/rootfs", namespaces: NamespaceSet(.pid), document: Document())
  }

  func begin(_ name: String) throws(StateError) -> any StateLock {
    try store.begin(try intent(name))
  }

  /// The error of a call on a new store; nil when it succeeds.
  func failure(_ body: (any StateStore) throws(StateError) -> Void) -> StateError? {
    do throws(StateError) {
      try body(store)
      return nil
    } catch {
      return error
    }
  }

  func clean() {
    for id in (try? store.identifiers()) ?? [] { try? store.remove(id) }
  }
}
