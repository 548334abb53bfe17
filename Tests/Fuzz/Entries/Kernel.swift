import CLinux
import Domain
import Ports

@testable import Init
@testable import Linux
@testable import Netlink

/// `devices.list` of cgroup v1.
@Sendable func fuzzDevices(_ input: [UInt8]) throws {
  guard let policy = DevicePolicy(list: input) else { return }
  try hold(
    policy.allowsByDefault || policy.transition(from: policy).isEmpty || holdsTwice(policy.exceptions),
    "what is there need not be written")
  let program = DeviceProgram.compile(DeviceRule.effective(policy.exceptions))
  try hold(program.count % DeviceProgram.instructionSize == 0, "a program is a list of instructions")
}

/// The kernel keeps one entry for a device.
private func holdsTwice(_ rules: [DeviceRule]) -> Bool {
  rules.enumerated().contains { index, rule in
    rules[..<index].contains { $0.kind == rule.kind && $0.major == rule.major && $0.minor == rule.minor }
  }
}

/// A datagram of the kernel.
@Sendable func fuzzNetlink(_ input: [UInt8]) throws {
  let answers = NetlinkAnswer.all(in: input)
  try hold(answers.count <= input.count / 16, "a message has a header")
  for answer in answers {
    for offset in [0, 4, 8, 12, answer.payload.count] { _ = answer.number(UInt32.self, at: offset) }
    let attributes = answer.attributes(behind: 8)
    try hold(attributes.count <= answer.payload.count / 4, "an attribute has a header")
    _ = Address(answer)
  }
}

/// Runs a body with a descriptor from which an input can be read.
private func withFile<Value>(_ input: [UInt8], _ body: (Int32) -> Value) throws -> Value {
  let file = try MemoryFile.make("fuzz")
  try input.withUnsafeBytes { try Files.writeAll(file.number, $0) }
  lseek(file.number, 0, SEEK_SET)
  return body(file.number)
}

/// A passwd file, read through a buffer of 64 bytes; the first byte is the user's number.
@Sendable func fuzzPasswd(_ input: [UInt8]) throws {
  let (uid, file) = (UInt32(input.first ?? 0), Array(input.dropFirst()))
  let (capacity, limit) = (64, 16)
  let home = try withFile(file) { descriptor in
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: limit + 1) { result -> [UInt8] in
        result.initialize(repeating: 0)
        guard let bytes = buffer.baseAddress, let home = result.baseAddress else { return [] }
        var reader = PasswdReader(descriptor, bytes, capacity: capacity)
        reader.copyHome(of: uid, to: home, capacity: limit)
        return result.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      }
    }
  }
  try hold(home.count < limit, "a home fits its place")
  guard !home.isEmpty, !home.contains(10) else { return }
  let lines = file.split(separator: 10, omittingEmptySubsequences: false)
  try hold(
    lines.contains { line in
      let fields = line.split(separator: 58, omittingEmptySubsequences: false)
      return fields.count > 5 && fields[5].starts(with: home) && UInt32(text(Array(fields[2]))) == uid
    }, "the home stands in the line of the user")
}

/// What stands on the socket between a process and its parent.
@Sendable func fuzzSyncFrames(_ input: [UInt8]) throws {
  let ends = try SyncChannel.pair()
  defer { close(ends.first) }
  let sent = Array(input.prefix(4096))
  let written = sent.withUnsafeBytes { write(ends.second, $0.baseAddress, $0.count) }
  close(ends.second)
  guard written == sent.count else { return }
  var count = 0
  var descriptors = [Int32](repeating: -1, count: 4)
  for _ in 0...sent.count / SyncFrame.size {
    var received = 0
    let frame: SyncFrame?
    do throws(Errno) {
      frame = try descriptors.withUnsafeMutableBufferPointer { (buffer) throws(Errno) in
        try SyncChannel.receive(on: ends.first, descriptors: buffer, received: &received)
      }
    } catch {
      return
    }
    guard let frame else { break }
    count += 1
    try hold(received == 0, "no descriptor comes with plain bytes")
    try hold(frame.failure.index >= -1, "a failure names a step")
    let words = frame.words
    try hold(SyncFrame(words) == frame, "a frame is the same after it was written and read")
  }
  try hold(count == sent.count / SyncFrame.size, "every frame is read")
}
