import CLinux
import Domain
import Linux
import Ports

/// Feeds a hook its input and listens to it until its process ends, or its time is over.
///
/// What counts is the end of the process: a child of the hook that keeps the pipes open is not waited for.
final class HookConversation {
  private let streams: HookStreams
  private let process: Int32
  private var input: [UInt8]
  private var written = 0
  private let deadline: Int64?
  /// Files that get what the hook writes to either stream; below 0 for none.
  private let copies: (output: Int32, errors: Int32)

  /// What the hook wrote to standard output.
  private(set) var output = BoundedText(limit: ProgramHookRunner.outputLimit)
  /// What the hook wrote to standard error.
  private(set) var errors = BoundedText(limit: ProgramHookRunner.outputLimit)

  init(
    _ streams: HookStreams, process: Int32, input: [UInt8], timeout seconds: Int?,
    copies: (output: Int32, errors: Int32) = (-1, -1)
  ) {
    self.copies = copies
    self.streams = streams
    self.process = process
    self.input = input
    deadline = seconds.map { Waiting.deadline(after: Waiting.milliseconds(seconds: $0)) }
    for pipe in [streams.input, streams.output, streams.errors, streams.report] { pipe.unblock() }
  }

  /// Waits; false when the time was over first.
  func untilEnd() -> Bool {
    while true {
      let left = deadline.map { max(0, $0 - Waiting.now()) }
      var descriptors = watched()
      guard let ready = try? Waiting.poll(&descriptors, timeout: left) else { return false }
      guard ready else { return false }
      feed()
      listen()
      if descriptors[0].revents != 0 { return true }
    }
  }

  /// Why the program could not be started, if it could not; the report is read only once.
  func takeStartFailure(of path: String) -> SystemFailure? {
    var errno: Int32 = 0
    let count = withUnsafeMutableBytes(of: &errno) { (try? Files.read(streams.report.reader, into: $0)) ?? 0 }
    return count == 4 ? SystemFailure(call: "execve", subject: path, errno: Errno(rawValue: errno)) : nil
  }

  private func watched() -> [pollfd] {
    var descriptors = [pollfd(fd: process, events: Int16(POLLIN), revents: 0)]
    if streams.input.writer >= 0 {
      descriptors.append(pollfd(fd: streams.input.writer, events: Int16(POLLOUT), revents: 0))
    }
    for reader in [streams.output.reader, streams.errors.reader] where reader >= 0 {
      descriptors.append(pollfd(fd: reader, events: Int16(POLLIN), revents: 0))
    }
    return descriptors
  }

  /// Writes what the pipe takes. A hook that closes its input has simply not read it.
  private func feed() {
    guard streams.input.writer >= 0 else { return }
    let result = input.withUnsafeBytes { bytes -> Int in
      clinux_call(
        Int(SYS_write), Int(streams.input.writer), word(bytes.baseAddress) + written, bytes.count - written,
        0,
        0, 0)
    }
    if result > 0 { written += result }
    if written == input.count || (result < 0 && result != -Int(EAGAIN)) { streams.input.closeWriter() }
  }

  private func listen() {
    if !output.take(from: streams.output.reader, copy: copies.output) { streams.output.closeReader() }
    if !errors.take(from: streams.errors.reader, copy: copies.errors) { streams.errors.closeReader() }
  }
}

/// The first bytes of a stream, as text for a message.
struct BoundedText {
  private var bytes: [UInt8] = []
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  /// The text, whatever it holds.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Reads what is there; false at the end of the stream.
  /// All of it goes to the file `copy` as well, if that is 0 or more; a full disk is no failure of the hook's.
  mutating func take(from descriptor: Int32, copy: Int32 = -1) -> Bool {
    guard descriptor >= 0 else { return true }
    var more = true
    // Bounded: a hook that writes faster than this is read again after the next wait.
    for _ in 0..<16 {
      var got = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
        got = clinux_call(Int(SYS_read), Int(descriptor), word(buffer.baseAddress), buffer.count, 0, 0, 0)
        count = max(0, got)
      }
      if got == 0 { more = false }
      guard got > 0 else { break }
      if copy >= 0 { chunk.withUnsafeBytes { part in try? Files.writeAll(copy, part) } }
      bytes += chunk.prefix(max(0, limit - bytes.count))
    }
    return more
  }
}
