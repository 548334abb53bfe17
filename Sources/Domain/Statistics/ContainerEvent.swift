/// One line of what `events` prints.
public enum ContainerEvent: Equatable, Sendable {
  /// What the container uses.
  case statistics(ContainerStatistics)
  /// A process was killed because memory was out; or, where the killer is disabled, memory was out.
  case outOfMemory
  /// What limits led to since the last such event. Other runtimes do not have it.
  case memory(MemoryEvents)
  /// Memory is short: the level or stall that was asked for. Other runtimes do not have it.
  case pressure(String)

  /// libcontainer's JSON.
  public func json(_ id: ContainerID) -> JSON {
    var object = ObjectBuilder()
    object.add("type", text: type)
    object.add("id", text: id.text)
    object.add("data", data)
    return object.json
  }

  private var type: String {
    switch self {
    case .statistics: "stats"
    case .outOfMemory: "oom"
    case .memory: "memory"
    case .pressure: "pressure"
    }
  }

  private var data: JSON? {
    switch self {
    case .statistics(let statistics): statistics.json
    case .outOfMemory: nil
    case .memory(let events): events.json
    case .pressure(let kind): .object([.init("pressure", .string(kind))])
    }
  }
}
