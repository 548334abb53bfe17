/// A Linux error number. The corresponding C variable is `errno`.
public struct Errno: RawRepresentable, Error, Hashable, Sendable {
  /// The number.
  public let rawValue: Int32

  /// Takes a number.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }
}

extension Errno: CustomStringConvertible {
  /// The message in the lower case that engines match on, such as `no such file or directory`.
  public var description: String {
    Errno.messages[rawValue] ?? "errno \(rawValue)"
  }
}

extension Errno {
  /// `EPERM`.
  public static let notPermitted = Errno(rawValue: 1)
  /// `ENOENT`.
  public static let noSuchFileOrDirectory = Errno(rawValue: 2)
  /// `ESRCH`.
  public static let noSuchProcess = Errno(rawValue: 3)
  /// `EINTR`.
  public static let interrupted = Errno(rawValue: 4)
  /// `EIO`.
  public static let ioError = Errno(rawValue: 5)
  /// `E2BIG`.
  public static let argumentListTooLong = Errno(rawValue: 7)
  /// `ENOEXEC`.
  public static let execFormat = Errno(rawValue: 8)
  /// `EBADF`.
  public static let badDescriptor = Errno(rawValue: 9)
  /// `ECHILD`.
  public static let noChildProcess = Errno(rawValue: 10)
  /// `EAGAIN`.
  public static let again = Errno(rawValue: 11)
  /// `ENOMEM`.
  public static let noMemory = Errno(rawValue: 12)
  /// `EACCES`.
  public static let permissionDenied = Errno(rawValue: 13)
  /// `EBUSY`.
  public static let busy = Errno(rawValue: 16)
  /// `EEXIST`.
  public static let fileExists = Errno(rawValue: 17)
  /// `EXDEV`.
  public static let crossDevice = Errno(rawValue: 18)
  /// `ENODEV`.
  public static let noSuchDevice = Errno(rawValue: 19)
  /// `ENOTDIR`.
  public static let notDirectory = Errno(rawValue: 20)
  /// `EISDIR`.
  public static let isDirectory = Errno(rawValue: 21)
  /// `EINVAL`.
  public static let invalidArgument = Errno(rawValue: 22)
  /// `ENOSPC`.
  public static let noSpace = Errno(rawValue: 28)
  /// `EROFS`.
  public static let readOnlyFileSystem = Errno(rawValue: 30)
  /// `EPIPE`.
  public static let brokenPipe = Errno(rawValue: 32)
  /// `ERANGE`.
  public static let outOfRange = Errno(rawValue: 34)
  /// `ENAMETOOLONG`.
  public static let nameTooLong = Errno(rawValue: 36)
  /// `ENOSYS`.
  public static let noSystemCall = Errno(rawValue: 38)
  /// `ENOTEMPTY`.
  public static let notEmpty = Errno(rawValue: 39)
  /// `ELOOP`.
  public static let tooManySymbolicLinks = Errno(rawValue: 40)
  /// `ENODATA`.
  public static let noData = Errno(rawValue: 61)
  /// `EOVERFLOW`.
  public static let overflow = Errno(rawValue: 75)
  /// `EOPNOTSUPP`.
  public static let notSupported = Errno(rawValue: 95)
  /// `ETIMEDOUT`.
  public static let timedOut = Errno(rawValue: 110)
}
