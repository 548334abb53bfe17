let processRequirements: [ValidationRule] = [
  ValidationRule("process is whole") { document, facts in
    document.process.map { violations(of: $0, on: facts) } ?? []
  }
]

extension ValidationRule {
  /// What is wrong with a process by itself: that of a container, or of `exec`.
  public static func violations(ofProcess process: ProcessSettings, on facts: Facts) -> [Violation] {
    Domain.violations(of: process, on: facts)
  }
}

private func violations(of process: ProcessSettings, on facts: Facts) -> [Violation] {
  var violations: [Violation] = []
  if process.args.isEmpty { violations.append(Violation(Origin.args, "args must not be empty")) }
  if process.cwd.isEmpty {
    violations.append(Violation(Origin.cwd, "Cwd property must not be empty"))
  } else if !process.cwd.isAbsolutePath {
    violations.append(Violation(Origin.cwd, "Cwd must be an absolute path"))
  }
  for (index, entry) in process.env.enumerated() where !isAssignment(entry) {
    violations.append(
      Violation(Origin.env.appending(index), "environment variable must be of the form name=value"))
  }
  if let score = process.oomScoreAdj, !(-1000...1000).contains(score) {
    violations.append(Violation(Origin.process.appending("oomScoreAdj"), "must be in -1000 to 1000"))
  }
  return violations + userViolations(process.user) + limitViolations(process.rlimits)
    + schedulingViolations(process) + labelViolations(process, facts)
}

private func userViolations(_ user: User) -> [Violation] {
  var violations: [Violation] = []
  if let umask = user.umask, umask > 0o777 {
    violations.append(Violation(Origin.user.appending("umask"), "must be at most 0777"))
  }
  if user.additionalGids.count > User.groupLimit {
    let place = Origin.user.appending("additionalGids")
    return violations + [Violation(place, "more than \(User.groupLimit) groups")]
  }
  // The last number stands for "no change" in the kernel's calls.
  // Looked for before anything is listed, as every start passes here.
  guard user.uid == .max || user.gid == .max || user.additionalGids.contains(.max) else { return violations }
  for place in user.ids where place.id == UInt32.max {
    violations.append(Violation(place.pointer, "\(place.id) is no id"))
  }
  return violations
}

extension User {
  /// One of the ids, by its place; the pointer is made only for what is wrong.
  struct PlacedID {
    var id: UInt32
    var name: String
    var index: Int?

    var pointer: JSONPointer {
      let property = Origin.user.appending(name)
      return index.map { property.appending($0) } ?? property
    }
  }

  /// Every id.
  var ids: [PlacedID] {
    [PlacedID(id: uid, name: "uid"), PlacedID(id: gid, name: "gid")]
      + additionalGids.enumerated().map { PlacedID(id: $1, name: "additionalGids", index: $0) }
  }
}

/// A name, and an equals sign behind it.
private func isAssignment(_ entry: String) -> Bool {
  guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { return false }
  return equals != entry.utf8.startIndex
}

private func limitViolations(_ limits: [ResourceLimit]) -> [Violation] {
  var violations: [Violation] = []
  var seen: UInt32 = 0
  for (index, limit) in limits.enumerated() {
    let pointer = Origin.process.appending("rlimits").appending(index)
    let number = ResourceLimitNumber.number(of: limit.type)
    if number == nil {
      violations.append(Violation(pointer.appending("type"), "unknown resource limit \(limit.type.quoted)"))
    }
    if limit.soft > limit.hard {
      violations.append(Violation(pointer.appending("soft"), "soft limit is above the hard limit"))
    }
    if let number, seen & 1 << number != 0 {
      violations.append(Violation(pointer.appending("type"), "\(limit.type.quoted) is given twice"))
    }
    if let number { seen |= 1 << number }
  }
  return violations
}
