import Domain
import Linux
import Ports

extension Context {
  /// `events`: shows what a container uses, once or at an interval, and what its memory limits lead to, until it ends.
  func events() throws(Failure) {
    let interval = try interval(standard: 5000)
    let pressure = try pressure()
    let id = try id()
    let container = try load(id)
    guard container.isAlive, let state = container.entry.state else { throw .container(.nothingRuns(id)) }
    let monitor = ContainerMonitor(state, try monitor(for: state.cgroup), composition)
    if invocation.flag(.stats) {
      do throws(CgroupError) {
        Output.write(ContainerEvent.statistics(try monitor.statistics()).json(id), .compact, end: "\n")
      } catch {
        throw .cgroup(error)
      }
      if let failure = monitor.classFailure { log.note(.warning, "intel_rdt: \(failure.phrase)") }
      return
    }
    let stream = EventStream(id, monitor, log, showsAll: invocation.flag(.memoryEvents))
    stream.isKillerDisabled = state.document.linux?.resources.memory.disableOOMKiller == true
    try stream.run(interval: interval, pressure)
  }

  /// The value of `--interval` in milliseconds.
  func interval(standard: Int64) throws(Failure) -> Int64 {
    guard let text = invocation.text(.interval) else { return standard }
    // The parser lets through what is a time, or negative.
    guard let milliseconds = Interval.milliseconds(text), milliseconds > 0 else {
      throw .argument(.noInterval)
    }
    return milliseconds
  }

  private func pressure() throws(Failure) -> (kind: String, MemoryPressure)? {
    guard let text = invocation.filled(.pressure) else { return nil }
    guard let pressure = MemoryPressure(text) else { throw .argument(.pressure(text)) }
    return (text, pressure)
  }
}

/// Events of one container, one a line, until it ends.
private final class EventStream {
  private let id: ContainerID
  private let monitor: ContainerMonitor
  private let log: Log
  /// All that limits lead to is shown, not only who was killed.
  private let showsAll: Bool
  /// Nobody is killed, so that memory that is out is the event.
  var isKillerDisabled = false

  private var limits: (any MemoryWatch)?
  private var pressure: (kind: String, watch: any MemoryWatch)?

  init(_ id: ContainerID, _ monitor: ContainerMonitor, _ log: Log, showsAll: Bool) {
    (self.id, self.monitor, self.log, self.showsAll) = (id, monitor, log, showsAll)
  }

  /// Waits for the container's end, the interval and the watches at once.
  func run(interval: Int64, _ pressure: (kind: String, MemoryPressure)?) throws(Failure) {
    try watch(pressure)
    let number: Int32
    let timer: Timer
    do throws(Errno) {
      timer = try Timer()
      try timer.ring(after: interval, every: interval)
      number = try Processes.open(monitor.process).release()
    } catch {
      // Who ended meanwhile has nothing more to say.
      guard error != .noSuchProcess else { return try showLimits() }
      throw .system(SystemFailure(call: "pidfd_open", subject: "\(monitor.process.pid)", errno: error))
    }
    let process = Descriptor(owning: number)
    while true {
      let ready = try wait([
        process.number, timer.number, limits?.descriptor ?? -1, self.pressure?.watch.descriptor ?? -1,
      ])
      if ready[2] || ready[0] || ready[1] { try showLimits() }
      if ready[3] { try showPressure() }
      if ready[0] { return }
      if ready[1], timer.take() > 0 { try showStatistics() }
    }
  }

  /// Without a memory controller there are no such events; the rest is shown all the same.
  private func watch(_ wanted: (kind: String, MemoryPressure)?) throws(Failure) {
    do throws(CgroupError) { limits = try monitor.notifyOOM() } catch {
      log.note(.warning, "no events of memory: \(error.phrase)")
    }
    guard let wanted else { return }
    do throws(CgroupError) {
      pressure = (wanted.kind, try monitor.notifyMemoryPressure(wanted.1))
    } catch {
      throw .cgroup(error)
    }
  }

  private func wait(_ descriptors: [Int32]) throws(Failure) -> [Bool] {
    do throws(Errno) {
      return try Waiting.ready(descriptors)
    } catch {
      throw .system(SystemFailure(call: "poll", subject: "", errno: error))
    }
  }

  private func showStatistics() throws(Failure) {
    let statistics: ContainerStatistics
    do throws(CgroupError) { statistics = try monitor.statistics() } catch {
      return log.note(.warning, "no statistics: \(error.phrase)")
    }
    if let failure = monitor.classFailure { log.note(.warning, "intel_rdt: \(failure.phrase)") }
    try show(.statistics(statistics))
  }

  /// One event for each process that was killed.
  private func showLimits() throws(Failure) {
    guard let watch = limits, let events = take(watch) else {
      limits = nil
      return
    }
    let count = isKillerDisabled ? events.oom : events.oomKill
    for _ in 0..<min(count, EventStream.mostAtOnce) { try show(.outOfMemory) }
    if showsAll, !events.isEmpty { try show(.memory(events)) }
  }

  /// No more processes can die between two looks.
  private static let mostAtOnce: UInt64 = 1 << 22

  private func showPressure() throws(Failure) {
    guard let (kind, watch) = pressure, let events = take(watch) else {
      pressure = nil
      return
    }
    if events.pressure > 0 { try show(.pressure(kind)) }
  }

  private func take(_ watch: any MemoryWatch) -> MemoryEvents? {
    do throws(CgroupError) { return try watch.take() } catch {
      log.note(.warning, "no more events of memory: \(error.phrase)")
      return nil
    }
  }

  /// A reader that is gone ends the stream.
  private func show(_ event: ContainerEvent) throws(Failure) {
    do throws(Errno) {
      try Files.write(event.json(id).text() + [UInt8(ascii: "\n")], to: 1)
    } catch {
      throw .system(SystemFailure(call: "write", subject: "standard output", errno: error))
    }
  }
}
