import Domain
import Ports

extension Context {
  /// `update`: changes limits of a container that has not stopped.
  func update() throws(Failure) {
    let id = try id()
    let given = try givenLimits()
    guard let lock = try lock(id, whileCreating: .notRunning) else { throw .state(.missing(id)) }
    defer { lock.release() }
    let container = try load(id)
    guard container.isAlive, let state = container.entry.state else { throw .container(.notRunning) }
    if given.memory.kernel != nil || given.memory.kernelTCP != nil {
      log.note(.warning, "limits of kernel memory are ignored: the kernel has none")
    }
    var update = LimitUpdate(self, state, try cgroups(for: state.cgroup))
    update.settle()
    try update.perform(given, try schemataUpdate(state))
  }
}

extension Context {
  /// The container of an id whose lock the caller holds. If it stands still because an update was interrupted, it goes
  /// on: nobody has paused it.
  func loadThawed(_ id: ContainerID) throws(Failure) -> LoadedContainer {
    let container = try load(id)
    guard container.isHeldByUpdate, let state = container.entry.state else { return container }
    var update = LimitUpdate(self, state, try cgroups(for: state.cgroup))
    update.settle()
    try update.keep()
    return try load(id)
  }
}

extension LoadedContainer {
  /// It stands still, and an update that did so has not ended.
  var isHeldByUpdate: Bool {
    status == .paused && entry.state?.unsettled.contains(where: \.freezes) == true
  }
}

/// A change of limits as a transaction: all of it is in force and recorded afterwards, or nothing.
///
/// Before the first write the record says what is under way and what takes it back, so that it tells the truth
/// whenever the command ends.
struct LimitUpdate {
  private let context: Context
  private let manager: any CgroupManager
  /// The container as it is now.
  private var record: StateRecord

  init(_ context: Context, _ record: StateRecord, _ manager: any CgroupManager) {
    (self.context, self.record, self.manager) = (context, record, manager)
  }

  /// Takes back what earlier commands left half done, as far as the kernel lets it.
  mutating func settle() {
    var left: [CgroupUpdate] = []
    for update in record.unsettled.reversed() {
      do throws(CgroupError) {
        try manager.restore(update, at: record.cgroup)
      } catch {
        context.log.note(.warning, error.phrase)
        left.insert(update, at: 0)
      }
    }
    record.unsettled = left
    record.unsettledSchemata = context.settleSchemata(record)
  }

  func perform(_ given: Resources, _ schemata: SchemataUpdate?) throws(Failure) {
    let update = try prepare(given)
    var after = record
    after.document.linux = record.document.linux ?? LinuxSettings()
    after.document.linux?.resources = (record.document.linux?.resources ?? Resources()).changed(by: given)
    after.unsettled = record.unsettled.compactMap { $0.without(update) }
    if let schemata, let rdt = after.document.linux?.intelRdt {
      after.document.linux?.intelRdt = try schemata.document(after: rdt, of: record.id)
      after.unsettledSchemata = record.unsettledSchemata.without(schemata.before)
    }
    guard !update.isEmpty || schemata != nil else { return try save(after) }
    var during = record
    if let schemata { during.unsettledSchemata = during.unsettledSchemata.merging(schemata.before) }
    if !update.isEmpty { during.unsettled.append(update) }
    try save(during)
    var taken: SchemataUpdate?
    do throws(Failure) {
      // What may fail for want of space does so before the first write.
      let staged = try stage(after)
      do throws(CgroupError) {
        if !update.isEmpty { try manager.perform(update, at: record.cgroup) }
      } catch {
        throw .cgroup(error)
      }
      try schemata?.apply()
      taken = schemata
      do throws(StateError) { try staged.publish() } catch { throw .state(error) }
    } catch {
      try takeBack(update, taken, after: error)
    }
  }

  private func prepare(_ given: Resources) throws(Failure) -> CgroupUpdate {
    var given = given
    if !given.devices.isEmpty { given.devices = record.document.placed(given.devices) }
    let change = ResourceChange(given: given, recorded: record.document.enforcedResources)
    let violations = ValidationRule.violations(of: change.merged)
    guard violations.isEmpty else { throw .invalid(violations.map(\.description)) }
    do throws(CgroupError) {
      return try manager.prepare(change, at: record.cgroup)
    } catch {
      throw .cgroup(error)
    }
  }

  /// Sets back what was written, and the record. What cannot be set back stays recorded as such.
  private func takeBack(
    _ update: CgroupUpdate, _ schemata: SchemataUpdate?, after failure: Failure
  ) throws(Failure) {
    var remains: [String] = []
    do throws(Failure) { try schemata?.restore() } catch { remains.append("\(error)") }
    do throws(CgroupError) {
      try manager.restore(update, at: record.cgroup)
    } catch {
      remains.append(error.phrase)
    }
    guard remains.isEmpty else { throw .unsettled(remains.joined(separator: ", "), cause: "\(failure)") }
    do throws(Failure) {
      try save(record)
    } catch {
      throw .unsettled("the record could not be set back: \(error)", cause: "\(failure)")
    }
    throw failure
  }

  /// Writes down what is left to be settled.
  func keep() throws(Failure) {
    try save(record)
  }

  private func save(_ record: StateRecord) throws(Failure) {
    do throws(StateError) { try context.store.save(record) } catch { throw .state(error) }
  }

  private func stage(_ record: StateRecord) throws(Failure) -> any StagedState {
    do throws(StateError) { return try context.store.stage(record) } catch { throw .state(error) }
  }
}
