import CLinux
import Domain
public import Ports

extension CgroupForest {
  /// Opens the way into cgroups: the v2 directory to be born in, and the `tasks` of each v1 hierarchy.
  public func entrance(to places: [CgroupPlace]) throws(CgroupError) -> CgroupEntrance {
    var entrance = CgroupEntrance()
    do throws(CgroupError) {
      for place in places {
        if place.tree.hierarchy.isUnified {
          entrance.birth = try open(place, ".", O_RDONLY | O_DIRECTORY)
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
