import CLinux
import Domain
import Linux
import Ports

/// Copies between the caller's standard streams and the master of a container's terminal.
final class TerminalRelay {
  private let master: Descriptor
  private let host: HostTerminal?
  /// What was typed, and the container has not taken yet.
  private var pending: [UInt8] = []
  /// What the container wrote, and standard output has not taken yet.
  private var outgoing: ArraySlice<UInt8> = []
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

  /// What to wait for: either side is read only while what was read before is written.
  func watched() -> [pollfd] {
    let reads = outputIsOpen && outgoing.isEmpty
    let masterEvents = (reads ? POLLIN : 0) | (outputIsOpen && !pending.isEmpty ? POLLOUT : 0)
    let readsInput = inputIsOpen && pending.isEmpty
    return [
      // One that nothing is wanted of would still tell of its end, again and again.
      pollfd(fd: masterEvents == 0 ? -1 : master.number, events: Int16(masterEvents), revents: 0),
      pollfd(fd: readsInput ? 0 : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: outgoing.isEmpty ? -1 : 1, events: Int16(POLLOUT), revents: 0),
    ]
  }

  /// Copies what is ready of what was watched.
  func copy(_ ready: ArraySlice<pollfd>) {
    let events = ready.map(\.revents)
    guard events.count == 3 else { return }
    if events[2] != 0 { writeOutput() }
    if events[0] & Int16(POLLIN | POLLHUP | POLLERR) != 0, outgoing.isEmpty { readOutput() }
    if events[1] != 0 { readInput() }
    if !pending.isEmpty { writeInput() }
  }

  /// Copies what is left once the process has ended: at most what a terminal holds. Standard output is waited
  /// for unless `isGivenUp` says so, which is asked whenever `signals` is readable.
  func drain(_ signals: Int32, isGivenUp: () -> Bool) {
    for _ in 0..<256 {
      var descriptors = [
        pollfd(fd: outgoing.isEmpty ? master.number : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: outgoing.isEmpty ? -1 : 1, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: outgoing.isEmpty ? -1 : signals, events: Int16(POLLIN), revents: 0),
      ]
      guard outputIsOpen || !outgoing.isEmpty,
        (try? Waiting.poll(&descriptors, timeout: outgoing.isEmpty ? 0 : nil)) == true
      else { return }
      if descriptors[0].revents != 0 { readOutput() }
      if descriptors[1].revents != 0 {
        writeOutput()
      } else if descriptors[2].revents != 0, isGivenUp() {
        return
      }
    }
  }

  /// Reads what the container wrote; its output is closed once nobody holds the other end any more.
  private func readOutput() {
    let (chunk, result) = TerminalRelay.read(master.number)
    if result > 0 { outgoing = chunk[...] }
    outputIsOpen = result > 0 || result == -Int(EAGAIN) || result == -Int(EINTR)
  }

  /// Writes to a standard output that is ready for it: so little that a pipe which has room takes it at once,
  /// whether it was made non-blocking, by whoever shares it, or not. Nothing can be done when it is closed.
  private func writeOutput() {
    let written = outgoing.withUnsafeBytes {
      clinux_call(Int(SYS_write), 1, word($0.baseAddress), min($0.count, Int(PIPE_BUF)), 0, 0, 0)
    }
    if written > 0 {
      outgoing = outgoing.dropFirst(written)
    } else if written != -Int(EAGAIN), written != -Int(EINTR) {
      outgoing = []
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
