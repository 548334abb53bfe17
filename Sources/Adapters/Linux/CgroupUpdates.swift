import CLinux
public import Domain
public import Ports

extension CgroupForest {
  /// What an update has to write; nothing of it may be impossible.
  public static func effective(_ change: ResourceChange) throws(CgroupError) -> Resources {
    do throws(InexpressibleLimit) {
      return try change.effective()
    } catch {
      throw .invalidValue(file: error.file, reason: error.reason)
    }
  }

  /// Works out an update from what its files show.
  public func prepare(
    _ change: ResourceChange, _ writes: [ControlWrite], in places: [CgroupPlace]
  ) throws(CgroupError) -> CgroupUpdate {
    var present: [String: String] = [:]
    for file in CgroupUpdate.files(of: writes) where present[file.file] == nil {
      guard let place = CgroupForest.home(of: file.controller, in: places) else {
        throw .controllerMissing(file.controller)
      }
      if let text = try CgroupForest.shown(file.file, place) { present[file.file] = text }
    }
    do throws(CgroupUpdate.MissingFile) {
      return try CgroupUpdate(change, writes, present: present)
    } catch {
      guard let place = CgroupForest.home(of: error.controller, in: places),
        !place.tree.hierarchy.isUnified
      else { throw .controllerMissing(error.controller) }
      throw place.failure("openat2", .noSuchFileOrDirectory, error.file)
    }
  }

  /// A file's text; the empty one for a file that can only be written, nil where there is none.
  private static func shown(_ file: String, _ place: CgroupPlace) throws(CgroupError) -> String? {
    if CgroupUpdate.isReadable(file) { return try place.text(file) }
    do throws(Errno) {
      _ = try place.tree.open("\(place.name)/\(file)", O_PATH)
      return ""
    } catch {
      if CgroupPlace.meansGone(error) { return nil }
      throw place.failure("openat2", error, file)
    }
  }

  /// Takes an update back: what is refused for the sake of another file is written again after it.
  public func restore(
    _ update: CgroupUpdate, in places: [CgroupPlace], devices: () throws(CgroupError) -> Void
  ) throws(CgroupError) {
    var left = update.restoration
    while true {
      let refused = left.filter { !isWritten($0, places) }
      let hasProgress = refused.count < left.count
      left = refused
      if left.isEmpty || !hasProgress { break }
    }
    var files = left.map(\.file)
    if !update.change.given.devices.isEmpty {
      do throws(CgroupError) { try devices() } catch { files.append("devices") }
    }
    guard files.isEmpty else { throw .notRestored(files: files) }
  }

  private func isWritten(_ write: ControlWrite, _ places: [CgroupPlace]) -> Bool {
    guard let place = CgroupForest.home(of: write.controller, in: places) else { return false }
    do throws(CgroupError) {
      try place.write(write.file, write.text)
      return true
    } catch {
      guard let inherited = inherited(write, place) else { return false }
      return (try? place.write(write.file, inherited)) != nil
    }
  }

  /// On version 2 an empty list means the parent's CPUs or nodes, but the kernel does not let a cgroup with
  /// processes go back to it: then they are said by name.
  private func inherited(_ write: ControlWrite, _ place: CgroupPlace) -> String? {
    guard write.text == "\n", place.tree.hierarchy.isUnified, write.controller == "cpuset",
      let end = place.name.utf8.lastIndex(of: UInt8(ascii: "/"))
    else { return nil }
    return try? CgroupPlace(place.tree, String(place.name[..<end])).text(write.file + ".effective")
  }
}
