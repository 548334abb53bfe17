import CLinux
import Domain
import Linux
import Ports

/// Copies between the caller's standard streams and the master of a container's terminal.
final class TerminalRelay {
  private let master: Descriptor
  private let host: HostTerminal?
  private var pending: [UInt8] = []
  private var inputIsOpen = true
  private var outputIsOpen = true

  /// Owns the master; the caller's terminal, if it has one, becomes raw.
  init(master number: Int32) throws(SystemFailure) {
    master = Descriptor(owning: number)
    _ = clinux_call(Int(SYS_fcntl), Int(number), Int(F_SETFL), Int(O_NONBLOCK), 0, 0, 0)
    Termios.passLineFeeds(on: number)
    host = HostTerminal.find()
    host?.makeRaw()
    resize()
  }

  /// Gives the caller's terminal back as it was. Idempotent.
  func restore() {
    host?.restore()
  }

  /// Takes the caller's size over. A container without the same size is no failure.
  func resize() {
    host?.copySize(to: master.number)
  }

  /// What to wait for: input only while what was read before is written.
  func watched() -> [pollfd] {
    let masterEvents = (outputIsOpen ? POLLIN : 0) | (pending.isEmpty ? 0 : POLLOUT)
    var descriptors = [pollfd(fd: outputIsOpen ? master.number : -1, events: Int16(masterEvents), revents: 0)]
    let reads = inputIsOpen && pending.isEmpty
    descriptors.append(pollfd(fd: reads ? 0 : -1, events: Int16(POLLIN), revents: 0))
    return descriptors
  }

  /// Copies what is ready.
  func copy(_ ready: ArraySlice<pollfd>) {
    guard let output = ready.first, let input = ready.last else { return }
    if output.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { outputIsOpen = copyOutput() }
    if input.revents != 0 { readInput() }
    if !pending.isEmpty { writeInput() }
  }

  /// Copies what is left once the process has ended: at most what a terminal holds.
  func drain() {
    for _ in 0..<64 where outputIsOpen {
      var descriptors = [pollfd(fd: master.number, events: Int16(POLLIN), revents: 0)]
      guard (try? Waiting.poll(&descriptors, timeout: 0)) == true else { return }
      outputIsOpen = copyOutput()
    }
  }

  /// False once nobody holds the other end any more.
  private func copyOutput() -> Bool {
    let (chunk, result) = TerminalRelay.read(master.number)
    if result > 0 { TerminalRelay.writeOutput(chunk) }
    return result > 0 || result == -Int(EAGAIN) || result == -Int(EINTR)
  }

  /// Writes all, also to a standard output that was made non-blocking by whoever shares it: what it does not
  /// take yet is waited for. Nothing can be done when it is closed.
  private static func writeOutput(_ chunk: [UInt8]) {
    var rest = chunk[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes {
        clinux_call(Int(SYS_write), 1, word($0.baseAddress), $0.count, 0, 0, 0)
      }
      if written > 0 { rest = rest.dropFirst(written) }
      if written == -Int(EAGAIN) {
        var descriptors = [pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)]
        _ = try? Waiting.poll(&descriptors, timeout: nil)
      } else if written <= 0, written != -Int(EINTR) {
        return
      }
    }
  }

  private func readInput() {
    let (chunk, result) = TerminalRelay.read(0)
    if result > 0 { pending = chunk }
    if result == 0 || (result < 0 && result != -Int(EINTR) && result != -Int(EAGAIN)) { inputIsOpen = false }
  }

  private func writeInput() {
    let result = pending.withUnsafeBytes {
      clinux_call(Int(SYS_write), Int(master.number), word($0.baseAddress), $0.count, 0, 0, 0)
    }
    if result > 0 { pending.removeFirst(result) }
    if result < 0 && result != -Int(EAGAIN) && result != -Int(EINTR) { pending = [] }
  }

  private static func read(_ descriptor: Int32) -> ([UInt8], Int) {
    var result = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: 8192) { buffer, count in
      result = clinux_call(Int(SYS_read), Int(descriptor), word(buffer.baseAddress), buffer.count, 0, 0, 0)
      count = max(0, result)
    }
    return (chunk, result)
  }
}
