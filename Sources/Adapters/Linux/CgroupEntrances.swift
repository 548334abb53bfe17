import CLinux
import Domain
public import Ports

extension CgroupForest {
  /// Opens the way into cgroups: the v2 directory to be born in, and the `tasks` of each v1 hierarchy. `process` is
  /// one that is in them, unless they are new.
  public func entrance(
    to places: [CgroupPlace], beside process: Int32? = nil
  ) throws(CgroupError) -> CgroupEntrance {
    var entrance = CgroupEntrance()
    do throws(CgroupError) {
      for place in places {
        if place.tree.hierarchy.isUnified {
          let inner = try process.flatMap { (pid) throws(CgroupError) in try innerPlace(of: pid, in: place) }
          entrance.birth = try open(inner ?? place, ".", O_RDONLY | O_DIRECTORY)
        } else {
          entrance.doors.append(try open(place, "tasks", O_WRONLY))
        }
      }
    } catch {
      CgroupForest.close(entrance)
      throw error
    }
    return entrance
  }

  /// Where a process is below a cgroup that hands controllers down, for such a one takes no process any more; nil
  /// where it does not, or the process is elsewhere.
  private func innerPlace(of pid: Int32, in place: CgroupPlace) throws(CgroupError) -> CgroupPlace? {
    guard let controllers = try place.text("cgroup.subtree_control"), !controllers.isEmpty else { return nil }
    let table: [UInt8]
    do throws(Errno) {
      table = try Procfs().read("\(pid.decimal)/cgroup")
    } catch {
      if error == .noSuchFileOrDirectory || error == .noSuchProcess { return nil }
      throw place.failure("read", error, "/proc/\(pid.decimal)/cgroup")
    }
    guard let group = CgroupForest.unifiedGroup(table) else { return nil }
    // The path is the container's choice: it counts below the container's cgroup only, and no link is followed.
    guard let name = place.tree.name(of: place.tree.hierarchy.directory(of: group)),
      name.hasBytePrefix(place.name + "/")
    else { return nil }
    return CgroupPlace(place.tree, name)
  }

  /// The line of cgroup v2 in `/proc/PID/cgroup`.
  static func unifiedGroup(_ table: [UInt8]) -> String? {
    for line in table.split(separator: UInt8(ascii: "\n")) where line.starts(with: "0::".utf8) {
      return String(decoding: line.dropFirst(3), as: UTF8.self)
    }
    return nil
  }

  private func open(_ place: CgroupPlace, _ file: String, _ flags: Int32) throws(CgroupError) -> Int32 {
    do throws(Errno) {
      return try place.tree.open("\(place.name)/\(file)", flags).release()
    } catch {
      throw place.failure("openat2", error, file)
    }
  }

  /// Closes what nobody is going to use.
  static func close(_ entrance: CgroupEntrance) {
    if let birth = entrance.birth { _ = Descriptor(owning: birth) }
    for door in entrance.doors { _ = Descriptor(owning: door) }
  }
}
