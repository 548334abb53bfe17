import CLinux
public import Domain

/// A process that is held on to: signals reach it and nobody else, and its end can be waited for.
///
/// It is a pidfd. Where the kernel has no `pidfd_open`, a directory of procfs stands for it, which takes signals as
/// well but tells nobody of the end: that is then looked for in pauses.
public struct ProcessHandle: ~Copyable {
  private let pid: Int32
  private let descriptor: Descriptor
  /// The descriptor tells of the end.
  private let tells: Bool

  /// Opens a process by its number. The corresponding system call is `pidfd_open`.
  /// - Throws: `noSuchProcess` when it is gone.
  public init(_ pid: Int32) throws(Errno) {
    let opened = try ProcessHandle.open(pid)
    self.pid = pid
    tells = opened.tells
    descriptor = Descriptor(owning: opened.number)
  }

  /// Opens exactly this process.
  /// - Throws: `noSuchProcess` when it is gone or another.
  public init(_ identity: ProcessIdentity) throws(Errno) {
    let handle = try ProcessHandle(identity.pid)
    guard Processes.isAlive(identity) else { throw .noSuchProcess }
    self = handle
  }

  private static func open(_ pid: Int32) throws(Errno) -> (number: Int32, tells: Bool) {
    do throws(Errno) {
      return (try Processes.open(pid).release(), true)
    } catch {
      guard error.meansMissing else { throw error }
    }
    do throws(Errno) {
      return (try Procfs().open(pid.decimal, O_RDONLY | O_DIRECTORY).release(), false)
    } catch {
      throw error == .noSuchFileOrDirectory ? .noSuchProcess : error
    }
  }

  /// Sends a signal. The corresponding system call is `pidfd_send_signal`.
  public borrowing func signal(_ signal: Int32) throws(Errno) {
    do throws(Errno) {
      try Processes.send(signal, to: descriptor.number)
      return
    } catch {
      guard error.meansMissing else { throw error }
    }
    guard try !hasEnded() else { throw .noSuchProcess }
    _ = try call(Int32(SYS_kill), Int(pid), Int(signal))
  }

  /// Waits for the end; false when the time is over first. nil waits for ever.
  public borrowing func waitForEnd(timeout milliseconds: Int64?) throws(Errno) -> Bool {
    if tells { return try Waiting.readable(descriptor.number, timeout: milliseconds) }
    let deadline = milliseconds.map { Waiting.deadline(after: $0) } ?? .max
    while try !hasEnded() {
      let left = deadline - Waiting.now()
      guard left > 0 else { return false }
      var none: [pollfd] = []
      _ = try Waiting.poll(&none, timeout: min(left, ProcessHandle.pause))
    }
    return true
  }

  /// Waits until a descriptor is readable or the process has ended; whether the descriptor is.
  public borrowing func waitForEnd(orReadable other: Int32) throws(Errno) -> Bool {
    while true {
      var waited = [
        pollfd(fd: other, events: Int16(POLLIN), revents: 0),
        pollfd(fd: tells ? descriptor.number : -1, events: Int16(POLLIN), revents: 0),
      ]
      let ready = try Waiting.poll(&waited, timeout: tells ? nil : ProcessHandle.pause)
      if waited[0].revents != 0 { return true }
      if ready { return false }
      if try hasEnded() { return false }
    }
  }

  /// Whether the process behind the directory is gone, or a zombie.
  private borrowing func hasEnded() throws(Errno) -> Bool {
    guard !tells else { return try Waiting.readable(descriptor.number, timeout: 0) }
    do throws(Errno) {
      let file = try Files.open("stat", at: descriptor.number, O_RDONLY | O_NOFOLLOW)
      return Processes.parseStat(try Files.readAll(file.number, limit: 8192))?.isAlive != true
    } catch {
      guard error == .noSuchProcess || error == .noSuchFileOrDirectory else { throw error }
      return true
    }
  }

  /// Milliseconds between two looks.
  private static let pause: Int64 = 5
}
