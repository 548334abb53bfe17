import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel: RestrictionKernel {
  /// The corresponding call is `PR_SCHED_CORE`.
  func shareCores(process: UInt32) throws(StepFault) {
    let command = process == 0 ? CoreCall.create : CoreCall.shareFrom
    try attempt(.prctl, SYS_prctl, CoreCall.number, command, Int(process), CoreCall.thread, 0)
  }

  /// The corresponding system call is `landlock_create_ruleset`; a kernel takes a longer structure than it knows,
  /// as long as the rest is 0.
  func makeLandlockRuleset(files: UInt64, ports: UInt64, scopes: UInt64) throws(StepFault) {
    var attributes = (files, ports, scopes)
    let size = MemoryLayout.size(ofValue: attributes)
    ruleset = try naming(.landlockCreateRuleset) { () throws(Errno) in
      Int32(try call(Int32(LandlockCall.createRuleset), word(&attributes), size, 0))
    }
  }

  func allowBeneath(_ path: PlanText, access: UInt64) throws(StepFault) {
    let place = try naming(.openat2) { () throws(Errno) in try root.open(path.pointer) }
    let status = try naming(.fstat) { () throws(Errno) in try Files.status(place.number) }
    // Of what is no directory only some things can be said.
    let isDirectory = status.st_mode & 0o170000 == 0o040000
    // `struct landlock_path_beneath_attr`, which is packed.
    var attributes = (isDirectory ? access : access & LandlockCall.fileAccess, place.number)
    try attempt(
      .landlockAddRule, LandlockCall.addRule, Int(ruleset), LandlockCall.pathBeneath, word(&attributes), 0)
  }

  func allowPort(_ port: UInt16, access: UInt64) throws(StepFault) {
    var attributes = (access, UInt64(port))
    try attempt(
      .landlockAddRule, LandlockCall.addRule, Int(ruleset), LandlockCall.netPort, word(&attributes), 0)
  }

  /// The corresponding system call is `landlock_restrict_self`.
  func enforceLandlock() throws(StepFault) {
    try attempt(.landlockRestrictSelf, LandlockCall.restrictSelf, Int(ruleset), 0)
    _ = Descriptor(owning: ruleset)
    ruleset = -1
  }
}

/// Numbers that older headers lack.
private enum LandlockCall {
  static let createRuleset = 444
  static let addRule = 445
  static let restrictSelf = 446
  /// `LANDLOCK_RULE_PATH_BENEATH`.
  static let pathBeneath = 1
  /// `LANDLOCK_RULE_NET_PORT`.
  static let netPort = 2
  /// Execute, write, read, truncate, and use as a device.
  static let fileAccess: UInt64 = 0b111 | 1 << 14 | 1 << 15
}

private enum CoreCall {
  /// `PR_SCHED_CORE`.
  static let number = 62
  /// `PR_SCHED_CORE_CREATE`.
  static let create = 1
  /// `PR_SCHED_CORE_SHARE_FROM`.
  static let shareFrom = 3
  /// `PR_SCHED_CORE_SCOPE_THREAD`: the process has no other, and what it starts takes after it.
  static let thread = 0
}
