/// What is wrong with the annotations that restrict a container further than the specification can.
let restrictionRequirements: [ValidationRule] = [
  ValidationRule("Landlock denies what the kernel can deny") { document, facts in
    guard let settings = document.landlock else { return [] }
    return settings.violations(version: facts.landlockVersion)
      + (document.process.map { landlockViolations($0) } ?? [])
  },
  ValidationRule("cores are shared as the kernel can see to") { document, facts in
    guard let text = document.text(of: .coreScheduling) else { return [] }
    let pointer = KnownAnnotation.coreScheduling.pointer
    guard CoreScheduling(bytewise: text) != nil else {
      let words = CoreScheduling.allCases.map(\.rawValue.quoted).joined(separator: " or ")
      return [Violation(pointer, "\(text.quoted) is not \(words)")]
    }
    return facts.hasCoreScheduling ? [] : [Violation(pointer, "the kernel has no core scheduling")]
  },
]

/// What is wrong with the process of a container that Landlock restricts, be it that of `exec`.
public func landlockViolations(_ process: ProcessSettings) -> [Violation] {
  let isPrivileged = process.capabilities?.effective.contains("CAP_SYS_ADMIN") == true
  guard !process.noNewPrivileges, !isPrivileged else { return [] }
  return [
    Violation(
      KnownAnnotation.landlock.pointer,
      "Landlock needs noNewPrivileges, or CAP_SYS_ADMIN among the effective capabilities")
  ]
}

extension LandlockSettings {
  /// What is wrong on a kernel with a version of the interface; 0 is none.
  fileprivate func violations(version: Int) -> [Violation] {
    let place = KnownAnnotation.landlock.pointer
    var violations = unknownMembers.map { Violation(place.appending($0), "unknown property") }
    if handledFiles.isEmpty, handledPorts.isEmpty, scopes.isEmpty {
      violations.append(Violation(place, "denies nothing"))
    }
    if version == 0, !isBestEffort {
      violations.append(Violation(place, "the kernel has no Landlock, or it is not in use"))
    }
    let files = place.appending("handledAccessFS")
    let ports = place.appending("handledAccessNet")
    violations += unknown(handledFiles, LandlockRight.files, files, version)
    violations += unknown(handledPorts, LandlockRight.ports, ports, version)
    violations += unknown(scopes, LandlockRight.scopes, place.appending("scoped"), version)
    return violations + ruleViolations(place)
  }

  private func unknown(
    _ names: [String], _ table: [LandlockRight], _ place: JSONPointer, _ version: Int
  ) -> [Violation] {
    names.enumerated().compactMap { index, name in
      guard let right = table.first(where: { $0.name.isBytewise(name) }) else {
        return Violation(place.appending(index), "unknown Landlock access \(name.quoted)")
      }
      guard right.version > version, version > 0, !isBestEffort else { return nil }
      return Violation(
        place.appending(index),
        "\(name.quoted) needs version \(right.version) of Landlock, the kernel has \(version)")
    }
  }

  /// The kernel refuses to allow what is not denied.
  private func ruleViolations(_ place: JSONPointer) -> [Violation] {
    var violations: [Violation] = []
    func check(_ access: [String], _ handled: Set<ByteKey>, _ rule: JSONPointer) {
      if access.isEmpty { violations.append(Violation(rule.appending("allowedAccess"), "must not be empty")) }
      for (index, name) in access.enumerated() where !handled.contains(ByteKey(name)) {
        violations.append(
          Violation(rule.appending("allowedAccess").appending(index), "\(name.quoted) is not handled"))
      }
    }
    let (files, numbers) = (Set(handledFiles.map(ByteKey.init)), Set(handledPorts.map(ByteKey.init)))
    for (index, rule) in paths.enumerated() {
      let pointer = place.appending("pathBeneath").appending(index)
      check(rule.access, files, pointer)
      for (number, path) in rule.paths.enumerated() where !path.isAbsolutePath {
        violations.append(Violation(pointer.appending("paths").appending(number), "must be an absolute path"))
      }
    }
    for (index, rule) in ports.enumerated() {
      check(rule.access, numbers, place.appending("netPort").appending(index))
    }
    return violations
  }
}
