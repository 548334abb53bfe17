/// Processes and threads.
public struct PidsStatistics: Equatable, Sendable {
  /// How many there are.
  public var current: UInt64 = 0
  /// How many there may be; 0 is no limit.
  public var limit: UInt64 = 0

  /// Nothing yet.
  public init() {}

  /// Reads `pids.current` and `pids.max`, which both versions have.
  init<Files: ControlFiles>(_ files: Files, _ version: CgroupVersion) throws(Files.Failure) {
    current = KernelText.value(try files.read("pids.current", version)) ?? 0
    let limit = KernelText.value(try files.read("pids.max", version)) ?? 0
    self.limit = limit == UInt64.max ? 0 : limit
  }

  /// libcontainer's JSON.
  var json: JSON {
    var object = ObjectBuilder()
    object.add("current", nonzero: current)
    object.add("limit", nonzero: limit)
    return object.json
  }
}
