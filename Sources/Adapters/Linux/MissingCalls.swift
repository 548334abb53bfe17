public import Domain

extension Errno {
  /// The kernel lacks the call (`ENOSYS`), or a filter that is older than the call answers for it (`EPERM`).
  /// Whoever tries something else instead learns then whether a permission was meant.
  public var meansMissing: Bool { self == .noSystemCall || self == .notPermitted }
}
