/// Which failures of a step may be passed over: the one table, each entry with its reason.
///
/// A failure that is not named here ends the creation: martlet fails closed.
public enum Tolerance: UInt8, Sendable, CaseIterable {
  /// Nothing is passed over.
  case none = 0
  /// A kernel without keyrings (`ENOSYS`) has nothing to separate.
  case kernelWithoutKeyrings = 1
  /// The specification's `maskedPaths` and `readonlyPaths` name what shall not be seen or written; what
  /// is not there cannot be.
  case missingPath = 2
  /// The working directory is made for the user's convenience; whether it can be entered is checked by
  /// the step that enters it.
  case bestEffort = 3
  /// No core has two threads (`ENODEV`), so nobody can run beside anyone.
  case coresWithoutSiblings = 4

  /// Whether an errno is passed over.
  public func covers(_ errno: Errno) -> Bool {
    switch self {
    case .none: false
    case .kernelWithoutKeyrings: errno == .noSystemCall
    case .missingPath: errno == .noSuchFileOrDirectory || errno == .notDirectory
    case .bestEffort: true
    case .coresWithoutSiblings: errno == .noSuchDevice
    }
  }
}

extension Step {
  /// What may be passed over when this step fails.
  public var tolerance: Tolerance {
    switch self {
    case .joinSessionKeyring: .kernelWithoutKeyrings
    case .mask, .protectReadOnly: .missingPath
    // What is not there cannot be used, whoever allows it.
    case .allowBeneath(_, _, mayBeMissing: true): .missingPath
    case .shareCores: .coresWithoutSiblings
    case .makeDirectory: .bestEffort
    default: .none
    }
  }
}
