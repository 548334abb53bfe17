import CLinux
public import Domain
import Linux
public import Ports

/// Classes of service and monitoring groups in the resctrl file system.
///
/// Whatever looks at a group and then changes it does so under the lock of the file system's root; a single
/// write needs none, since the kernel takes it as a whole.
public final class ResctrlManager: IntelRdtManager {
  private let tree: ResctrlTree

  /// How long another program may keep the lock of the file system, in milliseconds.
  public static let patience: Int64 = 10_000

  /// Makes a manager of a mounted file system; it is not opened before it is needed. `patience` is how long another
  /// program's lock is waited for, in milliseconds.
  public init(_ mount: RdtMount, patience: Int64 = ResctrlManager.patience) {
    tree = ResctrlTree(mount, patience: patience)
  }

  public func locate(_ group: RdtGroup) throws(RdtError) -> RdtLocation {
    guard group.name.isEmpty ? group.isShared : RdtGroup.isName(group.name) else {
      throw .invalidName(group.name)
    }
    let schemata = try ResctrlManager.schemata(group)
    let exists = try isGroup(group.name)
    if exists, !group.isShared { throw .exists(group: group.name) }
    if !exists, group.mustExist { throw .missing(group: group.name) }
    let location = RdtLocation(
      mount: tree.mount, group: group.name, isNew: !exists, isShared: group.isShared,
      monitoring: group.monitoring)
    try checkMonitoring(location)
    if !schemata.isEmpty {
      try check(schemata)
      if exists { try compare(location, schemata) }
    }
    return location
  }

  public func claim(_ location: RdtLocation, _ schemata: RdtSchemata) throws(RdtError) -> RdtLocation {
    try tree.locked { () throws(RdtError) in
      var claimed = location
      if location.isNew { claimed.isNew = try makeClass(location) }
      do throws(RdtError) {
        if claimed.isNew {
          if !schemata.isEmpty { try write(schemata, to: location) }
          claimed.identity = try tree.identity(location.group)
        } else if !schemata.isEmpty {
          try compare(location, schemata)
        }
        try checkMode(location)
        claimed.monitoringIdentity = try makeMonitoring(location)
      } catch {
        if claimed.isNew { try takeBack(location.group, after: error) }
        throw error
      }
      return claimed
    }
  }

  public func add(_ pid: Int32, to location: RdtLocation) throws(RdtError) {
    try checkIdentity(location)
    try write("\(pid.decimal)\n", to: file("tasks", location.group), of: location.group)
    guard let monitoring = location.monitoringGroup else { return }
    try write("\(pid.decimal)\n", to: file("tasks", monitoring), of: monitoring)
  }

  public func apply(_ schemata: RdtSchemata, to location: RdtLocation) throws(RdtError) -> RdtSchemata {
    try check(schemata)
    return try tree.locked { () throws(RdtError) in
      try checkIdentity(location)
      let before = try present(location.group).restricted(to: schemata)
      if !schemata.isEmpty { try write(schemata, to: location) }
      return before
    }
  }

  public func statistics(of location: RdtLocation) throws(RdtError) -> RdtStatistics {
    guard try isGroup(location.group) else { throw .gone(group: location.group) }
    let root = RdtSchemata(file: Array((try tree.text("schemata") ?? "").utf8))
    let own = RdtSchemata(file: Array((try tree.text(file("schemata", location.group)) ?? "").utf8))
    var statistics = RdtStatistics(try host(), root: root, schemata: own)
    let data = file("mon_data", location.monitoringGroup ?? location.group)
    for name in try tree.directories(data) {
      guard let number = ResctrlManager.domain(name) else { continue }
      statistics.domains.append(
        RdtStatistics.Domain(
          number: number, occupancy: try counter("\(data)/\(name)/llc_occupancy"),
          totalBytes: try counter("\(data)/\(name)/mbm_total_bytes"),
          localBytes: try counter("\(data)/\(name)/mbm_local_bytes")))
    }
    statistics.domains.sort { $0.number < $1.number }
    return statistics
  }

