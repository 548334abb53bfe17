/// The resource limits by name, with the kernel's numbers. The corresponding call is `prlimit`.
public enum ResourceLimitNumber {
  /// The number behind a name such as `RLIMIT_NOFILE`; nil when there is none.
  public static func number(of name: String) -> UInt32? {
    table.first { $0.name.isBytewise(name) }?.number
  }

  /// The names, in the kernel's order.
  public static let table: [(name: String, number: UInt32)] = [
    ("RLIMIT_CPU", 0), ("RLIMIT_FSIZE", 1), ("RLIMIT_DATA", 2), ("RLIMIT_STACK", 3), ("RLIMIT_CORE", 4),
    ("RLIMIT_RSS", 5), ("RLIMIT_NPROC", 6), ("RLIMIT_NOFILE", 7), ("RLIMIT_MEMLOCK", 8), ("RLIMIT_AS", 9),
    ("RLIMIT_LOCKS", 10), ("RLIMIT_SIGPENDING", 11), ("RLIMIT_MSGQUEUE", 12), ("RLIMIT_NICE", 13),
    ("RLIMIT_RTPRIO", 14), ("RLIMIT_RTTIME", 15),
  ]
}
