import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel: InheritanceKernel {
  func setCPUAffinity(_ mask: PlanBytes) throws(StepFault) {
    try attempt(.schedSetaffinity, SYS_sched_setaffinity, 0, mask.count, word(mask.baseAddress))
    hasOwnCPUs = true
  }

  func setScheduler(_ attributes: SchedulerAttributes) throws(StepFault) {
    // A deadline is granted only to a process that may run everywhere.
    if attributes.policy == SchedulerAttributes.deadlinePolicy, !hasOwnCPUs {
      memset(buffer, 0xFF, 1024)
      try attempt(.schedSetaffinity, SYS_sched_setaffinity, 0, 1024, word(buffer))
    }
    // `struct sched_attr`, in its second version, whose clamps stay 0.
    var value: (UInt32, UInt32, UInt64, Int32, UInt32, UInt64, UInt64, UInt64, UInt32, UInt32) = (
      56, attributes.policy, attributes.flags, attributes.nice, attributes.priority, attributes.runtime,
      attributes.deadline, attributes.period, 0, 0
    )
    try attempt(.schedSetattr, SYS_sched_setattr, 0, word(&value), 0)
  }

  func setIOPriority(_ priority: UInt32) throws(StepFault) {
    try attempt(.ioprioSet, SYS_ioprio_set, LinuxKernel.whoProcess, 0, Int(priority))
  }

  func setPersonality(_ personality: UInt32) throws(StepFault) {
    try attempt(.personality, SYS_personality, Int(personality))
  }

  func setMemoryPolicy(mode: UInt32, nodes mask: PlanBytes) throws(StepFault) {
    // The kernel takes one bit less than it is told.
    let bits = mask.isEmpty ? 0 : mask.count * 8 + 1
    try attempt(
      .setMempolicy, SYS_set_mempolicy, Int(mode), mask.isEmpty ? 0 : word(mask.baseAddress), bits)
  }

  func setSecurityLabel(_ module: SecurityModule, _ label: PlanText) throws(StepFault) {
    switch module {
    case .selinux:
      let file = try naming(.open) { () throws(Errno) in
        try openBelowProcfs("thread-self/attr/exec", O_WRONLY)
      }
      try writeAtOnce(file.number, label.pointer, label.count)
    case .apparmor: try setProfile(label)
    }
  }

  /// `exec`, a space and the profile's name, to AppArmor's own file or to the one that it shares.
  private func setProfile(_ profile: PlanText) throws(StepFault) {
    let prefix: StaticString = "exec "
    guard profile.count < LinuxKernel.bufferSize - 8 else { throw StepFault(.write, .nameTooLong) }
    memcpy(buffer, prefix.utf8Start, prefix.utf8CodeUnitCount)
    memcpy(buffer + prefix.utf8CodeUnitCount, profile.pointer, profile.count)
    let count = prefix.utf8CodeUnitCount + profile.count
    var isShared = false
    let file = try openProfileFile(&isShared)
    do throws(StepFault) {
      try writeAtOnce(file.number, buffer, count)
    } catch {
      throw StepFault(error.call, error.errno, detail: isShared ? 1 : 0)
    }
  }

  private func openProfileFile(_ isShared: inout Bool) throws(StepFault) -> Descriptor {
    do throws(Errno) {
      return try openBelowProcfs("thread-self/attr/apparmor/exec", O_WRONLY)
    } catch {
      guard error == .noSuchFileOrDirectory else { throw StepFault(.open, error) }
    }
    isShared = true
    do throws(Errno) {
      return try openBelowProcfs("thread-self/attr/exec", O_WRONLY)
    } catch {
      throw StepFault(.open, error, detail: 1)
    }
  }

  /// The label of keys that this process makes from now on.
  func setKeyLabel(_ label: UnsafePointer<CChar>, _ count: Int) throws(StepFault) {
    let file = try naming(.open) { () throws(Errno) in
      try openBelowProcfs("thread-self/attr/keycreate", O_WRONLY)
    }
    try writeAtOnce(file.number, label, count)
  }

  /// Every write to an attribute is a whole value.
  private func writeAtOnce(
    _ file: Int32, _ text: UnsafePointer<CChar>, _ count: Int
  ) throws(StepFault) {
    try attempt(.write, SYS_write, Int(file), word(text), count)
  }

  /// `IOPRIO_WHO_PROCESS`.
  private static let whoProcess = 1
}

extension LinuxKernel {
  func setFileLabel(_ path: PlanText, _ label: PlanText) throws(StepFault) {
    let target = try naming(.openat2) { () throws(Errno) in try root.open(path.pointer) }
    let attribute: StaticString = "security.selinux"
    try attempt(
      .setxattr, SYS_setxattr, word(name(of: target.number)), word(attribute.utf8Start), word(label.pointer),
      label.count, 0)
  }
}
