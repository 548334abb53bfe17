/// What a `create` is about to do, on disk before its first effect.
///
/// Every later effect is derivable from it, so that whoever finds it can undo a creation that died.
public struct IntentRecord: Equatable, Sendable {
  /// The format's version.
  public static let formatVersion: Int64 = 1

  /// The container.
  public var id: ContainerID
  /// The absolute bundle directory.
  public var bundle: String
  /// The process that creates it.
  public var creator: ProcessIdentity
  /// Seconds since 1970 when the creation began.
  public var created: Timestamp
  /// The cgroups that will be made.
  public var cgroup: CgroupLocation
  /// The resctrl groups that will be made or joined.
  public var rdt: RdtLocation?

  /// Makes an intent.
  public init(
    id: ContainerID, bundle: String, creator: ProcessIdentity, created: Timestamp, cgroup: CgroupLocation,
    rdt: RdtLocation? = nil
  ) {
    self.id = id
    self.bundle = bundle
    self.creator = creator
    self.created = created
    self.cgroup = cgroup
    self.cgroup.holder = CgroupLocation.Holder(id: id, created: created)
    self.rdt = rdt
  }
}

/// A moment of wall-clock time in UTC.
public struct Timestamp: Equatable, Sendable {
  /// Seconds since 1970.
  public var seconds: Int64
  /// Nanoseconds, below 1,000,000,000.
  public var nanoseconds: UInt32

  /// Makes a moment.
  public init(seconds: Int64, nanoseconds: UInt32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}
