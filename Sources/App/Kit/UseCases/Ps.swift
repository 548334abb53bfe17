import Domain
import Linux
import Ports

extension Context {
  /// `ps`: shows the processes of a container, as the host's `ps` prints them or as numbers.
  func ps() throws(Failure) {
    let container = try load(try id())
    guard let state = container.entry.state else { throw .container(.notRunning) }
    let manager = try cgroups(for: state.cgroup)
    let pids: [Int32]
    do throws(CgroupError) { pids = try manager.processes(in: state.cgroup) } catch { throw .cgroup(error) }
    switch invocation.text(.format) {
    case nil, "", "table": try printTable(Set(pids))
    case "json":
      let numbers = pids.sorted().map { JSON.integer(Int64($0)) }
      Output.write(numbers.isEmpty ? .null : .array(numbers), .compact, end: "\n")
    case .some(let other): throw .argument(.format(other))
    }
  }

  private func printTable(_ pids: Set<Int32>) throws(Failure) {
    // Engines pass all options as one text, which may be empty.
    let given = invocation.operands.dropFirst().flatMap { $0.fields(at: " ").map(String.init) }
    let ps: Programs.Result
    do throws(SystemFailure) {
      ps = try Programs.run(["ps"] + (given.isEmpty ? ["-ef"] : given))
    } catch {
      throw .system(error)
    }
    guard ps.end == .exited(0) else {
      throw .argument(.processTable(ProcessTable.failure(ps)))
    }
    guard let rows = ProcessTable.rows(String(decoding: ps.output, as: UTF8.self), pids) else {
      throw .argument(.noProcessColumn)
    }
    Output.write(rows)
  }
}

/// What `ps` printed.
enum ProcessTable {
  /// The header and the lines of these processes; nil when no column is called PID. A line whose PID is
  /// `-` is a thread of the process above it.
  static func rows(_ text: String, _ pids: Set<Int32>) -> String? {
    let lines = text.fields(at: "\n")
    guard let header = lines.first,
      let column = fields(header).firstIndex(where: { $0 == "PID" })
    else { return nil }
    var rows = header + "\n"
    var isOurs = false
    for line in lines.dropFirst() {
      let fields = fields(line)
      guard column < fields.count else { continue }
      if fields[column] != "-" { isOurs = Int32(fields[column]).map { pids.contains($0) } ?? false }
      if isOurs { rows += line + "\n" }
    }
    return String(rows)
  }

  /// Why there is no table.
  static func failure(_ ps: Programs.Result) -> String {
    switch ps.end {
    case .exited(127) where ps.errors.isEmpty: #"exec: "ps": executable file not found in $PATH"#
    case .exited(let code): "exit status \(code): \(String(decoding: ps.errors, as: UTF8.self))"
    case .signalled(let number): "ps: signal \(number)"
    }
  }

  private static func fields(_ line: Substring) -> [Substring] {
    line.split { $0 == " " || $0 == "\t" }
  }
}
