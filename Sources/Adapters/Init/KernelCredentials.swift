import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel: CredentialKernel {
  func limitBoundingSet(_ set: CapabilitySet) throws(StepFault) {
    for number in 0..<64 {
      guard set.rawValue & 1 << UInt64(number) == 0 else { continue }
      let result = clinux_call(Int(SYS_prctl), Int(PR_CAPBSET_DROP), number, 0, 0, 0, 0)
      // The first number that the kernel does not know ends its list.
      if result == -Int(EINVAL) { return }
      guard result >= 0 else { throw StepFault(.prctl, Errno(rawValue: Int32(truncatingIfNeeded: -result))) }
    }
  }

  func keepCapabilities(_ keep: Bool) throws(StepFault) {
    try attempt(.prctl, SYS_prctl, Int(PR_SET_KEEPCAPS), keep ? 1 : 0)
  }

  func ownStandardStreams(_ uid: UInt32) throws(StepFault) {
    for number in 0..<3 as Range<Int32> {
      guard let status = try? Files.status(number) else { continue }
      let isNull =
        status.st_mode & 0o170000 == 0o020000 && UInt64(status.st_rdev) == LinuxKernel.device(1, 3)
      if isNull { takeOwnNull(number, status) }
      guard status.st_uid != uid, !isNull else { continue }
      let result = clinux_call(Int(SYS_fchown), Int(number), Int(uid), -1, 0, 0, 0)
      // Not everything has an owner that can be changed: a read-only file system, an id that is not mapped.
      guard result >= 0 || [-Int(EPERM), -Int(EROFS), -Int(EINVAL)].contains(result) else {
        throw StepFault(.fchown, Errno(rawValue: Int32(truncatingIfNeeded: -result)))
      }
    }
  }

  /// Puts the container's null device in the place of the host's, whose mode and owner its root could change
  /// for all. A container without one keeps what it was given.
  private func takeOwnNull(_ number: Int32, _ status: stat) {
    guard let own = try? openNull(), let mine = try? Files.status(own),
      mine.st_dev != status.st_dev || mine.st_ino != status.st_ino
    else { return }
    let flags = clinux_call(Int(SYS_fcntl), Int(number), Int(F_GETFL), 0, 0, 0, 0)
    let mode = Int32(truncatingIfNeeded: flags) & O_ACCMODE
    guard flags >= 0, let opened = try? Files.open(name(of: own), at: procfs, mode | O_NOCTTY) else { return }
    _ = clinux_call(Int(SYS_dup3), Int(opened.number), Int(number), 0, 0, 0, 0)
  }

  func setGroups(_ groups: PlanBytes) throws(StepFault) {
    let result = clinux_call(Int(SYS_setgroups), groups.count / 4, word(groups.baseAddress), 0, 0, 0, 0)
    guard result < 0 else { return }
    // A user namespace made without privileges denies any change: there is then nothing to clear.
    guard result == -Int(EPERM), groups.isEmpty, groupsAreDenied() else {
      throw StepFault(.setgroups, Errno(rawValue: Int32(truncatingIfNeeded: -result)))
    }
  }

  private func groupsAreDenied() -> Bool {
    guard let file = try? openBelowProcfs("self/setgroups", O_RDONLY) else { return false }
    let count = clinux_call(Int(SYS_read), Int(file.number), word(buffer), 16, 0, 0, 0)
    return count > 0 && buffer[0] == CChar(UInt8(ascii: "d"))
  }

  func setGroupID(_ gid: UInt32) throws(StepFault) {
    try attempt(.setresgid, SYS_setresgid, Int(gid), Int(gid), Int(gid))
  }

  func setUserID(_ uid: UInt32) throws(StepFault) {
    try attempt(.setresuid, SYS_setresuid, Int(uid), Int(uid), Int(uid))
    try protectAgain()
  }

  func setCapabilities(
    effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet
  ) throws(StepFault) {
    // `_LINUX_CAPABILITY_VERSION_3`, and this process.
    var header: (UInt32, Int32) = (0x2008_0522, 0)
    let (low, high) = (UInt64(UInt32.max), UInt64(32))
    var data: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (
      UInt32(effective.rawValue & low), UInt32(permitted.rawValue & low), UInt32(inheritable.rawValue & low),
      UInt32(effective.rawValue >> high), UInt32(permitted.rawValue >> high),
      UInt32(inheritable.rawValue >> high)
    )
    try attempt(.capset, SYS_capset, word(&header), word(&data))
    try protectAgain()
  }

  func setAmbientCapabilities(_ set: CapabilitySet) throws(StepFault) {
    try attempt(.prctl, SYS_prctl, Int(PR_CAP_AMBIENT), Int(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    for number in 0..<64 where set.rawValue & 1 << UInt64(number) != 0 {
      let result = clinux_call(
        Int(SYS_prctl), Int(PR_CAP_AMBIENT), Int(PR_CAP_AMBIENT_RAISE), number, 0, 0, 0)
      // What is not both permitted and inheritable cannot be raised: the process has less, never more.
      guard result >= 0 || result == -Int(EPERM) else {
        throw StepFault(.prctl, Errno(rawValue: Int32(truncatingIfNeeded: -result)))
      }
    }
  }
}
