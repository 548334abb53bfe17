public import Domain

/// Finds the way into the namespaces of a container.
///
/// ## Implementation guidance
/// - A process counts only if its start time is the recorded one, checked after it was opened.
/// - The descriptors are close-on-exec and verified to be of the kind asked for.
public protocol NamespaceJoiner: AnyObject {
  /// Opens a process whose namespaces are to be entered: its pidfd, which the caller owns.
  func open(_ process: ProcessIdentity) throws(NamespaceError) -> Int32

  /// Opens a namespace by path: a descriptor, which the caller owns.
  func open(_ type: NamespaceType, path: String) throws(NamespaceError) -> Int32
}

/// Why a namespace cannot be entered.
public enum NamespaceError: Error, Equatable, Sendable {
  /// The process is gone, or is another one with the same number.
  case processGone(ProcessIdentity)
  /// The path is no namespace of that kind.
  case wrongType(expected: NamespaceType, path: String)
  /// A system call failed.
  case system(SystemFailure)
}
