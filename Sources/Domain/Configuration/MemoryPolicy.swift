/// `linux.memoryPolicy`: from which NUMA nodes the processes' memory comes.
public struct MemoryPolicy: Equatable, Sendable {
  /// The modes by the specification's names.
  public enum Mode: String, Sendable, CaseIterable {
    case byDefault = "MPOL_DEFAULT"
    case preferred = "MPOL_PREFERRED"
    case bind = "MPOL_BIND"
    case interleave = "MPOL_INTERLEAVE"
    case local = "MPOL_LOCAL"
    case preferredMany = "MPOL_PREFERRED_MANY"
    case weightedInterleave = "MPOL_WEIGHTED_INTERLEAVE"
  }

  /// The flags by the specification's names.
  public enum Flag: String, Sendable, CaseIterable {
    case balancing = "MPOL_F_NUMA_BALANCING"
    case relativeNodes = "MPOL_F_RELATIVE_NODES"
    case staticNodes = "MPOL_F_STATIC_NODES"
  }

  /// The mode.
  public var mode: Mode
  /// A list of nodes, such as `0-1`; empty is none.
  public var nodes: String
  /// Flags.
  public var flags: [Flag]

  /// Makes a policy.
  public init(_ mode: Mode, nodes: String = "", flags: [Flag] = []) {
    self.mode = mode
    self.nodes = nodes
    self.flags = flags
  }
}

/// `linux.personality`: which kernel the processes believe to run on.
public struct Personality: Equatable, Sendable {
  /// The domains by the specification's names.
  public enum Domain: String, Sendable, CaseIterable {
    case linux = "LINUX"
    case linux32 = "LINUX32"
  }

  /// The domain.
  public var domain: Domain
  /// The specification defines none: they are a warning.
  public var flags: [String]

  /// Makes a personality.
  public init(_ domain: Domain, flags: [String] = []) {
    self.domain = domain
    self.flags = flags
  }
}