  private func counter(_ file: String) throws(RdtError) -> RdtStatistics.Counter? {
    try tree.text(file).flatMap { RdtStatistics.Counter($0) }
  }

  /// The domain of a directory `mon_L3_00`.
  private static func domain(_ name: String) -> UInt64? {
    let prefix = "mon_L3_"
    guard name.hasBytePrefix(prefix) else { return nil }
    return UInt64(name.dropFirst(prefix.count))
  }

  public func destroy(_ location: RdtLocation) throws(RdtError) -> RdtRemoval {
    guard location.hasOwn, try tree.isThere() else { return .done }
    return try tree.locked { () throws(RdtError) in
      if let monitoring = location.monitoringGroup {
        let removal = try remove(monitoring, location.monitoringIdentity)
        guard removal == .done else { return removal }
      }
      guard location.isNew, !location.group.isEmpty else { return .done }
      // A shared class that its container got is nobody's.
      if location.isShared, location.identity != nil { return .done }
      return try remove(location.group, location.identity)
    }
  }

  /// Removes a group: by its identity, or where none is known if nobody is in it.
  private func remove(_ group: String, _ identity: UInt64?) throws(RdtError) -> RdtRemoval {
    guard let found = try tree.identity(group) else { return .done }
    if let identity {
      if identity == found { try tree.remove(group) }
      return .done
    }
    let members = try members(group)
    guard members.isEmpty else { return .leftAlone(group: group, processes: members.count) }
    try tree.remove(group)
    return .done
  }

  /// How long the processes of a creation that died may take to be gone.
  private static let attention: Int64 = 1000

  /// The processes in a group and in the monitoring groups below it, once those that are about to end have
  /// ended: a process of a dead creator ends by itself.
  private func members(_ group: String) throws(RdtError) -> [Int32] {
    let deadline = Waiting.now() + ResctrlManager.attention
    for pid in try listed(group) {
      guard let process = try? Processes.open(pid) else { continue }
      _ = try? Waiting.readable(process.number, timeout: max(0, deadline - Waiting.now()))
    }
    return try listed(group)
  }

  private func listed(_ group: String) throws(RdtError) -> [Int32] {
    var pids: [Int32] = []
    for line in (try tree.text(file("tasks", group)) ?? "").fields(at: "\n") {
      // A process that is dead and not reaped yet belongs to nothing any more.
      if let pid = Int32(line), (try? Processes.stat(pid).isAlive) == true { pids.append(pid) }
    }
    return pids
  }
}

extension ResctrlManager {
  /// The lines that a document gives.
  private static func schemata(_ group: RdtGroup) throws(RdtError) -> RdtSchemata {
    do throws(RdtSchemaProblem) { return try RdtSchemata(lines: group.schemata) } catch {
      throw .schema(error)
    }
  }

  /// A class that was made for a container is that container's, and none of its name that came later.
  private func checkIdentity(_ location: RdtLocation) throws(RdtError) {
    guard let identity = location.identity, try tree.identity(location.group) != identity else { return }
    throw .gone(group: location.group)
  }

  /// The path of a file of a group.
  private func file(_ name: String, _ group: String) -> String {
    group.isEmpty ? name : group + "/" + name
  }

  /// Whether there is a group of that name: a directory with tasks.
  private func isGroup(_ name: String) throws(RdtError) -> Bool {
    if name.isEmpty { return true }
    return try tree.identity(name) != nil
  }

  private func present(_ group: String) throws(RdtError) -> RdtSchemata {
    guard let text = try tree.text(file("schemata", group)) else { throw .gone(group: group) }
    return RdtSchemata(file: Array(text.utf8))
  }

