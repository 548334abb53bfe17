/// The `MS_…` bits of the corresponding system call `mount`.
public struct MountFlags: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt64

  /// Takes kernel bits.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// `MS_RDONLY`.
  public static let readOnly = MountFlags(rawValue: 1)
  /// `MS_NOSUID`.
  public static let noSetUserID = MountFlags(rawValue: 2)
  /// `MS_NODEV`.
  public static let noDevices = MountFlags(rawValue: 4)
  /// `MS_NOEXEC`.
  public static let noExecution = MountFlags(rawValue: 8)
  /// `MS_SYNCHRONOUS`.
  public static let synchronous = MountFlags(rawValue: 16)
  /// `MS_REMOUNT`.
  public static let remount = MountFlags(rawValue: 32)
  /// `MS_MANDLOCK`.
  public static let mandatoryLocks = MountFlags(rawValue: 64)
  /// `MS_DIRSYNC`.
  public static let synchronousDirectories = MountFlags(rawValue: 128)
  /// `MS_NOSYMFOLLOW`.
  public static let noSymbolicLinks = MountFlags(rawValue: 256)
  /// `MS_NOATIME`.
  public static let noAccessTime = MountFlags(rawValue: 1024)
  /// `MS_NODIRATIME`.
  public static let noDirectoryAccessTime = MountFlags(rawValue: 2048)
  /// `MS_BIND`.
  public static let bind = MountFlags(rawValue: 4096)
  /// `MS_MOVE`.
  public static let move = MountFlags(rawValue: 8192)
  /// `MS_REC`.
  public static let recursive = MountFlags(rawValue: 16384)
  /// `MS_SILENT`.
  public static let silent = MountFlags(rawValue: 32768)
  /// `MS_UNBINDABLE`.
  public static let unbindable = MountFlags(rawValue: 1 << 17)
  /// `MS_PRIVATE`.
  public static let privatePropagation = MountFlags(rawValue: 1 << 18)
  /// `MS_SLAVE`.
  public static let slavePropagation = MountFlags(rawValue: 1 << 19)
  /// `MS_SHARED`.
  public static let sharedPropagation = MountFlags(rawValue: 1 << 20)
  /// `MS_RELATIME`.
  public static let relativeAccessTime = MountFlags(rawValue: 1 << 21)
  /// `MS_I_VERSION`.
  public static let inodeVersion = MountFlags(rawValue: 1 << 23)
  /// `MS_STRICTATIME`.
  public static let strictAccessTime = MountFlags(rawValue: 1 << 24)
  /// `MS_LAZYTIME`.
  public static let lazyTime = MountFlags(rawValue: 1 << 25)

  /// The bits that set how a mount propagates.
  public static let propagation: MountFlags = [
    .unbindable, .privatePropagation, .slavePropagation, .sharedPropagation,
  ]
  /// The bits that choose how access times are kept.
  public static let accessTimes: MountFlags = [.noAccessTime, .relativeAccessTime, .strictAccessTime]
}
