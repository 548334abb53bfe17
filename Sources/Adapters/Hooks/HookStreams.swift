import CLinux
import Domain
import Linux
import Ports

/// The pipes between the runtime and a hook. A fourth one tells why a program could not be started: it is
/// close-on-exec, so that it says nothing once the program runs.
final class HookStreams {
  /// The hook's standard input: its reading end, and the runtime's writing end.
  let input: Pipe
  /// The hook's standard output.
  let output: Pipe
  /// The hook's standard error.
  let errors: Pipe
  /// The report of a failed start.
  let report: Pipe

  init() throws(SystemFailure) {
    input = try Pipe()
    output = try Pipe()
    errors = try Pipe()
    report = try Pipe()
  }

  /// Closes the ends that only the hook needs.
  func closeOtherEnds() {
    input.closeReader()
    output.closeWriter()
    errors.closeWriter()
    report.closeWriter()
  }
}

/// A pipe, closed when its owner is gone.
final class Pipe {
  private(set) var reader: Int32
  private(set) var writer: Int32

  /// The corresponding system call is `pipe2`.
  init() throws(SystemFailure) {
    var ends: (Int32, Int32) = (-1, -1)
    do throws(Errno) {
      _ = try call(Int32(SYS_pipe2), word(&ends), Int(O_CLOEXEC))
    } catch {
      throw SystemFailure(call: "pipe2", subject: "", errno: error)
    }
    (reader, writer) = ends
  }

  deinit {
    closeReader()
    closeWriter()
  }

  func closeReader() {
    close(&reader)
  }

  func closeWriter() {
    close(&writer)
  }

  /// Lets reads and writes return at once. The corresponding call is `F_SETFL`.
  func unblock() {
    for end in [reader, writer] where end >= 0 {
      _ = clinux_call(Int(SYS_fcntl), Int(end), Int(F_SETFL), Int(O_NONBLOCK), 0, 0, 0)
    }
  }

  private func close(_ end: inout Int32) {
    guard end >= 0 else { return }
    _ = clinux_call(Int(SYS_close), Int(end), 0, 0, 0, 0, 0)
    end = -1
  }
}
