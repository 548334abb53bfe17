import CLinux
import Domain
import Linux
import Ports

/// What the parent writes for a new process that may not write it itself.
enum BirthGifts {
  /// Ids of a new user namespace, and clocks of a new time namespace, while the process waits for them.
  static func give(_ birth: Birth, to pid: Int32) throws(SpawnError) {
    if birth.created.contains(.user) { try setMappings(birth.uidMappings, birth.gidMappings, of: pid) }
    if !birth.timeOffsets.isEmpty {
      try write(clocks(birth.timeOffsets), to: "\(pid)/timens_offsets")
    }
  }

  /// The ids of a user namespace, by a process in it.
  static func setMappings(
    _ uids: [IDMapping], _ gids: [IDMapping], of pid: Int32
  ) throws(SpawnError) {
    try write(IDMapping.text(uids), to: "\(pid)/uid_map")
    try write(IDMapping.text(gids), to: "\(pid)/gid_map")
  }

  /// Makes sure that a user namespace that was joined is the one that the document describes, if it does.
  static func checkMappings(_ birth: Birth, of pid: Int32) throws(SpawnError) {
    guard birth.joined.contains(where: { $0.type == .user }) else { return }
    for (name, wanted) in [("uid", birth.uidMappings), ("gid", birth.gidMappings)] where !wanted.isEmpty {
      let path = "\(pid)/\(name)_map"
      let bytes = try require("read", "/proc/" + path) { () throws(Errno) in try Procfs().read(path) }
      let lines = String(decoding: bytes, as: UTF8.self).fields(at: "\n")
      guard IDMapping.merged(lines.compactMap { IDMapping(line: $0) }) == IDMapping.merged(wanted) else {
        throw .mapping(origin: JSONPointer(text: "/linux/\(name)Mappings"))
      }
    }
  }

  /// How readily the kernel kills it when memory is short.
  static func setOOMScore(_ score: Int, of pid: Int32) throws(SpawnError) {
    try write("\(score)", to: "\(pid)/oom_score_adj")
  }

  /// Limits. The corresponding system call is `prlimit64`.
  static func set(_ limits: [Birth.PlannedLimit], of pid: Int32) throws(SpawnError) {
    for limit in limits {
      var value = (limit.soft, limit.hard)
      do throws(Errno) {
        _ = try call(Int32(SYS_prlimit64), Int(pid), Int(limit.resource), word(&value), 0)
      } catch {
        throw .limit(
          origin: limit.origin, SystemFailure(call: "prlimit", subject: "\(limit.resource)", errno: error))
      }
    }
  }

  private static func clocks(_ offsets: [TimeOffset]) -> String {
    var text = ""
    for offset in offsets {
      text += "\(offset.clock.rawValue) \(offset.seconds) \(offset.nanoseconds)\n"
    }
    return text
  }

  private static func write(_ text: String, to name: String) throws(SpawnError) {
    try require("write", "/proc/" + name) { () throws(Errno) in
      let file = try Procfs().open(name, O_WRONLY)
      try Files.writeAll(file.number, text)
    }
  }
}
