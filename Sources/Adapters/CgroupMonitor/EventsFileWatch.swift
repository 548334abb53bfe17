import Domain
import Linux
import Ports

/// Watches `memory.events` of cgroup v2, which counts first and then tells, the whole subtree included.
final class EventsFileWatch: MemoryWatch {
  private let place: CgroupPlace
  private let file: Descriptor
  private let group: DescriptorGroup
  private var seen = MemoryEvents()

  var descriptor: Int32 { group.number }

  init(_ place: CgroupPlace) throws(CgroupError) {
    self.place = place
    do throws(Errno) {
      file = try place.tree.open("\(place.name)/memory.events", CgroupTree.readOnly)
      group = try DescriptorGroup()
      try group.add(file.number, urgent: true)
    } catch {
      if error == .noSuchFileOrDirectory { throw .controllerMissing("memory") }
      throw place.failure("openat2", error, "memory.events")
    }
    seen = try read() ?? MemoryEvents()
  }

  func take() throws(CgroupError) -> MemoryEvents? {
    guard let now = try read() else { return nil }
    defer { seen = now }
    return now.since(seen)
  }

  /// Reading is also what makes the file quiet until it changes again.
  private func read() throws(CgroupError) -> MemoryEvents? {
    do throws(Errno) {
      try Host.rewind(file.number)
      return MemoryEvents(try Files.readAll(file.number, limit: 1 << 16))
    } catch {
      if CgroupPlace.meansGone(error) { return nil }
      throw place.failure("read", error, "memory.events")
    }
  }
}

/// Watches `memory.pressure` of cgroup v2 with a trigger.
final class StallWatch: MemoryWatch {
  private let place: CgroupPlace
  private let file: Descriptor
  private let group: DescriptorGroup

  var descriptor: Int32 { group.number }

  /// The trigger lives as long as the descriptor that it was written to.
  init(_ place: CgroupPlace, _ stall: MemoryPressure.Stall) throws(CgroupError) {
    self.place = place
    do throws(Errno) {
      file = try place.tree.open("\(place.name)/memory.pressure", CgroupTree.readWrite)
      try Files.writeAll(file.number, stall.text)
      group = try DescriptorGroup()
      try group.add(file.number, urgent: true)
    } catch {
      if error == .noSuchFileOrDirectory || error == .notSupported {
        throw .unsupported(operation: "watch stalls, which this kernel does not measure")
      }
      if error == .invalidArgument { throw .invalidValue(file: "memory.pressure", reason: stall.refusal) }
      throw place.failure("write", error, "memory.pressure")
    }
  }

  func take() throws(CgroupError) -> MemoryEvents? {
    do throws(Errno) {
      try Host.rewind(file.number)
      _ = try Files.readAll(file.number, limit: 4096)
    } catch {
      if CgroupPlace.meansGone(error) || error == .notSupported { return nil }
      throw place.failure("read", error, "memory.pressure")
    }
    // The kernel told whoever waited for the descriptor, and does not tell twice.
    var events = MemoryEvents()
    events.pressure = 1
    return events
  }
}

extension MemoryPressure.Stall {
  fileprivate var refusal: String {
    "the kernel refuses \(text): a window is 500000 to 10000000 microseconds, without CAP_SYS_RESOURCE a multiple of"
      + " 2000000, and the threshold not above it"
  }
}
