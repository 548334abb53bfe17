import Domain
import Linux
import Ports

/// The control files of a container's places, whatever hierarchies they are in.
struct PlacedControlFiles: ControlFiles {
  private let places: [CgroupPlace]

  init(_ places: [CgroupPlace]) {
    self.places = places
  }

  /// Of a controller that is in no hierarchy of version 1 the tree of version 2 knows.
  func version(of controller: String) -> CgroupVersion? {
    if CgroupForest.place(controller, in: places) != nil { return .one }
    return CgroupForest.place("", in: places) == nil ? nil : .two
  }

  private func place(_ controller: String, _ version: CgroupVersion) -> CgroupPlace? {
    CgroupForest.place(version == .two ? "" : controller, in: places)
  }

  func read(_ file: String, _ version: CgroupVersion) throws(CgroupError) -> [UInt8]? {
    let controller = String(file.prefix { $0 != "." })
    guard let place = place(controller, version) else { return nil }
    if let bytes = try place.bytes(file) { return bytes }
    // A cpuset hierarchy that is mounted with `noprefix` has the name without the controller's.
    guard controller == "cpuset", version == .one else { return nil }
    return try place.bytes(String(file.dropFirst("cpuset.".utf8.count)))
  }

  func names(of controller: String, _ version: CgroupVersion) throws(CgroupError) -> [String] {
    guard let place = place(controller, version) else { return [] }
    do throws(Errno) {
      return try place.tree.files(of: place.name).filter { $0.hasBytePrefix(controller + ".") }
    } catch {
      throw place.failure("getdents64", error)
    }
  }
}

extension CgroupPlace {
  /// What a control file holds; nil when it is not there, or the kernel does not keep what it would tell.
  func bytes(_ file: String) throws(CgroupError) -> [UInt8]? {
    do throws(Errno) {
      return try tree.read("\(name)/\(file)")
    } catch {
      if CgroupPlace.meansGone(error) || error == .notSupported { return nil }
      throw failure("read", error, file)
    }
  }
}
