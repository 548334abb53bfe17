/// The control files of one container's cgroups, by name: `memory.stat` is the memory controller's.
///
/// Which files tell what is a rule of the domain; to read them is an adapter's work.
public protocol ControlFiles {
  /// Why a file cannot be read.
  associatedtype Failure: Error

  /// The hierarchy that a controller is in; nil when it is in none that the container is in.
  func version(of controller: String) -> CgroupVersion?

  /// What a file holds; nil when the kernel has no such file, or does not keep what it tells.
  func read(_ file: String, _ version: CgroupVersion) throws(Failure) -> [UInt8]?

  /// The names of a controller's files.
  func names(of controller: String, _ version: CgroupVersion) throws(Failure) -> [String]
}

/// A version of cgroups.
public enum CgroupVersion: Sendable {
  /// A hierarchy for each controller, or for some.
  case one
  /// One tree for all.
  case two
}

/// Which of a container's statistics are read: each costs files.
public struct StatisticsSelection: OptionSet, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// Processor time and throttling.
  public static let cpu = StatisticsSelection(rawValue: 1 << 0)
  /// CPUs and memory nodes (version 1).
  public static let cpuset = StatisticsSelection(rawValue: 1 << 1)
  /// Use and limit of memory.
  public static let memory = StatisticsSelection(rawValue: 1 << 2)
  /// What memory is used for, kernel memory, events.
  public static let memoryDetail = StatisticsSelection(rawValue: 1 << 3)
  /// Processes and threads.
  public static let pids = StatisticsSelection(rawValue: 1 << 4)
  /// Input and output of block devices.
  public static let io = StatisticsSelection(rawValue: 1 << 5)
  /// Huge pages.
  public static let hugetlb = StatisticsSelection(rawValue: 1 << 6)
  /// InfiniBand resources.
  public static let rdma = StatisticsSelection(rawValue: 1 << 7)
  /// Resources of few hosts, such as encrypted address spaces.
  public static let misc = StatisticsSelection(rawValue: 1 << 8)
  /// Time lost by waiting for a resource (PSI).
  public static let pressure = StatisticsSelection(rawValue: 1 << 9)

  /// Everything.
  public static let all = StatisticsSelection(rawValue: (1 << 10) - 1)
}
