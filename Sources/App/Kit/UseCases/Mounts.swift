import Domain
import Linux
import Ports

extension Context {
  /// `mounts add` and `mounts remove`: changes what is mounted in a running container.
  func mounts() throws(Failure) {
    let action = invocation.operands[0]
    guard action == "add" || action == "remove" else { throw .mountChange(.action(action)) }
    let id = try id(operand: 1)
    let mounts = try readMounts(invocation.operands[2])
    guard let lock = try lock(id, whileCreating: .notRunning) else { throw .state(.missing(id)) }
    defer { lock.release() }
    let container = try load(id)
    guard container.isAlive, let state = container.entry.state else { throw .container(.notRunning) }
    var change = MountChange(self, state)
    if action == "add" { try change.add(mounts) } else { try change.remove(mounts) }
  }

  private func readMounts(_ path: String) throws(Failure) -> [Mount] {
    let json = try path == "-" ? parseInput() : parse(path)
    do throws(DecodingError) {
      return try Mount.list(decoding: json)
    } catch {
      throw .decoding(path: path, error)
    }
  }
}

/// A change of what is mounted in a container.
///
/// The record names each mount by its number before it is attached, and before it is taken away: whenever a
/// command ends, nothing is there that the record does not know.
struct MountChange {
  private let context: Context
  private let mounts: any LiveMounts
  private var record: StateRecord

  init(_ context: Context, _ record: StateRecord) {
    (self.context, self.record) = (context, record)
    mounts = context.composition.liveMounts()
  }

  // MARK: Adding

  /// Adds all of them, or none.
  mutating func add(_ wanted: [Mount]) throws(Failure) {
    let places = try checked(wanted)
    for place in places { try makeWay(place) }
    var made: [UnattachedMount] = []
    defer { for mount in made { Host.close(mount.descriptor) } }
    for (index, mount) in wanted.enumerated() { made.append(try make(mount, index)) }
    let before = record.addedMounts
    for (mount, detached) in zip(wanted, made) {
      record.addedMounts.append(AddedMount(mount, identity: detached.identity, isUnsettled: true))
    }
    try save()
    for index in made.indices {
      do throws(LiveMountError) {
        try mounts.attach(made[index], at: places[index], in: record.initProcess)
      } catch {
        // Who was refused has attached nothing; who was given up on may have.
        let end = before.count + index + (error.isDefinite ? 0 : 1)
        record.addedMounts.removeSubrange(end...)
        try takeBack(from: before.count, after: .liveMount(error))
      }
    }
    for index in before.count..<record.addedMounts.count { record.addedMounts[index].isUnsettled = false }
    do throws(Failure) {
      try save()
    } catch {
      try takeBack(from: before.count, after: error)
    }
  }

  /// The places of mounts that may be added.
  private func checked(_ wanted: [Mount]) throws(Failure) -> [String] {
    // Whoever is root of another user namespace than the host's could make them writable, or look below them.
    guard !record.namespaces.contains(.user) else { throw .mountChange(.userNamespace) }
    let facts = try context.facts()
    let violations = ValidationRule.violations(ofMounts: wanted, of: record.document, on: facts)
    guard violations.isEmpty else { throw .invalid(violations.map(\.description)) }
    let places = wanted.map { AddedMount($0, identity: 0, isUnsettled: false).place }
    for (index, place) in places.enumerated() where places[..<index].containsBytewise(place) {
      throw .mountChange(.exists(place))
    }
    return places
  }

  private func make(_ mount: Mount, _ index: Int) throws(Failure) -> UnattachedMount {
    let detached: DetachedMount
    do throws(DetachedMount.Problem) {
      detached = try DetachedMount(mount, bundle: record.bundle)
    } catch {
      throw .mountChange(.mount(index: index, error))
    }
    do throws(SystemFailure) { return try mounts.make(detached) } catch { throw .system(error) }
  }

  /// Forgets an earlier mount at a place that is there no more; one whose command was interrupted is taken away.
  private mutating func makeWay(_ place: String) throws(Failure) {
    guard let index = record.addedMounts.lastIndex(where: { $0.place.isBytewise(place) }) else { return }
    let earlier = record.addedMounts[index]
    if earlier.isUnsettled {
      try detach(earlier)
    } else if try isThere(earlier) {
      throw .mountChange(.exists(place))
    }
    record.addedMounts.remove(at: index)
  }

  private func isThere(_ mount: AddedMount) throws(Failure) -> Bool {
    do throws(LiveMountError) {
      try mounts.check(mount.identity, at: mount.place, in: record.initProcess)
      return true
    } catch {
      guard case .notThere = error else { throw .liveMount(error) }
      return false
    }
  }

  /// Takes away what a failed command has attached, the last one perhaps, and goes on where one cannot be.
  private mutating func takeBack(from first: Int, after failure: Failure) throws(Failure) {
    var remaining: [String] = []
    for index in (first..<record.addedMounts.count).reversed() {
      do throws(Failure) {
        try detach(record.addedMounts[index])
        record.addedMounts.remove(at: index)
      } catch {
        record.addedMounts[index].isUnsettled = true
        remaining.append("the mount on \(record.addedMounts[index].place.quoted) may be left: \(error)")
      }
    }
    try save()
    guard remaining.isEmpty else {
      throw .unsettled(remaining.joined(separator: "; "), cause: "\(failure)")
    }
    throw failure
  }

  // MARK: Removing

  /// Takes them away in the reverse of their order; a failure leaves the others as they are.
  mutating func remove(_ wanted: [Mount]) throws(Failure) {
    let places = wanted.map { AddedMount($0, identity: 0, isUnsettled: false).place }
    for place in places where !record.addedMounts.contains(where: { $0.place.isBytewise(place) }) {
      throw .mountChange(.unknown(place))
    }
    for place in places.reversed() { try remove(place) }
  }

  private mutating func remove(_ place: String) throws(Failure) {
    guard let index = record.addedMounts.lastIndex(where: { $0.place.isBytewise(place) }) else { return }
    let mount = record.addedMounts[index]
    record.addedMounts[index].isUnsettled = true
    try save()
    do throws(Failure) {
      if mount.isUnsettled { try detach(mount) } else { try detachSettled(mount) }
    } catch {
      if case .liveMount(.notThere) = error {
        record.addedMounts[index].isUnsettled = false
        try save()
      }
      throw error
    }
    record.addedMounts.remove(at: index)
    try save()
  }

  private func detachSettled(_ mount: AddedMount) throws(Failure) {
    do throws(LiveMountError) {
      try mounts.detach(mount.identity, at: mount.place, in: record.initProcess)
    } catch {
      throw .liveMount(error)
    }
  }

  /// Takes away a mount that may not be there.
  private func detach(_ mount: AddedMount) throws(Failure) {
    do throws(Failure) {
      try detachSettled(mount)
    } catch {
      guard case .liveMount(.notThere) = error else { throw error }
    }
  }

  private func save() throws(Failure) {
    do throws(StateError) { try context.store.save(record) } catch { throw .state(error) }
  }
}
