/// The resctrl group that a container's processes belong to, worked out before anything is made.
public struct RdtGroup: Equatable, Sendable {
  /// The group's directory below the mount, one component; empty is the default group.
  public var name: String
  /// It must be there already: nothing but its name is given.
  public var mustExist: Bool
  /// The class was named by the document: it is not the container's to remove.
  public var isShared: Bool
  /// Lines for `schemata`, in the order of writing. A shared class that exists must have them already.
  public var schemata: [String]
  /// The monitoring group below the group's `mon_groups`; nil is none.
  public var monitoring: String?

  /// The group that a document asks for.
  public init(_ rdt: IntelRdt, id: ContainerID) {
    isShared = rdt.closID != nil
    name = rdt.closID == "/" ? "" : rdt.closID ?? id.text
    schemata = RdtGroup.lines(rdt)
    monitoring = rdt.enableMonitoring ? id.text : nil
    mustExist = isShared && schemata.isEmpty && !rdt.enableMonitoring
  }

  /// The cache's lines without those of the bandwidth, then the bandwidth's, then the free ones.
  private static func lines(_ rdt: IntelRdt) -> [String] {
    let cache = (rdt.l3CacheSchema ?? "").split(separator: "\n").filter { !$0.hasPrefix("MB:") }
    var lines = cache.map { String($0) }
    if let line = rdt.memBwSchema { lines.append(line) }
    return lines + rdt.schemata
  }
}

extension RdtGroup: CustomStringConvertible {
  /// One line.
  public var description: String {
    "resctrl group \((name.isEmpty ? "/" : name).quoted)\(mustExist ? ", which must exist," : "")"
      + " with [\(schemata.map(\.quoted).joined(separator: ", "))]"
      + (monitoring.map { ", monitored as \($0.quoted)" } ?? "")
  }
}
