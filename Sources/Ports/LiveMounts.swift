public import Domain

/// Adds mounts to the mount namespace of a running container, and takes them away.
///
/// ## Implementation guidance
/// - A destination is the container's: it is resolved inside its root, which may be hostile, and no link leads out.
///   A mount never covers the root itself, or anything of procfs, sysfs or a hierarchy of cgroups.
/// - Each visit to a container has a deadline; what passes it is killed.
public protocol LiveMounts: AnyObject {
  /// Makes a mount that is attached nowhere.
  func make(_ mount: DetachedMount) throws(SystemFailure) -> UnattachedMount

  /// Attaches one at a path inside a container, which is made where it is missing.
  func attach(
    _ mount: UnattachedMount, at destination: String, in container: ProcessIdentity
  ) throws(LiveMountError)

  /// Takes away the mount of that number if it is what stands at a path; `notThere` otherwise.
  func detach(
    _ identity: UInt64, at destination: String, in container: ProcessIdentity
  ) throws(LiveMountError)

  /// Fails with `notThere` unless the mount of that number is what stands at a path.
  func check(
    _ identity: UInt64, at destination: String, in container: ProcessIdentity
  ) throws(LiveMountError)
}

/// A mount that is attached nowhere.
public struct UnattachedMount: Equatable, Sendable {
  /// It goes with its last descriptor. This one is whoever's who asked for the mount.
  public var descriptor: Int32
  /// The kernel's number of it, which it keeps.
  public var identity: UInt64
  /// What it shows is a directory.
  public var isDirectory: Bool

  /// Describes one.
  public init(descriptor: Int32, identity: UInt64, isDirectory: Bool) {
    self.descriptor = descriptor
    self.identity = identity
    self.isDirectory = isDirectory
  }
}

/// Why a mount could not be added or taken away.
public enum LiveMountError: Error, Equatable, Sendable {
  /// What stands at the path is not that mount.
  case notThere(String)
  /// Nothing may be mounted at the path.
  case forbidden(String)
  /// The visit took longer than so many milliseconds.
  case late(String, milliseconds: Int64)
  /// A system call failed there.
  case system(SystemFailure)
  /// What came of the visit is not known: a system call failed on the way.
  case unknown(SystemFailure)

  /// Whether nothing was changed for sure.
  public var isDefinite: Bool {
    switch self {
    case .notThere, .forbidden, .system: true
    case .late, .unknown: false
    }
  }
}
