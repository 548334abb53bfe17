/// What is wrong with a process's profile and label.
func labelViolations(_ process: ProcessSettings, _ facts: Facts) -> [Violation] {
  var violations: [Violation] = []
  if process.apparmorProfile != nil, !facts.securityModules.contains(.apparmor) {
    violations.append(
      Violation(Origin.apparmorProfile, "apparmor: config provided but apparmor not supported"))
  }
  if process.selinuxLabel != nil, !facts.securityModules.contains(.selinux) {
    violations.append(Violation(Origin.selinuxLabel, seLinuxIsOff))
  }
  return violations
}

private let seLinuxIsOff = "selinux label is specified in config, but selinux is disabled or not supported"

/// Labels of files.
let labelRequirements: [ValidationRule] = [
  ValidationRule("a mount label can be an option") { document, facts in
    guard let label = document.linux?.mountLabel else { return [] }
    if !facts.securityModules.contains(.selinux) { return [Violation(Origin.mountLabel, seLinuxIsOff)] }
    // It stands between quotation marks, since a label can have a comma.
    guard label.utf8.contains(UInt8(ascii: "\"")) else { return [] }
    return [Violation(Origin.mountLabel, "must not hold a quotation mark")]
  }
]
