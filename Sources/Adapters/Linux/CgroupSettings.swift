import CLinux
public import Domain
public import Ports

extension CgroupForest {
  /// Writes control files in order.
  public func write(_ writes: [ControlWrite], to places: [CgroupPlace]) throws(CgroupError) {
    var again: [ControlWrite] = []
    for (index, write) in writes.enumerated() {
      if let kept = try attempt(write, places) { again.append(kept) }
      let isLast = index + 1 == writes.count || writes[index + 1].controller != write.controller
      guard isLast else { continue }
      for write in again { _ = try attempt(write, places) }
      again = []
    }
  }

  /// Returns the write, now fatal, when another file has to change first.
  private func attempt(_ write: ControlWrite, _ places: [CgroupPlace]) throws(CgroupError) -> ControlWrite? {
    guard let place = CgroupForest.home(of: write.controller, in: places) else {
      throw .controllerMissing(write.controller)
    }
    do throws(Errno) {
      try place.tree.write("\(place.name)/\(write.file)", write.text)
      return nil
    } catch {
      if error == .noSuchFileOrDirectory, let other = write.alternative {
        return try attempt(ControlWrite(write.controller, other.file, other.text), places)
      }
      switch (write.failure, error) {
      case (.unlessMissing, .noSuchFileOrDirectory), (.retriedLast(true), .noSuchFileOrDirectory):
        return nil
      case (.retriedLast, .invalidArgument):
        return ControlWrite(write.controller, write.file, write.text)
      case (_, .noSuchFileOrDirectory) where place.tree.hierarchy.isUnified:
        throw .controllerMissing(write.controller)
      case (_, .busy) where write.controller == "memory":
        throw .invalidValue(file: write.file, reason: try memoryInUse(place, write.text))
      default:
        throw place.failure("write", error, write.file)
      }
    }
  }

  /// Where a controller's files are: its hierarchy of version 1, else the tree of version 2, whose files tell
  /// whether it has the controller.
  static func home(of controller: String, in places: [CgroupPlace]) -> CgroupPlace? {
    place(controller, in: places) ?? place("", in: places)
  }

  /// Version 1 refuses a limit below what cannot be reclaimed.
  private func memoryInUse(_ place: CgroupPlace, _ limit: String) throws(CgroupError) -> String {
    let usage = try place.text("memory.usage_in_bytes") ?? "unknown"
    let peak = try place.text("memory.max_usage_in_bytes") ?? "unknown"
    return "unable to set memory limit to \(limit) (current usage: \(usage), peak usage: \(peak))"
  }

  /// Refuses limits below the present usage where they ask for that; usage that cannot be read is no
  /// reason.
  public func checkUsage(
    _ memory: MemoryLimits, _ file: String, _ places: [CgroupPlace]
  ) throws(CgroupError) {
    guard memory.checkBeforeUpdate == true,
      let place = CgroupForest.home(of: "memory", in: places),
      let text = try place.text(file), let usage = Int64(text),
      let rejection = memory.rejection(usage: usage)
    else { return }
    throw .invalidValue(file: rejection.file, reason: rejection.reason)
  }

}
