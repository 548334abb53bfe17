/// The OCI runtime configuration of one container (`config.json`, runtime-spec 1.3).
///
/// Property names are the specification's. Absent objects are nil, absent lists are empty, absent
/// scalars are nil unless the specification gives a default.
public struct Document: Equatable, Sendable {
  /// `ociVersion`: the version of the specification that the bundle follows.
  public var ociVersion = ""
  /// `root`: the container's root file system.
  public var root: Root?
  /// `process`: the program to run.
  public var process: ProcessSettings?
  /// `hostname`: the host name in a UTS namespace of its own.
  public var hostname: String?
  /// `domainname`: the NIS domain name in a UTS namespace of its own.
  public var domainname: String?
  /// `mounts`: file systems to mount, in order.
  public var mounts: [Mount] = []
  /// `hooks`: programs to run at points of the life cycle.
  public var hooks = Hooks()
  /// `annotations`: free metadata, in document order.
  public var annotations: [Annotation] = []
  /// The annotation `io.martlet.landlock`, once its text has been parsed: that takes a reader of JSON.
  public var landlock: LandlockSettings?
  /// `linux`: the Linux part.
  public var linux: LinuxSettings?

  /// An empty document.
  public init() {}
}

/// `root`: the container's root file system.
public struct Root: Equatable, Sendable {
  /// `path`: absolute, or relative to the bundle.
  public var path: String
  /// `readonly`: the root is remounted read-only at the end.
  public var readonly: Bool

  /// Makes a root.
  public init(path: String, readonly: Bool = false) {
    self.path = path
    self.readonly = readonly
  }
}

/// One entry of `annotations`.
public struct Annotation: Equatable, Sendable {
  /// The key.
  public var name: String
  /// The text.
  public var value: String

  /// Makes an annotation.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}
