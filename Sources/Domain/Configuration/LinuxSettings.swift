/// `linux`: what the specification asks of a Linux container.
public struct LinuxSettings: Equatable, Sendable {
  /// `namespaces`: those that are new or joined; an absent one is the runtime's.
  public var namespaces: [Namespace] = []
  /// `uidMappings` of a new user namespace.
  public var uidMappings: [IDMapping] = []
  /// `gidMappings` of a new user namespace.
  public var gidMappings: [IDMapping] = []
  /// `timeOffsets` of a new time namespace.
  public var timeOffsets: [TimeOffset] = []
  /// `devices`: nodes beside the default ones.
  public var devices: [Device] = []
  /// `cgroupsPath`: where resources are accounted; nil or empty lets the runtime choose.
  public var cgroupsPath: String?
  /// `resources`.
  public var resources = Resources()
  /// `rootfsPropagation`.
  public var rootfsPropagation: String?
  /// `seccomp`.
  public var seccomp: SeccompProfile?
  /// `sysctl`, in document order.
  public var sysctl: [Annotation] = []
  /// `maskedPaths`.
  public var maskedPaths: [String] = []
  /// `readonlyPaths`.
  public var readonlyPaths: [String] = []
  /// `mountLabel`.
  public var mountLabel: String?
  /// `personality`.
  public var personality: Personality?
  /// `memoryPolicy`.
  public var memoryPolicy: MemoryPolicy?
  /// `netDevices`, in document order.
  public var netDevices: [NetDevice] = []
  /// `intelRdt`.
  public var intelRdt: IntelRdt?

  /// An empty Linux part.
  public init() {}
}

/// One entry of `linux.namespaces`.
public struct Namespace: Equatable, Sendable {
  /// The kind.
  public var type: NamespaceType
  /// An existing namespace to join; nil makes a new one.
  public var path: String?

  /// Makes a namespace.
  public init(_ type: NamespaceType, path: String? = nil) {
    self.type = type
    self.path = path
  }
}

/// A clock's offset in a new time namespace.
public struct TimeOffset: Equatable, Sendable {
  /// The clocks that can be shifted.
  public enum Clock: String, Sendable, CaseIterable {
    case monotonic, boottime
  }

  /// Which clock.
  public var clock: Clock
  /// Seconds, possibly negative.
  public var seconds: Int64
  /// Nanoseconds, below 1,000,000,000.
  public var nanoseconds: UInt32

  /// Makes an offset.
  public init(clock: Clock, seconds: Int64, nanoseconds: UInt32) {
    self.clock = clock
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// One entry of `linux.devices`.
public struct Device: Equatable, Sendable {
  /// The kinds of node.
  public enum Kind: String, Sendable, CaseIterable {
    case character = "c"
    case unbuffered = "u"
    case block = "b"
    case fifo = "p"
  }

  /// The kind.
  public var kind: Kind
  /// Absolute path inside the container.
  public var path: String
  /// Major number; 0 for a fifo.
  public var major: UInt32 = 0
  /// Minor number; 0 for a fifo.
  public var minor: UInt32 = 0
  /// Permission bits; nil means 0666.
  public var fileMode: UInt32?
  /// Owner; nil means 0.
  public var uid: UInt32?
  /// Group; nil means 0.
  public var gid: UInt32?

  /// Makes a device.
  public init(_ kind: Kind, path: String, major: UInt32 = 0, minor: UInt32 = 0, fileMode: UInt32? = nil) {
    self.kind = kind
    self.path = path
    self.major = major
    self.minor = minor
    self.fileMode = fileMode
  }
}
