/// One entry of `mounts`.
public struct Mount: Equatable, Sendable {
  /// Where, inside the container.
  public var destination: String
  /// The file system's type; anything for a bind mount.
  public var type: String?
  /// A device, a directory or file of the host, or a name.
  public var source: String?
  /// Mount options as written.
  public var options: [String] = [] {
    didSet { sortedOptions = MountOptions(options) }
  }
  /// The options by what they do.
  public private(set) var sortedOptions = MountOptions([])
  /// `uidMappings` of an id-mapped mount.
  public var uidMappings: [IDMapping] = []
  /// `gidMappings` of an id-mapped mount.
  public var gidMappings: [IDMapping] = []

  /// Makes a mount.
  public init(destination: String, type: String? = nil, source: String? = nil, options: [String] = []) {
    self.destination = destination
    self.type = type
    self.source = source
    self.options = options
    sortedOptions = MountOptions(options)
  }

  /// The destination as an absolute path, by its text alone: without repeated slashes, `.` and `..`. A
  /// relative destination counts from the container's root.
  var place: String { destination.cleanedPath }
}

/// A range of ids of a user namespace and the range of its parent that stands behind it.
public struct IDMapping: Equatable, Sendable {
  /// First id inside.
  public var containerID: UInt32
  /// First id outside.
  public var hostID: UInt32
  /// How many.
  public var size: UInt32

  /// Makes a mapping.
  public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
    self.containerID = containerID
    self.hostID = hostID
    self.size = size
  }
}
