/// How often limits and want of memory led to something: in all, or since somebody looked last.
public struct MemoryEvents: Equatable, Sendable {
  /// Memory was taken away below the protected amount.
  public var low: UInt64 = 0
  /// Tasks were made to give memory back: `memory.high` was reached.
  public var high: UInt64 = 0
  /// The limit stood in the way.
  public var max: UInt64 = 0
  /// Memory was out: something had to be killed, or to wait where the killer is disabled.
  public var oom: UInt64 = 0
  /// Processes that were killed.
  public var oomKill: UInt64 = 0
  /// Cgroups that were killed as a whole.
  public var oomGroupKill: UInt64 = 0
  /// Notifications of pressure, which only a watch on pressure counts.
  public var pressure: UInt64 = 0

  /// Nothing.
  public init() {}

  /// Nothing happened.
  public var isEmpty: Bool { self == MemoryEvents() }

  /// Reads `memory.events`, or of `memory.oom_control` what it counts.
  public init(_ bytes: [UInt8]?) {
    for (key, number) in KernelText.pairs(bytes) {
      if let field = MemoryEvents.fields.first(where: { $0.name == key }) { field.set(&self, number) }
    }
  }

  /// What has been added since an earlier moment. A counter that went back began anew.
  public func since(_ earlier: MemoryEvents) -> MemoryEvents {
    var difference = MemoryEvents()
    for field in MemoryEvents.fields {
      let (now, before) = (field.get(self), field.get(earlier))
      field.set(&difference, now >= before ? now - before : now)
    }
    return difference
  }

  /// Adds what another part of the container saw.
  public mutating func add(_ other: MemoryEvents) {
    for field in MemoryEvents.fields {
      field.set(&self, KernelText.sum(field.get(self), field.get(other)))
    }
  }

  /// The counters that are not 0, by the kernel's names; nil when all are.
  public var json: JSON? {
    var object = ObjectBuilder()
    for field in MemoryEvents.fields { object.add(field.name, nonzero: field.get(self)) }
    return object.filled
  }

  private struct Field: Sendable {
    let name: String
    let get: @Sendable (MemoryEvents) -> UInt64
    let set: @Sendable (inout MemoryEvents, UInt64) -> Void
  }

  private static let fields: [Field] = [
    Field(name: "low", get: { $0.low }, set: { $0.low = $1 }),
    Field(name: "high", get: { $0.high }, set: { $0.high = $1 }),
    Field(name: "max", get: { $0.max }, set: { $0.max = $1 }),
    Field(name: "oom", get: { $0.oom }, set: { $0.oom = $1 }),
    Field(name: "oom_kill", get: { $0.oomKill }, set: { $0.oomKill = $1 }),
    Field(name: "oom_group_kill", get: { $0.oomGroupKill }, set: { $0.oomGroupKill = $1 }),
    Field(name: "pressure", get: { $0.pressure }, set: { $0.pressure = $1 }),
  ]
}
