import CLinux
public import Domain
public import Ports

/// Processes by pidfd.
public final class LinuxProcessControl: ProcessControl {
  /// Makes one; it holds nothing.
  public init() {}

  public func current() throws(SystemFailure) -> ProcessIdentity {
    do throws(Errno) {
      return try Processes.currentIdentity()
    } catch {
      throw SystemFailure(call: "read", subject: "/proc/self/stat", errno: error)
    }
  }

  public func isAlive(_ process: ProcessIdentity) -> Bool {
    Processes.isAlive(process)
  }

  public func signal(_ process: ProcessIdentity, _ signal: Int32) throws(SystemFailure) {
    do throws(FailedCall) {
      let handle = try FailedCall.naming("pidfd_open") { () throws(Errno) in try ProcessHandle(process) }
      try FailedCall.naming("pidfd_send_signal") { () throws(Errno) in try handle.signal(signal) }
    } catch {
      throw SystemFailure(call: error.call, subject: String(process.pid), errno: error.errno)
    }
  }

  public func signal(pids: [Int32], _ signal: Int32, listed: () -> [Int32]?) throws(SystemFailure) {
    guard let failure = ListedProcesses.signal(pids, signal, listed: listed) else { return }
    throw SystemFailure(call: failure.call, subject: "processes of a cgroup", errno: failure.errno)
  }

  public func waitUntilGone(_ process: ProcessIdentity, milliseconds: Int64) throws(SystemFailure) -> Bool {
    do throws(Errno) {
      let handle = try ProcessHandle(process)
      return try handle.waitForEnd(timeout: milliseconds)
    } catch {
      if error == .noSuchProcess { return true }
      throw SystemFailure(call: "poll", subject: "pidfd of \(process.pid)", errno: error)
    }
  }
}
