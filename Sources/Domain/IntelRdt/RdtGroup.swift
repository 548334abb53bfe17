/// The resctrl group that a document asks for, worked out before anything is looked at.
public struct RdtGroup: Equatable, Sendable {
  /// The class of service: a directory's name, one component; empty is the default class.
  public var name: String
  /// The class must be there already: nothing but its name is given.
  public var mustExist: Bool
  /// The class was named by the document: it is not the container's to remove.
  public var isShared: Bool
  /// Lines for `schemata`; later ones override earlier ones. A shared class that exists must have them already.
  public var schemata: [String]
  /// The container's monitoring group in the class; nil is none.
  public var monitoring: String?

  /// Describes a group.
  public init(name: String, schemata: [String], isShared: Bool, monitoring: String? = nil) {
    (self.name, self.schemata, self.isShared, self.monitoring) = (name, schemata, isShared, monitoring)
    mustExist = isShared && schemata.isEmpty
  }

  /// The group that a document asks for.
  public init(_ rdt: IntelRdt, id: ContainerID) {
    self.init(
      name: rdt.closID == "/" ? "" : rdt.closID ?? id.text, schemata: RdtGroup.lines(rdt),
      isShared: rdt.closID != nil, monitoring: rdt.enableMonitoring ? id.text : nil)
  }

  /// The cache's lines first, then the bandwidth's, which takes the place of those among the cache's, then the
  /// free ones.
  private static func lines(_ rdt: IntelRdt) -> [String] {
    var lines = (rdt.l3CacheSchema ?? "").fields(at: "\n").map { String($0) }
    if let line = rdt.memBwSchema {
      lines.removeAll { $0.hasBytePrefix("MB:") }
      lines.append(line)
    }
    return lines + rdt.schemata
  }

  /// Whether a class or a monitoring group can have this name: one component without control characters,
  /// and none of the names that resctrl has for its own directories.
  public static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    return !bytes.isEmpty && bytes.count <= 255 && !reserved.containsBytewise(name)
      && bytes.allSatisfy { $0 != UInt8(ascii: "/") && $0 >= 0x20 && $0 != 0x7F }
  }

  private static let reserved = [".", "..", "info", "mon_groups", "mon_data"]
}

extension RdtGroup: CustomStringConvertible {
  /// One line.
  public var description: String {
    "resctrl group \((name.isEmpty ? "/" : name).quoted)\(mustExist ? ", which must exist," : "")"
      + " with [\(schemata.map(\.quoted).joined(separator: ", "))]"
      + (monitoring.map { ", monitored as \($0.quoted)" } ?? "")
  }
}
