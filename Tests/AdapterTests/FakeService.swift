import CLinux
import Domain
import Linux
import Ports
import Testing

@testable import Systemd

/// A service manager that says what a script has: its answers lie in the socket before anybody asks, for the
/// numbers of calls are known.
final class FakeService {
  /// The answer to one call.
  enum Reply {
    case values([PropertyValue])
    case refusal(String, String)
    /// A job, and its end.
    case job(String)
    /// A job, and what comes then.
    case endless([BusMessage])
    /// The connection is closed.
    case end
  }

  /// The conversation of one connection.
  struct Script {
    var isDirect = true
    var replies: [Reply] = []
    /// How many bytes of it are said; nil is all.
    var cut: Int?
    /// A byte that is another one.
    var damage: (place: Int, value: UInt8)?
  }

  private var scripts: [Script]
  private(set) var sockets: [Int32] = []

  init(_ scripts: [Script]) {
    self.scripts = scripts
  }

  convenience init(_ replies: Reply...) {
    self.init(replies)
  }

  convenience init(_ replies: [Reply]) {
    self.init([Script(replies: replies)])
  }

  deinit {
    for socket in sockets { close(socket) }
  }

  static let job = "/org/freedesktop/systemd1/job/7"
  static let noSuchUnit = Reply.refusal("org.freedesktop.systemd1.NoSuchUnit", "Unit not loaded.")
  static let unitExists = Reply.refusal("org.freedesktop.systemd1.UnitExists", "Unit was already loaded.")
  static let done = Reply.job("done")
  static let unit = Reply.values([.objectPath("/org/freedesktop/systemd1/unit/u")])

  /// A unit that is there, documented so: the answers to two calls.
  /// Without entries it is asked whether the unit is there at all.
  static func documented(_ entries: String..., loadState: String = "loaded") -> [Reply] {
    let answer = [unit, .values([.variant(.array(.string, entries.map { .string($0) }))])]
    return entries.isEmpty ? answer + [text(loadState)] : answer
  }

  static func text(_ text: String) -> Reply { .values([.variant(.string(text))]) }

  /// All that a script says.
  static func bytes(_ script: Script) -> [UInt8] {
    var bytes = Array("OK 0123456789abcdef0123456789abcdef\r\n".utf8)
    var serial: UInt32 = 0
    func answer(_ reply: Reply, _ sender: String?) {
      serial += 1
      var message = BusMessage(.answer, serial: serial, answers: serial)
      message.sender = sender
      switch reply {
      case .values(let values): message.body = values
      case .refusal(let name, let text):
        (message.kind, message.errorName, message.body) = (.error, name, [.string(text)])
      case .job, .endless: message.body = [.objectPath(job)]
      case .end: return
      }
      bytes += message.encoded
      if case .job(let result) = reply { bytes += ended(job, result, from: sender).encoded }
      if case .endless(let messages) = reply { bytes += messages.flatMap(\.encoded) }
    }
    var hearsJobs = script.isDirect
    if !script.isDirect { answer(.values([.string(":1.9")]), "org.freedesktop.DBus") }
    for reply in script.replies {
      if case .end = reply { break }
      if !hearsJobs {
        switch reply {
        case .job, .endless:
          answer(.values([]), "org.freedesktop.DBus")
          hearsJobs = true
        default: break
        }
      }
      answer(reply, script.isDirect ? nil : ":1.1")
    }
    if let cut = script.cut { bytes = Array(bytes.prefix(cut)) }
    if let damage = script.damage { bytes[damage.place] = damage.value }
    return bytes
  }

  static func ended(_ job: String, _ result: String, from sender: String?) -> BusMessage {
    BusMessage(
      .signal, serial: 99, path: BusConnection.object, interface: BusConnection.managerInterface,
      member: "JobRemoved",
      sender: sender, body: [.uint32(7), .objectPath(job), .string("u.scope"), .string(result)])
  }

  private static func closes(_ script: Script) -> Bool {
    if script.cut != nil || script.damage != nil { return true }
    return script.replies.contains { if case .end = $0 { true } else { false } }
  }

  /// The next connection.
  func connect(_ deadline: BusDeadline) throws(ServiceManagerProblem) -> BusConnection {
    guard !scripts.isEmpty else { throw .noAddress }
    let script = scripts.removeFirst()
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0, &ends) == 0 else {
      throw .noAddress
    }
    sockets.append(ends[1])
    do throws(Errno) { try Files.write(FakeService.bytes(script), to: ends[1]) } catch { throw .noAddress }
    if FakeService.closes(script) { shutdown(ends[1], Int32(SHUT_WR)) }
    return try BusConnection(
      Descriptor(owning: ends[0]), isDirect: script.isDirect, as: .user(0), until: deadline)
  }

  /// A client of this service.
  func manager(patience: Int64 = 2_000) -> ServiceManager {
    ServiceManager(patience: patience) { deadline throws(ServiceManagerProblem) in try self.connect(deadline)
    }
  }

  /// What was sent on a connection: the lines of authentication, and the calls.
  func sent(_ connection: Int = 0) -> (lines: String, calls: [BusMessage]) {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(sockets[connection], &chunk, chunk.count, Int32(MSG_DONTWAIT))
      if count <= 0 { break }
      bytes += chunk[..<count]
    }
    let begin = Array("BEGIN\r\n".utf8)
    guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: begin) }) else { return ("", []) }
    var calls: [BusMessage] = []
    var place = end + begin.count
    while let length = try? BusMessage.length(bytes[place...]), length <= bytes.count - place,
      let call = try? BusMessage(decoding: Array(bytes[place..<place + length]))
    {
      calls.append(call)
      place += length
    }
    return (String(decoding: bytes[..<end], as: UTF8.self), calls)
  }

  /// The methods that were called, with their first argument.
  var called: [String] {
    sockets.indices.flatMap { sent($0).calls }.map { call in
      guard case .string(let first)? = call.body.first else { return call.member ?? "" }
      if call.member == "Get", case .string(let name) = call.body[1] { return "Get \(name)" }
      return call.member == "AddMatch" ? "AddMatch" : "\(call.member ?? "") \(first)"
    }
  }
}
