import Domain
import Linux
import Ports

/// A conversation with a service manager, directly or over a bus.
public final class BusConnection {
  private let stream: BusStream
  private let isDirect: Bool
  private var lastSerial: UInt32 = 0
  private var hearsJobs = false
  /// Ends of jobs that were told of and not yet asked for.
  private var ended: [(job: String, result: String, sender: String?)] = []

  static let manager = "org.freedesktop.systemd1"
  static let object = "/org/freedesktop/systemd1"
  static let managerInterface = "org.freedesktop.systemd1.Manager"
  static let unitInterface = "org.freedesktop.systemd1.Unit"
  static let properties = "org.freedesktop.DBus.Properties"
  private static let bus = "org.freedesktop.DBus"
  /// More ends than a manager tells of while one waits for it.
  private static let mostEnded = 4096

  /// Takes a connected socket over and introduces itself. `isDirect` says that the manager itself is at the
  /// other end, and no bus.
  init(
    _ socket: consuming Descriptor, isDirect: Bool,
    as identity: BusAuthentication.Identity = .user(Host.userID), until deadline: BusDeadline
  ) throws(ServiceManagerProblem) {
    stream = BusStream(socket)
    self.isDirect = isDirect
    try BusAuthentication.perform(stream, as: identity, until: deadline)
    if !isDirect { try callBus("Hello", [], until: deadline) }
  }

  private func callBus(
    _ member: String, _ body: [PropertyValue], until deadline: BusDeadline
  ) throws(ServiceManagerProblem) {
    var message = BusMessage(.call, serial: nextSerial())
    message.destination = BusConnection.bus
    message.path = "/org/freedesktop/DBus"
    message.interface = BusConnection.bus
    message.member = member
    message.body = body
    _ = try perform(message, until: deadline)
  }

  private func nextSerial() -> UInt32 {
    lastSerial = lastSerial == UInt32.max ? 1 : lastSerial + 1
    return lastSerial
  }

  /// Calls a method of the manager, or of another object of it; its answer.
  func call(
    _ interface: String, _ member: String, _ body: [PropertyValue], of object: String = BusConnection.object,
    until deadline: BusDeadline
  ) throws(ServiceManagerProblem) -> BusMessage {
    var message = BusMessage(.call, serial: nextSerial())
    message.destination = isDirect ? nil : BusConnection.manager
    message.path = object
    message.interface = interface
    message.member = member
    message.body = body
    return try perform(message, until: deadline)
  }

  /// Sends a call and waits for its answer; what else comes is kept or passed over.
  private func perform(
    _ message: BusMessage, until deadline: BusDeadline
  ) throws(ServiceManagerProblem) -> BusMessage {
    try stream.send(message.encoded, until: deadline)
    while true {
      let answer = try stream.message(until: deadline)
      switch answer.kind {
      case .answer where answer.answers == message.serial: return answer
      case .error where answer.answers == message.serial:
        var text = ""
        if case .string(let first)? = answer.body.first { text = first }
        throw .refused(name: answer.errorName ?? "", text: text)
      case .signal: try keep(answer)
      default: break
      }
    }
  }

  /// Keeps the end of a job: `JobRemoved(u id, o job, s unit, s result)`.
  private func keep(_ signal: BusMessage) throws(ServiceManagerProblem) {
    guard signal.member == "JobRemoved", signal.interface == BusConnection.managerInterface,
      signal.body.count == 4, case .objectPath(let job) = signal.body[1],
      case .string(let result) = signal.body[3]
    else { return }
    guard ended.count < BusConnection.mostEnded else { throw .malformedAnswer("too many signals") }
    ended.append((job, result, signal.sender))
  }

  /// Calls a method that makes a job, and waits until the job has ended.
  func performJob(
    _ member: String, _ body: [PropertyValue], until deadline: BusDeadline
  ) throws(ServiceManagerProblem) {
    if !isDirect, !hearsJobs {
      try callBus("AddMatch", [.string(BusConnection.match)], until: deadline)
      hearsJobs = true
    }
    let answer = try call(BusConnection.managerInterface, member, body, until: deadline)
    guard case .objectPath(let job)? = answer.body.first else { throw .malformedAnswer("no job") }
    let result = try end(of: job, from: answer.sender, until: deadline)
    guard result == "done" || result == "skipped" else { throw .jobFailed(result: result) }
  }

  private static let match =
    "type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"
    + "interface='org.freedesktop.systemd1.Manager',member='JobRemoved'"

  /// The result of a job. On a bus anybody can send signals to anybody: only what the same peer says counts
  /// that made the job.
  private func end(
    of job: String, from sender: String?, until deadline: BusDeadline
  ) throws(ServiceManagerProblem) -> String {
    while true {
      if let index = ended.firstIndex(where: { $0.job == job && (isDirect || $0.sender == sender) }) {
        return ended.remove(at: index).result
      }
      let message = try stream.message(until: deadline)
      if message.kind == .signal { try keep(message) }
    }
  }
}
