public import Domain

/// A call that a step made and that failed: small enough to be thrown without allocating.
public struct StepFault: Error, Equatable, Sendable {
  /// What the kernel answered.
  public var errno: Errno
  /// Which call.
  public var call: StepCall
  /// What else the step says.
  public var detail: UInt32

  /// Makes a fault.
  public init(_ call: StepCall, _ errno: Errno, detail: UInt32 = 0) {
    self.errno = errno
    self.call = call
    self.detail = detail
  }
}

/// The calls that a step can fail at, by a number that fits a report.
public enum StepCall: UInt16, Sendable, CaseIterable {
  case none, open, openat2, close, read, write, setns, unshare, setresuid, setresgid, setgroups, setsid
  case keyctl, socket, ioctl, mount, umount2, openTree, moveMount, fsopen, fsconfig, fsmount, mountSetattr
  case fstat, fstatfs, readlink, mkdir, mknod, symlink, unlink, fchmod, fchown, dup, sendmsg, recvmsg
  case pivotRoot, chroot, chdir, fchdir, getcwd, umask, sethostname, setdomainname, prctl, capset, seccomp
  case execve, closeRange, getdents, pipe, poll, fcntl, setxattr
  case schedSetaffinity, schedSetattr, ioprioSet, personality, setMempolicy, getxattr
  /// The plan itself cannot be read.
  case decode
  /// A check of ours, not a call: the object is not what it must be.
  case verify
  case statx, execveat, clone3
  case landlockCreateRuleset, landlockAddRule, landlockRestrictSelf
}

extension StepCall: CustomStringConvertible {
  /// The kernel's name of the call.
  public var description: String { String(StepCall.names[Int(rawValue)]) }

  /// By number.
  private static let names = """
    none open openat2 close read write setns unshare setresuid setresgid setgroups setsid \
    keyctl socket ioctl mount umount2 open_tree move_mount fsopen fsconfig fsmount mount_setattr \
    fstat fstatfs readlink mkdir mknod symlink unlink fchmod fchown dup sendmsg recvmsg \
    pivot_root chroot chdir fchdir getcwd umask sethostname setdomainname prctl capset seccomp \
    execve close_range getdents pipe poll fcntl setxattr \
    sched_setaffinity sched_setattr ioprio_set personality set_mempolicy getxattr \
    decode verify statx execveat clone3 landlock_create_ruleset landlock_add_rule landlock_restrict_self
    """.fields(at: " ")
}
