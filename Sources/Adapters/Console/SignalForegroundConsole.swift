import CLinux
import Domain
import Linux
public import Ports

/// Waits in the foreground with a `signalfd`, the process's pidfd and, if there is one, its terminal.
public final class SignalForegroundConsole: ForegroundConsole {
  private var signals: SignalReceiver?

  /// Takes nothing over yet.
  public init() {}

  public func begin() throws(SystemFailure) {
    do throws(Errno) {
      signals = try SignalReceiver()
    } catch {
      throw SystemFailure(call: "signalfd4", subject: "", errno: error)
    }
  }

  public func wait(
    for process: any InitProcess, terminal: Int32?, companion: (any ForegroundCompanion)?
  ) throws(SystemFailure) -> ProcessEnd {
    if signals == nil { try begin() }
    guard let signals else { throw SystemFailure(call: "signalfd4", subject: "", errno: .badDescriptor) }
    let relay = try terminal.map { master throws(SystemFailure) in try TerminalRelay(master: master) }
    defer { relay?.restore() }
    while true {
      var descriptors = [
        pollfd(fd: process.processDescriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0),
        SignalForegroundConsole.watched(companion),
      ]
      descriptors += relay?.watched() ?? []
      do throws(Errno) {
        _ = try Waiting.poll(&descriptors, timeout: nil)
      } catch {
        throw SystemFailure(call: "poll", subject: "", errno: error)
      }
      relay?.copy(descriptors.dropFirst(3))
      if descriptors[1].revents != 0 { handle(signals, of: process, relay) }
      if descriptors[2].revents != 0 { companion?.serve() }
      if descriptors[0].revents != 0 {
        companion?.finish()
        relay?.drain(signals.number) { isGivenUp(signals) }
        return try end(of: process)
      }
    }
  }

  private static func watched(_ companion: (any ForegroundCompanion)?) -> pollfd {
    guard let awaited = companion?.awaited else { return pollfd(fd: -1, events: 0, revents: 0) }
    return pollfd(fd: awaited.number, events: Int16(awaited.toWrite ? POLLOUT : POLLIN), revents: 0)
  }

  private func handle(_ signals: SignalReceiver, of process: any InitProcess, _ relay: TerminalRelay?) {
    for signal in signals.take() {
      switch signal {
      case SIGCHLD: Orphans.reap(except: process.identity.pid)
      case SIGWINCH where relay != nil: relay?.resize()
      // Job control of the caller's terminal, and what the runtime itself causes, concern only it.
      case SIGPIPE, SIGURG, SIGTTIN, SIGTTOU: break
      default: try? Processes.signal(process.processDescriptor, signal)
      }
    }
  }

  /// Whoever signals a process that has ended means the runtime, that still has some of its output.
  private func isGivenUp(_ signals: SignalReceiver) -> Bool {
    let harmless = [SIGCHLD, SIGWINCH, SIGCONT, SIGPIPE, SIGURG, SIGTTIN, SIGTTOU]
    return signals.take().contains { !harmless.contains($0) }
  }

  private func end(of process: any InitProcess) throws(SystemFailure) -> ProcessEnd {
    do throws(Errno) {
      switch try Processes.reap(process.processDescriptor) {
      case .exited(let code): return .exited(code)
      case .signalled(let signal): return .signalled(signal)
      }
    } catch {
      throw SystemFailure(call: "waitid", subject: "\(process.identity.pid)", errno: error)
    }
  }
}

/// Processes that fell to the runtime because it is their subreaper.
enum Orphans {
  /// Reaps those that have ended, save one. The corresponding system call is `waitid`.
  static func reap(except pid: Int32) {
    while true {
      var information = siginfo_t()
      let found = clinux_call(
        Int(SYS_waitid), Int(P_ALL.rawValue), 0, word(&information), Int(WEXITED | WNOHANG | WNOWAIT), 0, 0)
      let orphan = clinux_process(&information)
      guard found == 0, orphan > 0, orphan != pid else { return }
      _ = clinux_call(Int(SYS_waitid), Int(P_PID.rawValue), Int(orphan), 0, Int(WEXITED | WNOHANG), 0, 0)
    }
  }
}
