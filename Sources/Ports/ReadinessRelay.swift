public import Domain

/// Passes on what a container says of itself, by a socket of its own, to the manager of services that started the
/// runtime.
///
/// ## Implementation guidance
/// - Nothing that a container sends is trusted: only what `ServiceNotice` keeps of it goes on, and of what is
///   too long nothing.
/// - A manager that does not read is waited for once, for some seconds, and never by `serve`.
/// - The socket's directory can be reached by nobody on the host but the runtime's user.
public protocol ReadinessRelay: ForegroundCompanion {
  /// The directory that becomes the container's `ServiceNotice.directory`, for a container with this state
  /// directory.
  func place(in directory: String) -> String

  /// Makes that directory.
  func prepare(in directory: String) throws(SystemFailure)

  /// Makes the socket in it, and listens from now on; false when the directory was never made.
  func listen(in directory: String) throws(SystemFailure) -> Bool

  /// Passes on until the container's process, which becomes the service's main one, is ready or has ended. It
  /// returns once the manager has seen that it is ready, or has been waited for long enough.
  func waitUntilReady(_ process: ProcessIdentity) throws(SystemFailure)
}
