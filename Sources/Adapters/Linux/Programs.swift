import CLinux
import Domain
public import Ports

/// Programs of the host that are run for what they print.
public enum Programs {
  /// What a program wrote, and how it ended.
  public struct Result {
    /// What it wrote to standard output.
    public var output: [UInt8]
    /// The begin of what it wrote to standard error.
    public var errors: [UInt8]
    /// How it ended; with code 127 when it was not found.
    public var end: Processes.End

    /// Describes one.
    public init(output: [UInt8], errors: [UInt8], end: Processes.End) {
      (self.output, self.errors, self.end) = (output, errors, end)
    }
  }

  /// Runs a program found in `PATH` to its end.
  public static func run(_ arguments: [String], limit: Int = 64 << 20) throws(SystemFailure) -> Result {
    let name = arguments.first ?? ""
    let candidates = paths(of: name).map { CStringArray([$0]) }
    let list = CStringArray(arguments)
    do throws(Errno) {
      var ends: (Int32, Int32) = (-1, -1)
      _ = try call(Int32(SYS_pipe2), word(&ends), Int(O_CLOEXEC))
      let reader = Descriptor(owning: ends.0)
      let writer = Descriptor(owning: ends.1)
      let errors = try MemoryFile.make("errors")
      guard let child = try Processes.fork() else {
        become(candidates, list, output: writer.number, errors: errors.number)
      }
      let process = Descriptor(owning: child.descriptor)
      close(writer)
      let bytes = try Files.readAll(reader.number, limit: limit)
      let end = try Processes.reap(process.number)
      let said = try MemoryFile.contents(of: errors.number, limit: 4096)
      return Result(output: bytes, errors: said, end: end)
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

  private static func become(
    _ candidates: [CStringArray], _ arguments: CStringArray, output: Int32, errors: Int32
  ) -> Never {
    _ = clinux_call(Int(SYS_dup3), Int(output), 1, 0, 0, 0, 0)
    _ = clinux_call(Int(SYS_dup3), Int(errors), 2, 0, 0, 0, 0)
    for candidate in candidates {
      _ = clinux_call(
        Int(SYS_execve), word(candidate.pointers[0]), word(arguments.pointers), word(clinux_environment()), 0,
        0, 0)
    }
    Processes.exit(127)
  }
}
