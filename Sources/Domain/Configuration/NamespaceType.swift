/// A kind of Linux namespace, by the specification's name.
public enum NamespaceType: String, Sendable, CaseIterable {
  case cgroup, ipc, mount, network, pid, time, user, uts

  /// The `CLONE_NEW…` bit of the corresponding system calls `clone3`, `unshare` and `setns`.
  public var flag: UInt64 {
    switch self {
    case .cgroup: 0x0200_0000
    case .ipc: 0x0800_0000
    case .mount: 0x0002_0000
    case .network: 0x4000_0000
    case .pid: 0x2000_0000
    case .time: 0x0000_0080
    case .user: 0x1000_0000
    case .uts: 0x0400_0000
    }
  }

  /// The file below `/proc/PID/ns`.
  public var procName: String {
    switch self {
    case .mount: "mnt"
    case .network: "net"
    default: rawValue
    }
  }

  /// libcontainer's key in `namespace_paths`, such as `NEWNET`.
  public var stateKey: String {
    switch self {
    case .cgroup: "NEWCGROUP"
    case .ipc: "NEWIPC"
    case .mount: "NEWNS"
    case .network: "NEWNET"
    case .pid: "NEWPID"
    case .time: "NEWTIME"
    case .user: "NEWUSER"
    case .uts: "NEWUTS"
    }
  }
}

/// A set of namespace kinds, as the kernel's `CLONE_NEW…` bits.
public struct NamespaceSet: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt64

  /// Takes kernel bits.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Every kind.
  public static let all = NamespaceSet(rawValue: 0x7e02_0080)

  /// The set with one kind.
  public init(_ type: NamespaceType) {
    self.init(rawValue: type.flag)
  }

  /// The set of these kinds.
  public init(_ types: [NamespaceType]) {
    var bits: UInt64 = 0
    for type in types { bits |= type.flag }
    self.init(rawValue: bits)
  }

  /// Whether a kind is in the set.
  public func contains(_ type: NamespaceType) -> Bool {
    rawValue & type.flag != 0
  }
}
