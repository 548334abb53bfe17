import CLinux
public import Domain
import Linux
public import Ports

/// Looks at the host by a few reads of procfs.
public final class LinuxHostProbe: HostProbe {
  /// Makes a probe. It holds nothing between two looks.
  public init() {}

  public func facts() throws(SystemFailure) -> Facts {
    var subject = "/proc"
    do throws(Errno) {
      let procfs = try Procfs()
      subject = "/proc/self/uid_map"
      let map = try procfs.read("self/uid_map", limit: 1 << 16)
      subject = "/proc/self/mountinfo"
      let layout = try CgroupProbe.layout(procfs)
      return Facts(
        effectiveUserID: geteuid(), inUserNamespace: !ProbeText.isWholeRange(map),
        namespaces: LinuxHostProbe.namespaces(procfs), hasKernelCore: LinuxHostProbe.has("kcore", procfs),
        cgroups: layout)
    } catch {
      throw SystemFailure(call: "read", subject: subject, errno: error)
    }
  }

  public func securityModules() throws(SystemFailure) -> SecurityModules {
    do throws(Errno) {
      let procfs = try Procfs()
      var modules: SecurityModules = []
      // A module that is off answers no question about a process, and registers no file system.
      if (try? procfs.read("self/attr/apparmor/current", limit: 1 << 16)) != nil { modules.insert(.apparmor) }
      if ProbeText.hasFileSystem("selinuxfs", try procfs.read("filesystems", limit: 1 << 16)) {
        modules.insert(.selinux)
      }
      return modules
    } catch {
      throw SystemFailure(call: "read", subject: "/proc/filesystems", errno: error)
    }
  }

  public func resctrlMountPoint() throws(SystemFailure) -> String? {
    do throws(Errno) {
      return ProbeText.mountPoint(of: "resctrl", try Procfs().read("self/mountinfo", limit: 16 << 20))
    } catch {
      throw SystemFailure(call: "read", subject: "/proc/self/mountinfo", errno: error)
    }
  }

  /// The corresponding system call is `landlock_create_ruleset` with `LANDLOCK_CREATE_RULESET_VERSION`.
  public func landlockVersion() -> Int {
    max(0, clinux_call(444, 0, 0, 1, 0, 0, 0))
  }

  /// The corresponding call is `PR_SCHED_CORE` with `PR_SCHED_CORE_GET`.
  public func hasCoreScheduling() -> Bool {
    var cookie: UInt64 = 0
    let result = clinux_call(Int(SYS_prctl), 62, 0, 0, 0, word(&cookie), 0)
    return result == 0 || result == -Int(ENODEV)
  }

  public func shared(_ namespaces: [Namespace]) -> NamespaceSet {
    guard let procfs = try? Procfs() else { return [] }
    return NamespaceSet(
      namespaces.filter { namespace in
        guard let path = namespace.path, !path.isEmpty,
          let own = try? procfs.openMagicLink(directory: "self/ns", namespace.type.procName, O_PATH),
          let other = try? Files.open(path, O_PATH),
          let its = try? Files.status(other.number), let mine = try? Files.status(own.number)
        else { return false }
        return its.st_dev == mine.st_dev && its.st_ino == mine.st_ino
      }.map(\.type))
  }

  /// The kinds that can be left out of a kernel are looked for; the others are always there.
  private static func namespaces(_ procfs: borrowing Procfs) -> NamespaceSet {
    var found = NamespaceSet.all
    guard let directory = try? procfs.open("self/ns", O_PATH | O_DIRECTORY) else { return found }
    for type in NamespaceType.allCases where type != .mount {
      // Without following the link: its presence is what counts.
      if !Files.exists(type.procName, at: directory.number) {
        found.remove(NamespaceSet(type))
      }
    }
    return found
  }

  private static func has(_ name: String, _ procfs: borrowing Procfs) -> Bool {
    (try? procfs.open(name, O_PATH)) != nil
  }
}
