import Domain
import Linux
import Ports

/// A spawner whose calls are noted, and whose processes keep a timeline.
final class TracedSpawner: ProcessSpawner {
  private let base: any ProcessSpawner
  private let trace: Trace

  init(_ base: any ProcessSpawner, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  func spawn(_ request: SpawnRequest) throws(SpawnError) -> any InitProcess {
    let track = TraceTrack(request.plan)
    trace.add(track)
    var request = request
    request.timeline = track.descriptor
    let process = try trace.call("ProcessSpawner.spawn") { () throws(SpawnError) in try base.spawn(request) }
    track.process = process.identity
    return TracedProcess(process, track, trace)
  }
}

/// A new process, the talk with which is noted.
private final class TracedProcess: InitProcess {
  private let base: any InitProcess
  private let track: TraceTrack
  private let trace: Trace

  init(_ base: any InitProcess, _ track: TraceTrack, _ trace: Trace) {
    (self.base, self.track, self.trace) = (base, track, trace)
  }

  var identity: ProcessIdentity { base.identity }
  var processDescriptor: Int32 { base.processDescriptor }

  func deliver(_ plan: EncodedPlan, doors: [Int32]) throws(SpawnError) {
    try trace.call("InitProcess.deliver") { () throws(SpawnError) in try base.deliver(plan, doors: doors) }
    trace.annotate("\(plan.bytes.count) bytes")
  }

  func deliverRest(doors: [Int32]) throws(SpawnError) {
    try trace.call("InitProcess.deliverRest") { () throws(SpawnError) in try base.deliverRest(doors: doors) }
  }

  func nextEvent() throws(SpawnError) -> InitEvent {
    let event = try trace.call("InitProcess.nextEvent") { () throws(SpawnError) in try base.nextEvent() }
    trace.annotate(event.name)
    track.end = Timeline.now()
    if case .failed(let failure) = event { track.failure = failure }
    return event
  }

  func proceed() throws(SpawnError) {
    try trace.call("InitProcess.proceed") { () throws(SpawnError) in try base.proceed() }
  }

  func announceLimits() throws(SpawnError) {
    try trace.call("InitProcess.announceLimits") { () throws(SpawnError) in try base.announceLimits() }
  }

  func kill() { trace.call("InitProcess.kill") { base.kill() } }
}

extension InitEvent {
  /// What happened, in a word or two.
  fileprivate var name: String {
    switch self {
    case .reached(let milestone): "reached \(milestone)"
    case .terminal: "terminal"
    case .listener: "seccomp listener"
    case .failed(let failure): "step \(failure.index) failed"
    case .executed: "executed"
    case .died: "died"
    }
  }
}
