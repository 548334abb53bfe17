import CLinux
public import Domain
public import Ports

/// Whose a cgroup is. One that a container makes is its own. One that was there and empty may have been left by another
/// container that is not deleted yet: whoever takes it over says so, by a mark on the directory.
///
/// The mark is an attribute that only the host's root can set, whatever a container may do to its cgroups.
extension CgroupPlace {
  /// Takes over a cgroup that is there and empty. Where it cannot be marked, nothing tells it from one that was made. The
  /// corresponding system call is `fsetxattr`.
  func mark(_ holder: CgroupLocation.Holder?) throws(CgroupError) {
    guard let holder else { return }
    do throws(Errno) {
      let directory = try tree.open(name, O_RDONLY | O_DIRECTORY)
      var text = holder.mark
      let size = text.utf8.count
      let failure = text.withUTF8 { bytes -> Errno? in
        do throws(Errno) {
          _ = try call(
            Int32(SYS_fsetxattr), Int(directory.number), word(CgroupPlace.attribute.utf8Start),
            word(bytes.baseAddress), size, 0)
          return nil
        } catch {
          return error
        }
      }
      if let failure { throw failure }
    } catch {
      let cannot: [Errno] = [.notSupported, .notPermitted, .permissionDenied, .noSpace]
      guard cannot.contains(error) else { throw failure("fsetxattr", error) }
    }
  }

  /// Whether another container has taken it over. The corresponding system call is `fgetxattr`.
  public func isTaken(from holder: CgroupLocation.Holder?) throws(CgroupError) -> Bool {
    guard let holder else { return false }
    do throws(Errno) {
      let directory = try tree.open(name, O_RDONLY | O_DIRECTORY)
      // Longer than every mark: ids have at most 1024 bytes.
      let found = try CgroupPlace.attribute(of: directory.number, limit: 2048)
      return !found.elementsEqual(holder.mark.utf8)
    } catch {
      let nothing: [Errno] = [.noData, .notSupported, .notPermitted, .permissionDenied]
      if CgroupPlace.meansGone(error) || nothing.contains(error) { return false }
      throw failure("fgetxattr", error)
    }
  }

  private static func attribute(of directory: Int32, limit: Int) throws(Errno) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 1)
    defer { buffer.deallocate() }
    let size = try call(
      Int32(SYS_fgetxattr), Int(directory), word(attribute.utf8Start), word(buffer.baseAddress), limit)
    return [UInt8](UnsafeRawBufferPointer(rebasing: buffer[..<size]))
  }

  private static let attribute: StaticString = "trusted.martlet.holder"
}

extension CgroupForest {
  /// The places of a location that no other container has taken over.
  public func ownPlaces(_ location: CgroupLocation) throws(CgroupError) -> [CgroupPlace] {
    var own: [CgroupPlace] = []
    for place in places(location) where try !place.isTaken(from: location.holder) { own.append(place) }
    return own
  }
}
