import CLinux
public import Domain
import Linux

extension LinuxHostProbe {
  public func inspect(_ layout: CgroupLayout, programs: [String]) -> HostInspection {
    var seen = HostInspection()
    seen.release = Self.words("/proc/sys/kernel/osrelease", " ")?.first ?? ""
    seen.refusals = KernelProbe.refusals()
    seen.filterActions = KernelProbe.filterActions()
    seen.hasFilterAgents = KernelProbe.hasFilterAgents()
    seen.controllers = layout.hierarchies.flatMap { Self.controllers($0) }
    seen.closedHierarchies = layout.hierarchies.map(\.mountPoint).filter { !Self.isOpen($0) }
    seen.fileSystems = ProbeText.lastWords(Self.text("/proc/filesystems"))
    seen.securityModules = Self.words("/sys/kernel/security/lsm", ",")
    seen.isManagedBySystemd = Host.isManagedBySystemd
    for name in programs { seen.programs[name] = Programs.find(name) }
    let names = [Host.userID.description] + [Self.userName()].compactMap { $0 }
    seen.subordinateIDs = (
      ProbeText.subordinates(Self.text("/etc/subuid"), of: names),
      ProbeText.subordinates(Self.text("/etc/subgid"), of: names)
    )
    seen.userNamespaceLimit = Self.number("/proc/sys/user/max_user_namespaces")
    seen.limits = Self.limits()
    seen.descriptorCeiling = Self.number("/proc/sys/fs/nr_open")
    seen.resctrl = (try? resctrlMountPoint()) ?? nil
    return seen
  }

  /// Of version 2 those that can be handed down from its root.
  private static func controllers(_ hierarchy: CgroupLayout.Hierarchy) -> [String] {
    guard hierarchy.isUnified else { return hierarchy.controllers }
    return words(hierarchy.mountPoint + "/cgroup.controllers", " ") ?? []
  }

  /// The corresponding system call is `faccessat`, which minds read-only mounts too.
  private static func isOpen(_ directory: UnsafePointer<CChar>) -> Bool {
    clinux_call(Int(SYS_faccessat), Int(currentDirectory), word(directory), Int(W_OK | X_OK), 0, 0, 0) == 0
  }

  /// Empty for a file that cannot be read.
  private static func text(_ path: String) -> [UInt8] { (try? Host.read(path, limit: 1 << 20)) ?? [] }

  private static func words(_ path: String, _ separator: Character) -> [String]? {
    guard let bytes = try? Host.read(path, limit: 1 << 16) else { return nil }
    return String(decoding: bytes.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self).split(
      separator: separator
    )
    .map(String.init)
  }

  private static func number(_ path: String) -> UInt64? {
    words(path, " ")?.first.flatMap { UInt64($0) }
  }

  /// The caller's name by the passwd file.
  private static func userName() -> String? { ProbeText.userName(text("/etc/passwd"), of: Host.userID) }

  /// The corresponding system call is `prlimit64`.
  private static func limits() -> [HostLimit] {
    ResourceLimitNumber.table.compactMap { name, number in
      var value: (soft: UInt64, hard: UInt64) = (0, 0)
      guard clinux_call(Int(SYS_prlimit64), 0, Int(number), 0, word(&value), 0, 0) == 0 else { return nil }
      return HostLimit(name: name, soft: value.soft, hard: value.hard)
    }
  }
}
