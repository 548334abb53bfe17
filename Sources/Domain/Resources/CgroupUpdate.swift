/// A change of limits as writes, and what takes it back: computed before the first write, from what the
/// control files show.
public struct CgroupUpdate: Equatable, Sendable {
  /// What is asked for, and what was in force.
  public var change: ResourceChange
  /// The writes in their order: what cannot be taken back, or whose consequences cannot, comes last.
  public var writes: [ControlWrite]
  /// What sets the former values back, in the order of writing.
  public var restoration: [ControlWrite]

  /// Puts an update together.
  public init(_ change: ResourceChange, writes: [ControlWrite], restoration: [ControlWrite]) {
    self.change = change
    self.writes = writes
    self.restoration = restoration
  }

  /// While it is made the container may stand still, without being paused.
  public var freezes: Bool { restoration.contains(.thaw) }

  /// It neither writes a file nor changes device rules.
  public var isEmpty: Bool { writes.isEmpty && change.given.devices.isEmpty }

  /// What is left to take back of this update once a later one has been made; nil when nothing is.
  public func without(_ later: CgroupUpdate) -> CgroupUpdate? {
    var left = self
    left.restoration.removeAll { mine in later.writes.contains { $0.file == mine.file } }
    if !later.change.given.devices.isEmpty { left.change.given.devices = [] }
    return left.restoration.isEmpty && left.change.given.devices.isEmpty ? nil : left
  }

  /// A control file that a write needs and the kernel does not have.
  public struct MissingFile: Error, Equatable, Sendable {
    /// The controller that the host or the cgroup lacks.
    public var controller: String
    /// The file.
    public var file: String
  }

  /// The files that writes go to or depend on; those that are not there are left out of what is read.
  public static func files(of writes: [ControlWrite]) -> [ControlWrite] {
    writes.flatMap { write -> [ControlWrite] in
      var files = [write]
      if let other = write.alternative { files.append(ControlWrite(write.controller, other.file, "")) }
      if write.file == "cpu.idle" {
        files += weightFiles.map { ControlWrite(write.controller, $0, "") }
      }
      return files
    }
  }

  /// Whether the kernel lets a file be read at all.
  public static func isReadable(_ file: String) -> Bool { !ControlFormat(file: file).isAct }

  /// Works out an update.
  /// - Parameter present: what is shown, by file; the empty text for a file that cannot be read.
  public init(
    _ change: ResourceChange, _ writes: [ControlWrite], present: [String: String]
  ) throws(MissingFile) {
    var resolved: [ControlWrite] = []
    for write in writes {
      if let write = try CgroupUpdate.resolved(write, present) { resolved.append(write) }
    }
    resolved = resolved.map { $0.completed(by: present[$0.file], change) }
    resolved = UpdateOrder.ordered(resolved, present)
    self.init(
      change, writes: resolved, restoration: CgroupUpdate.restoration(of: resolved, present))
  }

  /// The write to a file that exists; nil where the kernel needs none.
  private static func resolved(
    _ write: ControlWrite, _ present: [String: String]
  ) throws(MissingFile) -> ControlWrite? {
    if present[write.file] != nil {
      return ControlWrite(write.controller, write.file, write.text, write.failure)
    }
    if let other = write.alternative, present[other.file] != nil {
      return ControlWrite(write.controller, other.file, other.text, write.failure)
    }
    switch write.failure {
    case .unlessMissing, .retriedLast(unlessMissing: true): return nil
    default: throw MissingFile(controller: write.controller, file: write.file)
    }
  }

  private static let weightFiles = ["cpu.weight", "cpu.shares"]

  private static func restoration(
    of writes: [ControlWrite], _ present: [String: String]
  ) -> [ControlWrite] {
    var result: [ControlWrite] = []
    let wasIdle = present["cpu.idle"] == "1"
    for write in writes.reversed() {
      // What was idle had no weight.
      if wasIdle, weightFiles.contains(write.file) { continue }
      append(write, present, to: &result)
      guard write.file == "cpu.idle", !wasIdle, write.text != "0" else { continue }
      // The kernel forgets the weight of what becomes idle.
      for file in weightFiles { append(ControlWrite(write.controller, file, ""), present, to: &result) }
    }
    return result
  }

  private static func append(
    _ write: ControlWrite, _ present: [String: String], to result: inout [ControlWrite]
  ) {
    guard let shown = present[write.file],
      let text = ControlFormat(file: write.file).restoration(of: write.text, present: shown)
    else { return }
    let back = ControlWrite(write.controller, write.file, text)
    if !result.contains(back) { result.append(back) }
  }
}

extension ControlWrite {
  /// Lets a container of cgroup v1 go on.
  public static let thaw = ControlWrite("freezer", "freezer.state", "THAWED")

  /// `cpu.max` holds quota and period: the half that nobody ever gave stays as it is.
  fileprivate func completed(by present: String?, _ change: ResourceChange) -> ControlWrite {
    let (cpu, given) = (change.merged.cpu, change.given.cpu)
    guard file == "cpu.max", let present, given.quota != nil || given.period != nil else { return self }
    let shown = present.fields(at: " ")
    var words = text.fields(at: " ")
    guard words.count == 2, shown.count == 2 else { return self }
    if cpu.quota == nil { words[0] = shown[0] }
    if cpu.period == nil { words[1] = shown[1] }
    return ControlWrite(controller, file, words.joined(separator: " "), failure)
  }
}
