import Domain
import Linux
import Ports

extension Context {
  /// `top`: shows what all containers use, as a table that is drawn again, as plain tables, or as JSON.
  func top() throws(Failure) -> Int32 {
    let isOnce = invocation.flag(.once)
    let table = UsageTable(self, order: try order())
    let isJSON = try isJSON()
    let screen = isOnce || isJSON ? nil : TerminalScreen()
    let loop = TopLoop(table, screen, isJSON: isJSON, frames: isOnce ? 1 : invocation.number(.iterations))
    return try loop.run(interval: try interval(standard: isOnce ? 500 : 2000))
  }

  private func order() throws(Failure) -> UsageRow.Order {
    guard let text = invocation.filled(.sort) else { return .cpu }
    guard let order = UsageRow.Order(bytewise: text) else { throw .argument(.sort(text)) }
    return order
  }

  private func isJSON() throws(Failure) -> Bool {
    switch invocation.text(.format) {
    case nil, "", "table": return false
    case "json": return true
    case .some(let other): throw .argument(.format(other))
    }
  }
}

/// The running containers below the root directory and what they used when they were looked at last.
private final class UsageTable {
  private struct Known {
    var process: ProcessIdentity
    var cgroup: CgroupLocation
    var usage: Usage?
  }

  private let context: Context
  private let order: UsageRow.Order
  private var known: [String: Known] = [:]
  private var monitors: [CgroupLocation.Driver: any ResourceMonitor] = [:]

  init(_ context: Context, order: UsageRow.Order) {
    (self.context, self.order) = (context, order)
  }

  /// Looks at all containers. Of those that were there before the records are not read again.
  func look() throws(Failure) -> [UsageRow] {
    var (rows, found) = ([UsageRow](), [String: Known]())
    for id in try context.identifiers() {
      guard var container = try present(id) else { continue }
      let usage = try usage(container.cgroup)
      rows.append(UsageRow(id.text, usage, since: container.usage))
      container.usage = usage
      found[id.text] = container
    }
    known = found
    UsageRow.sort(&rows, by: order)
    return rows
  }

  /// A container whose process lives; nil for any other, and for one that cannot be read.
  private func present(_ id: ContainerID) throws(Failure) -> Known? {
    if let container = known[id.text], context.processes.isAlive(container.process) { return container }
    guard let entry = try? context.store.load(id), let state = entry.state,
      context.processes.isAlive(state.initProcess)
    else { return nil }
    return Known(process: state.initProcess, cgroup: state.cgroup)
  }

  /// Nil when nobody accounts for the container, or it has just ended.
  private func usage(_ location: CgroupLocation) throws(Failure) -> Usage? {
    let monitor = try monitor(location)
    guard let statistics = try? monitor.statistics(of: location, Usage.selection) else { return nil }
    return Usage(statistics, at: UInt64(clamping: Waiting.nanoseconds()))
  }

  private func monitor(_ location: CgroupLocation) throws(Failure) -> any ResourceMonitor {
    if let monitor = monitors[location.driver] { return monitor }
    let monitor = try context.monitor(for: location)
    monitors[location.driver] = monitor
    return monitor
  }
}

/// Shows tables at an interval until it is told to end.
private final class TopLoop {
  private let table: UsageTable
  private let screen: TerminalScreen?
  private let isJSON: Bool
  private let frames: Int
  private var shown = 0
  private var rows: [UsageRow] = []

  /// `frames` 0 is no end.
  init(_ table: UsageTable, _ screen: TerminalScreen?, isJSON: Bool, frames: Int) {
    (self.table, self.screen, self.isJSON, self.frames) = (table, screen, isJSON, frames)
  }

  /// Without a screen nothing is shown before there are two looks to compare.
  func run(interval: Int64) throws(Failure) -> Int32 {
    let (signals, timer) = try prepare(interval)
    screen?.begin()
    defer { screen?.end() }
    rows = try table.look()
    try draw()
    var hasKeys = screen?.hasKeys ?? false
    while frames == 0 || shown < frames {
      let ready = try wait([timer.number, signals.number, hasKeys ? 0 : -1])
      if ready[1], let code = try handle(signals.take()) { return code }
      if ready[2] {
        guard let keys = screen?.keys() else {
          hasKeys = false
          continue
        }
        if keys.contains(UInt8(ascii: "q")) { return 0 }
      }
      if ready[0], timer.take() > 0 { try show() }
    }
    return 0
  }

  private func prepare(_ interval: Int64) throws(Failure) -> (SignalReceiver, Timer) {
    do throws(Errno) {
      let signals = try SignalReceiver(TopLoop.signals.map(\.rawValue))
      let timer = try Timer()
      try timer.ring(after: interval, every: interval)
      return (signals, timer)
    } catch {
      throw .system(SystemFailure(call: "signalfd4", subject: "", errno: error))
    }
  }

  /// What would leave the terminal as it is while a table is drawn on it.
  private static let signals: [Signal] = [
    .hangUp, .interrupt, .quit, .terminate, .terminalStop, .windowChange,
  ]

  private func wait(_ descriptors: [Int32]) throws(Failure) -> [Bool] {
    do throws(Errno) {
      return try Waiting.ready(descriptors)
    } catch {
      throw .system(SystemFailure(call: "poll", subject: "", errno: error))
    }
  }

  /// The exit code if the signals end it; who interrupts has seen enough.
  private func handle(_ signals: [Int32]) throws(Failure) -> Int32? {
    for number in signals {
      switch Signal(rawValue: number) {
      case .interrupt: return 0
      case .windowChange: try draw()
      case .terminalStop:
        screen?.end()
        Processes.stop()
        screen?.begin()
        try draw()
      default: return 128 &+ number
      }
    }
    return nil
  }

  private func show() throws(Failure) {
    rows = try table.look()
    if screen == nil { try write(text) }
    try draw()
    shown += 1
  }

  private var text: String {
    if isJSON { return String(decoding: JSON.array(rows.map(\.json)).text(), as: UTF8.self) + "\n" }
    return (shown > 0 ? "\n" : "") + lines.joined(separator: "\n") + "\n"
  }

  private var lines: [String] {
    Table.text([UsageRow.header] + rows.map(\.cells)).fields(at: "\n").map(String.init)
  }

  private func draw() throws(Failure) {
    do throws(Errno) { try screen?.draw(lines) } catch { throw TopLoop.unwritten(error) }
  }

  /// A reader that is gone ends it.
  private func write(_ text: String) throws(Failure) {
    do throws(Errno) { try Files.writeAll(1, text) } catch { throw TopLoop.unwritten(error) }
  }

  private static func unwritten(_ error: Errno) -> Failure {
    .system(SystemFailure(call: "write", subject: "standard output", errno: error))
  }
}