  /// What the host can divide and count.
  private func host() throws(RdtError) -> RdtHost {
    var directories: [RdtHost.InfoDirectory] = []
    for name in try tree.directories("info") {
      var files: [String: String] = [:]
      for file in RdtHost.files + ["mon_features"] { files[file] = try tree.text("info/\(name)/\(file)") }
      directories.append(RdtHost.InfoDirectory(name: name) { files[$0] })
    }
    let root = RdtSchemata(file: Array((try tree.text("schemata") ?? "").utf8))
    return RdtHost(directories, root: root, countsBandwidth: try tree.text("mba_MBps_event") != nil)
  }

  private func check(_ schemata: RdtSchemata) throws(RdtError) {
    let host = try host()
    do throws(RdtSchemaProblem) { try host.check(schemata) } catch { throw .schema(error) }
  }

  /// A class that exists has to have what the document asks for.
  private func compare(_ location: RdtLocation, _ schemata: RdtSchemata) throws(RdtError) {
    let found = try present(location.group)
    guard let entry = try host().difference(schemata, found) else { return }
    throw .mismatch(
      group: location.group, wanted: entry, found: found.value(entry.resource, entry.domain))
  }

  private func checkMonitoring(_ location: RdtLocation) throws(RdtError) {
    guard let name = location.monitoring, let group = location.monitoringGroup else { return }
    guard RdtGroup.isName(name) else { throw .invalidName(name) }
    guard try tree.identity("mon_groups") != nil else { throw .noMonitoring }
    guard try tree.identity(group) == nil else { throw .exists(group: group) }
  }

  /// A class with a locked part of a cache takes no processes.
  private func checkMode(_ location: RdtLocation) throws(RdtError) {
    guard let mode = try tree.text(file("mode", location.group)), mode.hasBytePrefix("pseudo-lock") else {
      return
    }
    throw .pseudoLocked(group: location.group)
  }

  /// Makes the class; false when somebody else has made it meanwhile, and it may be shared.
  private func makeClass(_ location: RdtLocation) throws(RdtError) -> Bool {
    guard let errno = try tree.make(location.group) else { return true }
    if errno == .fileExists, location.isShared, try isGroup(location.group) { return false }
    throw refusal("mkdirat", errno, location.group)
  }

  private func takeBack(_ group: String, after cause: RdtError) throws(RdtError) {
    do throws(RdtError) { try tree.remove(group) } catch { throw .remains(group: group, cause: cause) }
  }

  private func makeMonitoring(_ location: RdtLocation) throws(RdtError) -> UInt64? {
    guard let group = location.monitoringGroup else { return nil }
    if let errno = try tree.make(group) { throw refusal("mkdirat", errno, group) }
    return try tree.identity(group)
  }

  private func write(_ schemata: RdtSchemata, to location: RdtLocation) throws(RdtError) {
    try write(schemata.text, to: file("schemata", location.group), of: location.group)
  }

  private func write(_ text: String, to file: String, of group: String) throws(RdtError) {
    guard let refused = try tree.write(file, text) else { return }
    if ResctrlTree.meansGone(refused.errno) { throw .gone(group: group) }
    throw refusal(refused.call, refused.errno, group)
  }

  /// What the kernel says to what it just refused.
  private func refusal(_ call: String, _ errno: Errno, _ group: String) -> RdtError {
    let status = status()
    switch errno {
    case .fileExists: return .exists(group: group)
    case .noSpace: return .exhausted(group: group, status: status)
    default:
      let failure = SystemFailure(call: call, subject: tree.mount.path + "/" + group, errno: errno)
      return .refused(group: group, status: status, failure)
    }
  }

  /// `info/last_cmd_status`, of which a program has no more than a guess when others change groups without the
  /// lock; in one line.
  private func status() -> String {
    guard let text = try? tree.text("info/last_cmd_status"), text != "ok" else { return "" }
    return text.fields(at: "\n").joined(separator: ", ")
  }
}

extension RdtLocation {
  /// The monitoring group's name below the root.
  var monitoringGroup: String? {
    monitoring.map { (group.isEmpty ? "" : group + "/") + "mon_groups/" + $0 }
  }
}
