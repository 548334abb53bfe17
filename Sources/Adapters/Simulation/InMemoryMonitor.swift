public import Domain
public import Ports

/// Statistics and events of cgroups that exist in a value only: whatever a test put there.
public final class InMemoryMonitor: ResourceMonitor {
  /// All that monitors tell, by the directory of the cgroup.
  public final class Board {
    /// What each cgroup uses.
    public var statistics: [String: ResourceStatistics] = [:]
    /// What the limits of each have led to.
    public var events: [String: MemoryEvents] = [:]
    /// What watches have as their descriptor: one that is always ready, say.
    public var descriptor: Int32 = -1

    /// An empty board.
    public init() {}
  }

  private let board: Board

  /// A monitor of a board.
  public init(_ board: Board) {
    self.board = board
  }

  public func statistics(
    of location: CgroupLocation, _ selection: StatisticsSelection
  ) throws(CgroupError) -> ResourceStatistics {
    let name = location.paths.first?.directory ?? ""
    guard let statistics = board.statistics[name] else { throw InMemoryMonitor.missing(name) }
    return statistics.only(selection)
  }

  public func memoryEvents(
    of location: CgroupLocation, _ subject: MemorySubject
  ) throws(CgroupError) -> any MemoryWatch {
    let name = location.paths.first?.directory ?? ""
    guard board.statistics[name] != nil else { throw InMemoryMonitor.missing(name) }
    return Watch(board, name, subject)
  }

  private static func missing(_ name: String) -> CgroupError {
    .system(SystemFailure(call: "openat2", subject: name, errno: .noSuchFileOrDirectory))
  }

  private final class Watch: MemoryWatch {
    private let board: Board
    private let name: String
    private let subject: MemorySubject
    private var seen: MemoryEvents

    init(_ board: Board, _ name: String, _ subject: MemorySubject) {
      self.board = board
      self.name = name
      self.subject = subject
      seen = board.events[name] ?? MemoryEvents()
    }

    var descriptor: Int32 { board.descriptor }

    func take() throws(CgroupError) -> MemoryEvents? {
      guard board.statistics[name] != nil else { return nil }
      let now = board.events[name] ?? MemoryEvents()
      defer { seen = now }
      var events = MemoryEvents()
      switch subject {
      case .limits:
        events = now.since(seen)
        events.pressure = 0
      case .pressure: events.pressure = now.since(seen).pressure
      }
      return events
    }
  }
}
