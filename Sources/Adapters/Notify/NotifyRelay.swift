import CLinux
public import Domain
import Linux
public import Ports

/// Passes on between a datagram socket in a container's state directory and that of a service manager.
public final class NotifyRelay: ReadinessRelay {
  /// How long a manager may take for a word, and to see that a service is ready, in milliseconds.
  private let patience: (word: Int64, barrier: Int64)
  private let manager: String
  private var inbox: Descriptor?
  private var outbox: Descriptor?
  /// A word that the manager has not taken yet. Meanwhile nothing is read: whoever floods it waits.
  private var pending: [UInt8] = []
  /// It was waited for in vain, and gets only what it takes at once.
  private var isDeaf = false
  /// It was told that the container is ready, or could not be.
  private var isReady = false
  /// The last failure to tell it something.
  private var failure: SystemFailure?
  /// The service's main process: in the foreground the runtime itself, whose end the manager sees.
  private var mainProcess = Host.processID

  /// What is left unread of a container that has ended: no queue of datagrams is as long.
  private static let longestQueue = 1024

  /// Makes a relay to the manager that listens at a path; a name behind an `@` is that of a socket without a
  /// file.
  public init(manager: String, wordPatience: Int64 = 5_000, barrierPatience: Int64 = 30_000) {
    self.manager = manager.utf8.first == UInt8(ascii: "@") ? "\0" + manager.dropFirst() : manager
    patience = (wordPatience, barrierPatience)
  }

  /// The container sees `shared` without a look at the modes above it; on the host `notify` keeps others out.
  public func place(in directory: String) -> String { directory + "/notify/shared" }

  public func prepare(in directory: String) throws(SystemFailure) {
    for (path, mode) in [(directory + "/notify", 0o700), (place(in: directory), 0o755)] {
      do throws(Errno) {
        try Files.makeDirectory(path, mode: UInt32(mode))
        // The caller's mask takes bits away.
        try Host.changeMode(path, UInt32(mode))
      } catch {
        throw SystemFailure(call: "mkdirat", subject: path, errno: error)
      }
    }
  }

  public func listen(in directory: String) throws(SystemFailure) -> Bool {
    let path = place(in: directory) + "/" + ServiceNotice.socketName
    do throws(Errno) {
      do throws(Errno) {
        // One of an earlier attempt to start the container.
        try Files.remove(path)
      } catch {
        guard error == .noSuchFileOrDirectory else { throw error }
      }
      inbox = try DatagramSocket.listen(path)
      return true
    } catch {
      guard error == .noSuchFileOrDirectory else {
        throw SystemFailure(call: "bind", subject: path, errno: error)
      }
      return false
    }
  }

  public var awaited: AwaitedDescriptor? {
    if !pending.isEmpty, let outbox = outbox?.number {
      return AwaitedDescriptor(number: outbox, toWrite: true)
    }
    guard let inbox = inbox?.number else { return nil }
    return AwaitedDescriptor(number: inbox, toWrite: false)
  }

  public func serve() {
    if pending.isEmpty { hear() }
    tell()
  }

  public func finish() {
    for _ in 0..<NotifyRelay.longestQueue {
      tell()
      guard pending.isEmpty, hear() else { return }
    }
  }

  public func waitUntilReady(_ process: ProcessIdentity) throws(SystemFailure) {
    guard let inbox = inbox?.number else { return }
    mainProcess = process.pid
    try reachManager()
    do throws(Errno) {
      let container = try ProcessHandle(process)
      while !isReady, try container.waitForEnd(orReadable: inbox) { serveWaiting() }
    } catch {
      guard error == .noSuchProcess else {
        throw SystemFailure(call: "poll", subject: manager, errno: error)
      }
    }
    // It may have been ready, and have ended at once.
    if !isReady { finish() }
    if let failure { throw failure }
    if isReady { try waitUntilSeen() }
  }

  /// Where there is nobody to tell, there is nothing to wait for.
  private func reachManager() throws(SystemFailure) {
    do throws(Errno) {
      _ = try connection()
    } catch {
      throw SystemFailure(call: "connect", subject: manager, errno: error)
    }
  }

  /// Passes one word on, and waits for a manager that does not take it: once.
  private func serveWaiting() {
    serve()
    guard !pending.isEmpty, let outbox = outbox?.number else { return }
    if !isDeaf {
      var waited = [pollfd(fd: outbox, events: Int16(POLLOUT), revents: 0)]
      isDeaf = (try? Waiting.poll(&waited, timeout: patience.word)) != true
      tell()
    }
    guard !pending.isEmpty else { return }
    isDeaf = true
    drop(.timedOut)
  }

  /// Takes what the container says next, as far as it is to be passed on; false when it says nothing.
  @discardableResult
  private func hear() -> Bool {
    guard let inbox = inbox?.number else { return false }
    do throws(Errno) {
      let said = try DatagramSocket.receive(on: inbox, limit: ServiceNotice.sizeLimit)
      guard let said, let notice = ServiceNotice(said, mainProcess: mainProcess) else { return true }
      pending = notice.text
      isReady = isReady || notice.isReady
      return true
    } catch {
      return false
    }
  }

  /// Tells the manager the pending word, if it takes it at once; a manager that is not there misses it.
  private func tell() {
    guard !pending.isEmpty else { return }
    do throws(Errno) {
      let socket = try connection()
      try DatagramSocket.send(pending, on: socket)
      (pending, failure) = ([], nil)
    } catch {
      guard error != .again else { return }
      drop(error)
    }
  }

  private func drop(_ error: Errno) {
    pending = []
    outbox = nil
    failure = SystemFailure(call: "sendto", subject: manager, errno: error)
  }

  private func connection() throws(Errno) -> Int32 {
    if let outbox = outbox?.number { return outbox }
    let made = try DatagramSocket.connect(manager)
    let number = made.number
    outbox = consume made
    return number
  }

  /// A full queue is waited for.
  private func sendBarrier(_ writer: Int32) throws(Errno) {
    let number = try connection()
    let deadline = Waiting.deadline(after: patience.word)
    while true {
      do throws(Errno) {
        _ = try UnixSocket.send(Array("BARRIER=1".utf8), with: writer, on: number)
        return
      } catch {
        guard error == .again else { throw error }
      }
      var waited = [pollfd(fd: number, events: Int16(POLLOUT), revents: 0)]
      guard try Waiting.poll(&waited, timeout: max(0, deadline - Waiting.now())) else { throw .timedOut }
    }
  }

  /// The manager knows whose word it is only while who brought it lives: it closes the descriptor that comes last
  /// when it has seen all before.
  private func waitUntilSeen() throws(SystemFailure) {
    do throws(Errno) {
      var ends: (Int32, Int32) = (-1, -1)
      _ = try call(Int32(SYS_pipe2), word(&ends), Int(O_CLOEXEC))
      let reader = Descriptor(owning: ends.0)
      let writer = Descriptor(owning: ends.1)
      try sendBarrier(writer.number)
      _ = consume writer
      guard try Waiting.readable(reader.number, timeout: patience.barrier) else { throw .timedOut }
    } catch {
      throw SystemFailure(call: "sendmsg", subject: manager, errno: error)
    }
  }
}
