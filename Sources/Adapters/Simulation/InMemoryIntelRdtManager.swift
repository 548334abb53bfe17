public import Domain
public import Ports

/// Classes of service that exist in a value only: the reference for implementors, and a double for tests.
///
/// What has to outlive a manager is in the `Tree`, as it is in the kernel for the real one.
public final class InMemoryIntelRdtManager: IntelRdtManager {
  /// A host and its groups.
  public final class Tree {
    /// A class, or a monitoring group.
    public struct Group: Equatable, Sendable {
      /// What tells it from a later one of its name.
      public var identity: UInt64
      /// Its share; empty for a monitoring group.
      public var schemata: RdtSchemata
    }

    /// What can be divided and counted.
    public var host: RdtHost
    /// The groups by name; a monitoring group's is that of its class, a slash and its own.
    public var groups: [String: Group]
    /// Where processes are that are not in the default class.
    public var members: [Int32: String] = [:]
    /// The processes that have ended are in no group.
    public var hasEnded: (Int32) -> Bool = { _ in false }
    private var last: UInt64 = 1

    /// A host whose only class is the default one, which has everything.
    public init(_ host: RdtHost) {
      self.host = host
      var all = RdtSchemata()
      for resource in host.resources {
        for domain in resource.domains {
          all.set(.init(resource: resource.name, domain: domain, value: resource.kind.all))
        }
      }
      groups = ["": Group(identity: 1, schemata: all)]
    }

    /// Makes a group.
    public func make(_ name: String, _ schemata: RdtSchemata) {
      last += 1
      groups[name] = Group(identity: last, schemata: schemata)
    }

    /// The processes in a group.
    public func processes(in group: String) -> [Int32] {
      members.filter { ($0.value == group || $0.value.hasBytePrefix(group + "/")) && !hasEnded($0.key) }.map(
        \.key)
    }

    fileprivate func remove(_ name: String) {
      groups = groups.filter { $0.key != name && !$0.key.hasBytePrefix(name + "/") }
      members = members.filter { groups[$0.value] != nil }
    }
  }

  private let tree: Tree
  private let mount = RdtMount(path: "/simulation")

  /// A manager of a tree.
  public init(_ tree: Tree) {
    self.tree = tree
  }

  public func locate(_ group: RdtGroup) throws(RdtError) -> RdtLocation {
    guard group.name.isEmpty ? group.isShared : RdtGroup.isName(group.name) else {
      throw .invalidName(group.name)
    }
    let found = tree.groups[group.name]
    if found != nil, !group.isShared { throw .exists(group: group.name) }
    if found == nil, group.mustExist { throw .missing(group: group.name) }
    let location = RdtLocation(
      mount: mount, group: group.name, isNew: found == nil, isShared: group.isShared,
      monitoring: group.monitoring)
    if let name = location.monitor {
      guard !tree.host.events.isEmpty else { throw .noMonitoring }
      guard tree.groups[name] == nil else { throw .exists(group: name) }
    }
    let schemata: RdtSchemata
    do throws(RdtSchemaProblem) {
      schemata = try RdtSchemata(lines: group.schemata)
      try tree.host.check(schemata)
    } catch {
      throw .schema(error)
    }
    if let found { try compare(found, schemata, group.name) }
    return location
  }

  private func compare(_ found: Tree.Group, _ wanted: RdtSchemata, _ name: String) throws(RdtError) {
    guard let entry = tree.host.difference(wanted, found.schemata) else { return }
    throw .mismatch(
      group: name, wanted: entry, found: found.schemata.value(entry.resource, entry.domain))
  }

  public func claim(_ location: RdtLocation, _ schemata: RdtSchemata) throws(RdtError) -> RdtLocation {
    var claimed = location
    if let found = tree.groups[location.group] {
      guard location.isShared || !location.isNew else { throw .exists(group: location.group) }
      claimed.isNew = false
      try compare(found, schemata, location.group)
    } else {
      try makeClass(location, schemata)
      claimed.identity = tree.groups[location.group]?.identity
    }
    if let name = location.monitor {
      guard tree.groups[name] == nil else { throw .exists(group: name) }
      tree.make(name, RdtSchemata())
      claimed.monitoringIdentity = tree.groups[name]?.identity
    }
    return claimed
  }

  private func makeClass(_ location: RdtLocation, _ schemata: RdtSchemata) throws(RdtError) {
    do throws(RdtSchemaProblem) { try tree.host.check(schemata) } catch { throw .schema(error) }
    let classes = tree.host.resources.compactMap(\.classes).min() ?? 0
    guard tree.groups.keys.filter({ !$0.contains("/") }).count < Int(clamping: classes) else {
      throw .exhausted(group: location.group, status: "")
    }
    let all = tree.groups[""]?.schemata ?? RdtSchemata()
    tree.make(location.group, all.merging(schemata))
  }

  public func add(_ pid: Int32, to location: RdtLocation) throws(RdtError) {
    _ = try found(location)
    if let name = location.monitor, tree.groups[name] == nil { throw .gone(group: name) }
    tree.members[pid] = location.monitor ?? location.group
  }

  private func found(_ location: RdtLocation) throws(RdtError) -> Tree.Group {
    guard let found = tree.groups[location.group],
      location.identity == nil || location.identity == found.identity
    else { throw .gone(group: location.group) }
    return found
  }

  public func apply(_ schemata: RdtSchemata, to location: RdtLocation) throws(RdtError) -> RdtSchemata {
    do throws(RdtSchemaProblem) { try tree.host.check(schemata) } catch { throw .schema(error) }
    let found = try found(location)
    tree.groups[location.group]?.schemata = found.schemata.merging(schemata)
    return found.schemata.restricted(to: schemata)
  }

  public func statistics(of location: RdtLocation) throws(RdtError) -> RdtStatistics {
    guard let found = tree.groups[location.group] else { throw .gone(group: location.group) }
    let root = tree.groups[""]?.schemata ?? RdtSchemata()
    return RdtStatistics(tree.host, root: root, schemata: found.schemata)
  }

  public func destroy(_ location: RdtLocation) throws(RdtError) -> RdtRemoval {
    if let name = location.monitor {
      let removal = remove(name, location.monitoringIdentity)
      guard removal == .done else { return removal }
    }
    guard location.isNew, !location.group.isEmpty, !location.isShared || location.identity == nil else {
      return .done
    }
    return remove(location.group, location.identity)
  }

  private func remove(_ name: String, _ identity: UInt64?) -> RdtRemoval {
    guard let found = tree.groups[name] else { return .done }
    if let identity {
      if identity == found.identity { tree.remove(name) }
      return .done
    }
    let processes = tree.processes(in: name)
    guard processes.isEmpty else { return .leftAlone(group: name, processes: processes.count) }
    tree.remove(name)
    return .done
  }
}

extension RdtLocation {
  /// The monitoring group's name in the tree.
  fileprivate var monitor: String? { monitoring.map { group + "/" + $0 } }
}

extension RdtHost.Kind {
  /// What a class has of it that has everything.
  fileprivate var all: String {
    switch self {
    case .cache(let cache): String(cache.mask, radix: 16)
    case .bandwidth(let bandwidth):
      bandwidth.unit == .mebibytes ? UInt64(UInt32.max).decimal : "100"
    case .other: "0"
    }
  }
}
