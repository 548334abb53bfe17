import CLinux
import Domain
import Linux
import Ports

/// What the parent writes for a new process that may not write it itself.
enum BirthGifts {
  /// Ids of a new user namespace, and clocks of a new time namespace, while the process waits for them.
  static func give(_ birth: Birth, to pid: Int32) throws(SpawnError) {
    if birth.created.contains(.user) {
      try write(IDMapText.text(birth.uidMappings), to: "\(pid)/uid_map")
      try write(IDMapText.text(birth.gidMappings), to: "\(pid)/gid_map")
    }
    if !birth.timeOffsets.isEmpty {
      try write(clocks(birth.timeOffsets), to: "\(pid)/timens_offsets")
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

/// Id mappings as the kernel reads them.
enum IDMapText {
  static func text(_ mappings: [IDMapping]) -> String {
    var text = ""
    for mapping in mappings {
      text += "\(mapping.containerID) \(mapping.hostID) \(mapping.size)\n"
    }
    return text
  }
}
