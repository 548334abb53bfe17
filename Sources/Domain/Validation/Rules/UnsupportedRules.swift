/// What a document asks for and does not get: an error, never passed over.
let unsupportedRequirements: [ValidationRule] = [
  ValidationRule("linux asks for what there is") { document, _ in
    guard let linux = document.linux else { return [] }
    var names: [String] = []
    if linux.seccomp?.listenerPath?.isEmpty == false { names.append("/linux/seccomp/listenerPath") }
    return names.map { Violation(JSONPointer(text: $0), "is not supported yet") }
      + notifications(linux.seccomp)
  }
]

private func notifications(_ profile: SeccompProfile?) -> [Violation] {
  guard let profile else { return [] }
  var violations: [Violation] = []
  if profile.defaultAction == .notify {
    violations.append(
      Violation(Origin.seccomp.appending("defaultAction"), "SCMP_ACT_NOTIFY is not supported yet"))
  }
  for (index, rule) in profile.syscalls.enumerated() where rule.action == .notify {
    let pointer = Origin.seccomp.appending("syscalls").appending(index).appending("action")
    violations.append(Violation(pointer, "SCMP_ACT_NOTIFY is not supported yet"))
  }
  return violations
}
