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
  public static let notPermitted = Errno(rawValue: 1)
  public static let noSuchFileOrDirectory = Errno(rawValue: 2)
  public static let noSuchProcess = Errno(rawValue: 3)
  public static let interrupted = Errno(rawValue: 4)
  public static let ioError = Errno(rawValue: 5)
  public static let argumentListTooLong = Errno(rawValue: 7)
  public static let execFormat = Errno(rawValue: 8)
  public static let badDescriptor = Errno(rawValue: 9)
  public static let noChildProcess = Errno(rawValue: 10)
  public static let again = Errno(rawValue: 11)
  public static let noMemory = Errno(rawValue: 12)
  public static let permissionDenied = Errno(rawValue: 13)
  public static let busy = Errno(rawValue: 16)
  public static let fileExists = Errno(rawValue: 17)
  public static let crossDevice = Errno(rawValue: 18)
  public static let noSuchDevice = Errno(rawValue: 19)
  public static let notDirectory = Errno(rawValue: 20)
  public static let isDirectory = Errno(rawValue: 21)
  public static let invalidArgument = Errno(rawValue: 22)
  public static let noSpace = Errno(rawValue: 28)
  public static let readOnlyFileSystem = Errno(rawValue: 30)
  public static let brokenPipe = Errno(rawValue: 32)
  public static let outOfRange = Errno(rawValue: 34)
  public static let nameTooLong = Errno(rawValue: 36)
  public static let noSystemCall = Errno(rawValue: 38)
  public static let notEmpty = Errno(rawValue: 39)
  public static let tooManySymbolicLinks = Errno(rawValue: 40)
  public static let noData = Errno(rawValue: 61)
  public static let overflow = Errno(rawValue: 75)
  public static let notSupported = Errno(rawValue: 95)
  public static let timedOut = Errno(rawValue: 110)
}
