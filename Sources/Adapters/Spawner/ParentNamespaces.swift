import CLinux
import Domain
import Linux
import Ports

/// Namespaces that the parent enters for the time of a clone, because the child is born into its parent's.
struct ParentNamespaces: ~Copyable {
  private struct Visit {
    let type: NamespaceType
    let home: Int32
  }

  private var visits: [Visit] = []

  deinit {
    for visit in visits { _ = Descriptor(owning: visit.home) }
  }

  /// Enters one, and remembers the way back. The corresponding system call is `setns`.
  mutating func enter(_ type: NamespaceType, _ descriptor: Int32) throws(Errno) {
    let home = try Procfs().openMagicLink(directory: "self/ns", type.procName, O_RDONLY)
    _ = try call(Int32(SYS_setns), Int(descriptor), Int(type.flag))
    visits.append(Visit(type: type, home: home.release()))
  }

  /// Goes back to where the parent was.
  mutating func leave() throws(Errno) {
    while let visit = visits.popLast() {
      let home = Descriptor(owning: visit.home)
      _ = try call(Int32(SYS_setns), Int(home.number), Int(visit.type.flag))
    }
  }
}
