public import Domain

/// Moves network devices between namespaces.
///
/// ## Implementation guidance
/// - All devices move, or none: when one cannot, those before it are back where they were, with their names
///   and addresses.
/// - A device keeps its permanent addresses of universal scope, and is up in the end.
/// - Nothing else of the caller changes, its own network namespace least of all.
public protocol NetworkDevices: AnyObject {
  /// Moves devices of the caller's network namespace to that of a process.
  func move(_ devices: [NetDevice], to process: ProcessIdentity) throws(NetworkDeviceError)
}

/// Why a network device could not be moved.
public enum NetworkDeviceError: Error, Equatable, Sendable {
  /// There is no device of that name.
  case missing(String)
  /// A call or request failed.
  case system(device: String, SystemFailure)
}
