import CLinux
import Domain
import Linux
import Ports

@testable import Systemd

/// A message of D-Bus: what is read is written in one form, which is read again as the same.
@Sendable func fuzzBusMessages(_ input: [UInt8]) throws {
  let length = try accepted { () throws(WireError) in try BusMessage.length(input[...]) } ?? nil
  if let length {
    try hold((16...BusMessage.limit).contains(length), "a message's length is known from its begin")
  }
  let read = try accepted { () throws(WireError) in try BusMessage(decoding: input) }
  guard let message = read else { return }
  try hold(length == input.count, "a message is as long as its begin says")
  let written = message.encoded
  guard let again = try accepted({ () throws(WireError) in try BusMessage(decoding: written) }) else {
    throw Finding(description: "a message that was written cannot be read")
  }
  // Compared as bytes: a number that is none is not equal to itself.
  try hold(again.encoded == written, "a message is the same after it was written and read")
}

/// What the other side of a bus says: authentication, then messages, up to the end of the stream.
@Sendable func fuzzBusConversations(_ input: [UInt8]) throws {
  var ends: [Int32] = [-1, -1]
  guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
    return
  }
  defer { close(ends[1]) }
  let stream = BusStream(Descriptor(owning: ends[0]))
  let said = Array(input.dropFirst().prefix(32_768))
  guard said.withUnsafeBytes({ write(ends[1], $0.baseAddress, $0.count) }) == said.count else { return }
  shutdown(ends[1], Int32(SHUT_WR))
  let deadline = BusDeadline(milliseconds: 60_000)
  let identity = input.first.map { $0 & 1 == 0 } ?? true ? BusAuthentication.Identity.user(0) : .unnamed
  var count = 0
  let problem = try conversation { () throws(ServiceManagerProblem) in
    try BusAuthentication.perform(stream, as: identity, until: deadline)
    while true {
      _ = try stream.message(until: deadline)
      count += 1
    }
  }
  try hold(count <= said.count / 16, "a message has a header")
  if case .timedOut = problem { throw Finding(description: "nobody waits behind the end of a stream") }
  _ = (problem.isNoSuchUnit, problem.isUnitExists)
}

/// How a conversation ends: always with a problem, as the other side closes first.
private func conversation(
  _ body: () throws(ServiceManagerProblem) -> Void
) throws(Finding) -> ServiceManagerProblem {
  do throws(ServiceManagerProblem) {
    try body()
  } catch {
    return error
  }
  throw Finding(description: "a conversation ended without a reason")
}

/// Addresses of buses, and texts of the service manager: its version, and which property it refuses.
@Sendable func fuzzBusTexts(_ input: [UInt8]) throws {
  let text = text(input)
  if let addresses = BusAddress.list(text) {
    try hold(addresses.count <= text.utf8.count / 10, "an address has a transport and a place")
    let written = addresses.map(escaped).joined(separator: ";")
    try hold(BusAddress.list(written) == addresses, "addresses are the same after they were written and read")
  }
  let version = SystemdVersion(text: text)
  try hold(SystemdVersion(text: "v\(version.number) (x)") == version, "a version is a number")
  let refusal = ServiceManagerProblem.refused(
    name: "org.freedesktop.DBus.Error.PropertyReadOnly", text: text)
  if let name = refusal.unknownProperty {
    try hold(!name.utf8.contains(UInt8(ascii: " ")), "a property's name is a word")
  }
}

/// An address with each byte of its place escaped.
private func escaped(_ address: BusAddress) -> String {
  let (key, place) =
    switch address {
    case .path(let path): ("path", path)
    case .abstract(let name): ("abstract", name)
    }
  let digits = place.utf8.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
  return "unix:\(key)=" + digits.joined()
}
