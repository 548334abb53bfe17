import CLinux
import Domain
import Linux

/// Asks the kernel which calls it has, by calls that can do nothing.
enum KernelProbe {
  /// Those that are refused, and how.
  static func refusals() -> [KernelCall: Errno] {
    var refusals: [KernelCall: Errno] = [:]
    for call in KernelCall.allCases {
      let answer = -ask(call)
      let isRefused = answer == Int(ENOSYS) || answer == Int(EPERM) || (call == .close_range && answer > 0)
      if isRefused { refusals[call] = Errno(rawValue: Int32(truncatingIfNeeded: answer)) }
    }
    return refusals
  }

  /// A descriptor that is none, and flags that no version of a call knows.
  private static let none = -1
  private static let unknown = Int(Int32.max)

  private static func ask(_ call: KernelCall) -> Int {
    let last = Int(UInt32.max)
    return switch call {
    case .openat2: clinux_call(Int(SYS_openat2), none, 0, 0, 0, 0, 0)
    case .clone3: clinux_call(Int(SYS_clone3), 0, 0, 0, 0, 0, 0)
    // What it marks is a number that no descriptor has.
    case .close_range: clinux_call(Int(SYS_close_range), last, last, Int(CLOSE_RANGE_CLOEXEC), 0, 0, 0)
    case .pidfd_open: clinux_call(Int(SYS_pidfd_open), none, 0, 0, 0, 0, 0)
    case .pidfd_send_signal: clinux_call(Int(SYS_pidfd_send_signal), none, 0, 0, 0, 0, 0)
    case .pidfd_getfd: clinux_call(Int(SYS_pidfd_getfd), none, 0, 0, 0, 0, 0)
    case .open_tree: clinux_call(Int(SYS_open_tree), none, 0, unknown, 0, 0, 0)
    case .move_mount: clinux_call(Int(SYS_move_mount), none, 0, none, 0, unknown, 0)
    case .fsopen: clinux_call(Int(SYS_fsopen), 0, unknown, 0, 0, 0, 0)
    case .mount_setattr: clinux_call(Int(SYS_mount_setattr), none, 0, unknown, 0, 0, 0)
    case .statx: clinux_call(Int(SYS_statx), none, 0, unknown, 0, 0, 0)
    case .memfd_create: clinux_call(Int(SYS_memfd_create), 0, unknown, 0, 0, 0, 0)
    case .execveat: clinux_call(Int(SYS_execveat), none, 0, 0, 0, unknown, 0)
    case .bpf: clinux_call(Int(SYS_bpf), unknown, 0, 0, 0, 0, 0)
    }
  }

  /// The actions of filters that the kernel knows; nil without filters. The corresponding call is
  /// `SECCOMP_GET_ACTION_AVAIL`.
  static func filterActions() -> [SeccompAction]? {
    var known: [SeccompAction] = []
    for (action, number) in actions {
      var number = number
      let answer = clinux_call(Int(SYS_seccomp), 2, 0, word(&number), 0, 0, 0)
      if answer == -Int(ENOSYS) || answer == -Int(EINVAL) { return nil }
      if answer == 0 { known.append(action) }
    }
    return known
  }

  /// The corresponding call is `SECCOMP_GET_NOTIF_SIZES`.
  static func hasFilterAgents() -> Bool {
    var sizes: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)
    return clinux_call(Int(SYS_seccomp), 3, 0, word(&sizes), 0, 0, 0) == 0
  }

  /// `SECCOMP_RET_…`.
  private static let actions: [(SeccompAction, UInt32)] = [
    (.kill, 0), (.killThread, 0), (.killProcess, 0x8000_0000), (.trap, 0x0003_0000), (.errno, 0x0005_0000),
    (.notify, 0x7FC0_0000), (.trace, 0x7FF0_0000), (.log, 0x7FFC_0000), (.allow, 0x7FFF_0000),
  ]
}
