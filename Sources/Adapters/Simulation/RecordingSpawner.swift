public import Domain
public import Ports

/// Starts processes that exist in a `SimulatedProcesses` only, and that say what they are told to say.
public final class RecordingSpawner: ProcessSpawner {
  /// What was asked for.
  public private(set) var requests: [SpawnRequest] = []
  /// What a process says, in order, once it has its plan.
  public var script: [InitEvent] = [.reached(.mounted), .reached(.ready), .executed]
  /// Called at each birth.
  public var whenBorn: (() -> Void)?
  /// Fails the next birth.
  public var failure: SpawnError?

  private let processes: SimulatedProcesses

  /// Makes a spawner of processes in a table.
  public init(_ processes: SimulatedProcesses) {
    self.processes = processes
  }

  public func spawn(_ request: SpawnRequest) throws(SpawnError) -> any InitProcess {
    requests.append(request)
    if let failure { throw failure }
    whenBorn?()
    return ScriptedProcess(processes.add(), script, processes)
  }
}

/// A process that says what it was told to say.
private final class ScriptedProcess: InitProcess {
  let identity: ProcessIdentity
  let processDescriptor: Int32 = -1
  private var script: ArraySlice<InitEvent>
  private let processes: SimulatedProcesses

  init(_ identity: ProcessIdentity, _ script: [InitEvent], _ processes: SimulatedProcesses) {
    self.identity = identity
    self.script = script[...]
    self.processes = processes
  }

  func deliver(_ plan: EncodedPlan, doors: [Int32]) throws(SpawnError) {}

  func deliverRest(doors: [Int32]) throws(SpawnError) {}

  func nextEvent() throws(SpawnError) -> InitEvent {
    script.popFirst() ?? .died(waitStatus: nil)
  }

  func proceed() throws(SpawnError) {}

  func announceLimits() throws(SpawnError) {}

  func kill() {
    processes.end(identity)
  }
}

/// A table of processes without a kernel.
public final class SimulatedProcesses: ProcessControl {
  /// Those that live.
  public private(set) var living: Set<ProcessIdentity> = []
  /// Signals sent, in order.
  public private(set) var signals: [(pid: Int32, signal: Int32)] = []
  /// A process that survives everything.
  public var immortal: ProcessIdentity?

  /// The caller.
  public let own = ProcessIdentity(pid: 1000, startTime: 1)
  private var next: Int32 = 2000

  /// Makes a table with the caller in it.
  public init() {
    living.insert(own)
  }

  /// Adds a process.
  public func add() -> ProcessIdentity {
    next += 1
    let identity = ProcessIdentity(pid: next, startTime: UInt64(next))
    living.insert(identity)
    return identity
  }

  /// A process ends.
  public func end(_ process: ProcessIdentity) {
    if process != immortal { living.remove(process) }
  }

  public func current() throws(SystemFailure) -> ProcessIdentity { own }

  public func isAlive(_ process: ProcessIdentity) -> Bool { living.contains(process) }

  public func signal(_ process: ProcessIdentity, _ signal: Int32) throws(SystemFailure) {
    guard living.contains(process) else {
      throw SystemFailure(call: "pidfd_send_signal", subject: "\(process.pid)", errno: .noSuchProcess)
    }
    signals.append((process.pid, signal))
    if signal == 9 { end(process) }
  }

  public func signal(pids: [Int32], _ signal: Int32, listed: () -> [Int32]?) throws(SystemFailure) {
    let held = living.filter { pids.contains($0.pid) }
    guard let present = listed() else { return }
    for process in held where present.contains(process.pid) && living.contains(process) {
      try self.signal(process, signal)
    }
  }

  public func waitUntilGone(_ process: ProcessIdentity, milliseconds: Int64) throws(SystemFailure) -> Bool {
    !living.contains(process)
  }
}
