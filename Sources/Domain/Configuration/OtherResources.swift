/// `linux.resources.blockIO`.
public struct BlockIOLimits: Equatable, Sendable {
  /// 10 to 1000; the share of a cgroup.
  public var weight: UInt16?
  /// The share of the cgroup's own processes against its children; cgroup v1 only.
  public var leafWeight: UInt16?
  /// Shares of single devices.
  public var weightDevices: [DeviceWeight] = []
  /// Bytes to read in a second.
  public var readBytes: [DeviceRate] = []
  /// Bytes to write in a second.
  public var writeBytes: [DeviceRate] = []
  /// Operations of reading in a second.
  public var readOperations: [DeviceRate] = []
  /// Operations of writing in a second.
  public var writeOperations: [DeviceRate] = []

  /// No limits.
  public init() {}

  /// A share of one device.
  public struct DeviceWeight: Equatable, Sendable {
    /// Major number.
    public var major: UInt32
    /// Minor number.
    public var minor: UInt32
    /// 10 to 1000.
    public var weight: UInt16?
    /// 10 to 1000; cgroup v1 only.
    public var leafWeight: UInt16?

    /// Makes a share.
    public init(major: UInt32, minor: UInt32, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
      self.major = major
      self.minor = minor
      self.weight = weight
      self.leafWeight = leafWeight
    }
  }

  /// A rate of one device.
  public struct DeviceRate: Equatable, Sendable {
    /// Major number.
    public var major: UInt32
    /// Minor number.
    public var minor: UInt32
    /// In a second; 0 takes the limit away.
    public var rate: UInt64

    /// Makes a rate.
    public init(major: UInt32, minor: UInt32, rate: UInt64) {
      self.major = major
      self.minor = minor
      self.rate = rate
    }
  }
}

/// One entry of `linux.resources.hugepageLimits`.
public struct HugepageLimit: Equatable, Sendable {
  /// The size of a page as the kernel writes it, such as `2MB`.
  public var pageSize: String
  /// Bytes; 0 forbids such pages.
  public var limit: UInt64

  /// Makes a limit.
  public init(pageSize: String, limit: UInt64) {
    self.pageSize = pageSize
    self.limit = limit
  }
}

/// One entry of `linux.resources.rdma`.
public struct RdmaLimit: Equatable, Sendable {
  /// The device's name.
  public var device: String
  /// How many handles; nil asks nothing.
  public var handles: UInt32?
  /// How many objects; nil asks nothing.
  public var objects: UInt32?

  /// Makes a limit.
  public init(device: String, handles: UInt32? = nil, objects: UInt32? = nil) {
    self.device = device
    self.handles = handles
    self.objects = objects
  }
}

/// `linux.resources.network`; cgroup v1 only.
public struct NetworkLimits: Equatable, Sendable {
  /// The class of the cgroup's packets.
  public var classID: UInt32?
  /// Priorities by interface.
  public var priorities: [Priority] = []

  /// Nothing.
  public init() {}

  /// The priority of packets that leave by an interface.
  public struct Priority: Equatable, Sendable {
    /// The interface's name in the runtime's network namespace.
    public var name: String
    /// The priority.
    public var priority: UInt32

    /// Makes a priority.
    public init(name: String, priority: UInt32) {
      self.name = name
      self.priority = priority
    }
  }
}
