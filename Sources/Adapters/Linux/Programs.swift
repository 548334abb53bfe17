import CLinux
import Domain
public import Ports

/// Programs of the host that are run for what they print.
public enum Programs {
  /// Runs a program found in `PATH` to its end and returns what it wrote to standard output; its
  /// standard error is the caller's.
  public static func output(of arguments: [String], limit: Int = 64 << 20) throws(SystemFailure) -> (
    bytes: [UInt8], end: Processes.End
  ) {
    let name = arguments.first ?? ""
    let candidates = paths(of: name).map { CStringArray([$0]) }
    let list = CStringArray(arguments)
    do throws(Errno) {
      var ends: (Int32, Int32) = (-1, -1)
      _ = try call(Int32(SYS_pipe2), word(&ends), Int(O_CLOEXEC))
      let reader = Descriptor(owning: ends.0)
      let writer = Descriptor(owning: ends.1)
      guard let child = try Processes.fork() else {
        become(candidates, list, writer: writer.number)
      }
      let process = Descriptor(owning: child.descriptor)
      close(writer)
      let bytes = try Files.readAll(reader.number, limit: limit)
      return (bytes, try Processes.reap(process.number))
    } catch {
      throw SystemFailure(call: "run", subject: name, errno: error)
    }
  }

  /// Where a program is found in `PATH`; nil when it is not. The corresponding system call is `faccessat`.
  public static func find(_ name: String) -> String? {
    paths(of: name).first { isExecutable($0) }
  }

  private static func isExecutable(_ path: UnsafePointer<CChar>) -> Bool {
    clinux_call(Int(SYS_faccessat), Int(currentDirectory), word(path), Int(X_OK), 0, 0, 0) == 0
  }

  private static func close(_ descriptor: consuming Descriptor) {}

  private static func paths(of name: String) -> [String] {
    if name.utf8.contains(UInt8(ascii: "/")) { return [name] }
    let search = Host.variable("PATH").flatMap { $0.isEmpty ? nil : $0 } ?? "/usr/sbin:/usr/bin:/sbin:/bin"
    return search.fields(at: ":").map { "\($0)/\(name)" }
  }

  private static func become(_ candidates: [CStringArray], _ arguments: CStringArray, writer: Int32) -> Never
  {
    _ = clinux_call(Int(SYS_dup3), Int(writer), 1, 0, 0, 0, 0)
    for candidate in candidates {
      _ = clinux_call(
        Int(SYS_execve), word(candidate.pointers[0]), word(arguments.pointers), word(clinux_environment()), 0,
        0, 0)
    }
    Processes.exit(127)
  }
}
