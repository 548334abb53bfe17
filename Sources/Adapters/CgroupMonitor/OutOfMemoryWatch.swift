import Domain
import Linux
import Ports

/// Watches `memory.oom_control` of cgroup v1.
///
/// The kernel notifies before it kills, counts a killed process in the cgroup that it was in, and tells nobody when it
/// has counted. So after each notification, and after each change, the counts of the whole subtree are read again
/// after pauses that grow, for about a second in all.
///
/// A limit of a cgroup below the container's is not told of by the container's notification; what it killed is
/// counted at the next look.
final class OutOfMemoryWatch: MemoryWatch {
  private let place: CgroupPlace
  private let notification: Notification
  private let timer: Timer
  private let group: DescriptorGroup
  private var seen: [UInt: MemoryEvents] = [:]
  private var pause = OutOfMemoryWatch.longestPause

  /// Milliseconds.
  private static let shortestPause: Int64 = 1
  private static let longestPause: Int64 = 512

  var descriptor: Int32 { group.number }

  init(_ place: CgroupPlace) throws(CgroupError) {
    self.place = place
    notification = try Notification(place, "memory.oom_control")
    do throws(Errno) {
      timer = try Timer()
      group = try DescriptorGroup()
      try group.add(notification.counter.number)
      try group.add(timer.number)
    } catch {
      throw place.failure("epoll_ctl", error, "memory.oom_control")
    }
    _ = try look()
  }

  func take() throws(CgroupError) -> MemoryEvents? {
    let notified = notification.counter.take()
    let rang = timer.take() > 0
    guard var events = try look() else { return nil }
    events.oom = notified
    if !events.isEmpty {
      pause = OutOfMemoryWatch.shortestPause
      try arm()
    } else if rang, pause < OutOfMemoryWatch.longestPause {
      pause *= 2
      try arm()
    }
    return events
  }

  private func arm() throws(CgroupError) {
    do throws(Errno) { try timer.ring(after: pause) } catch {
      throw place.failure("timerfd_settime", error)
    }
  }

  /// What was counted since the last look, in all cgroups of the container; nil when it is gone.
  private func look() throws(CgroupError) -> MemoryEvents? {
    var (sum, found) = (MemoryEvents(), [UInt: MemoryEvents]())
    let old = seen
    try place.visit { (directory) throws(Errno) in
      // A cgroup is known by its inode: its name is the container's choice.
      let inode = try Files.inode(directory)
      let events = MemoryEvents(try CgroupPlace.read("memory.oom_control", at: directory))
      sum.add(events.since(old[inode] ?? MemoryEvents()))
      found[inode] = events
    }
    seen = found
    return found.isEmpty ? nil : sum
  }
}

/// Watches `memory.pressure_level` of cgroup v1.
final class PressureLevelWatch: MemoryWatch {
  private let place: CgroupPlace
  private let notification: Notification

  var descriptor: Int32 { notification.counter.number }

  init(_ place: CgroupPlace, _ level: MemoryPressure.Level) throws(CgroupError) {
    self.place = place
    notification = try Notification(place, "memory.pressure_level", " " + level.rawValue)
  }

  func take() throws(CgroupError) -> MemoryEvents? {
    var events = MemoryEvents()
    events.pressure = notification.counter.take()
    // The kernel also notifies when the cgroup goes.
    return try place.isThere() ? events : nil
  }
}

/// A notification of cgroup v1: the kernel adds to a counter when a control file has news.
final class Notification {
  let counter: EventCounter
  private let file: Descriptor

  /// Asks for it by writing `COUNTER FILE ARGUMENTS` into `cgroup.event_control`.
  init(_ place: CgroupPlace, _ name: String, _ arguments: String = "") throws(CgroupError) {
    counter = try Notification.makeCounter(place)
    file = try Notification.open(place, name)
    try place.write("cgroup.event_control", "\(counter.number) \(file.number)\(arguments)")
  }

  private static func makeCounter(_ place: CgroupPlace) throws(CgroupError) -> EventCounter {
    do throws(Errno) { return try EventCounter() } catch { throw place.failure("eventfd2", error) }
  }

  private static func open(_ place: CgroupPlace, _ name: String) throws(CgroupError) -> Descriptor {
    do throws(Errno) {
      return try place.tree.open("\(place.name)/\(name)", CgroupTree.readOnly)
    } catch {
      throw place.failure("openat2", error, name)
    }
  }
}
