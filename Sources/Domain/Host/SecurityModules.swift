/// A security module of the kernel whose profile or label a process can be given.
public enum SecurityModule: UInt8, Sendable, CaseIterable {
  case apparmor = 1
  case selinux = 2
}

/// A set of security modules.
public struct SecurityModules: OptionSet, Hashable, Sendable {
  /// One bit for each.
  public let rawValue: UInt8

  /// Takes bits.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// AppArmor.
  public static let apparmor = SecurityModules(rawValue: 1)
  /// SELinux.
  public static let selinux = SecurityModules(rawValue: 2)
}
