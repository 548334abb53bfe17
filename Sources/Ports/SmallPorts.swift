public import Domain

/// Reads and checks documents as JSON.
public protocol DocumentReader: AnyObject {
  /// Parses a whole text within limits of size and depth. The last of duplicate keys counts.
  func parse(_ bytes: [UInt8], limits: DocumentLimits) throws(DocumentError) -> JSON
}

/// How large a document may be.
public struct DocumentLimits: Equatable, Sendable {
  /// Bytes of text.
  public var size: Int
  /// Nested arrays and objects.
  public var depth: Int
  /// Comments are allowed (configuration files).
  public var allowsComments: Bool

  /// Makes limits.
  public init(size: Int = 16 << 20, depth: Int = 64, allowsComments: Bool = false) {
    self.size = size
    self.depth = depth
    self.allowsComments = allowsComments
  }
}

/// Why a text is no document.
public enum DocumentError: Error, Equatable, Sendable {
  /// It is longer than allowed.
  case tooLarge(limit: Int)
  /// It is nested deeper than allowed.
  case tooDeep(limit: Int)
  /// It is not JSON; line and column count from 1.
  case syntax(line: Int, column: Int, reason: String)
  /// It ends too early.
  case truncated
}

/// Gives descriptors away.
public protocol DescriptorSender: AnyObject {
  /// Sends a text, and with it a descriptor, in one message to whoever listens at a Unix stream socket. A
  /// receiver that takes nothing is waited for no longer than some seconds.
  func send(_ descriptor: Int32, with text: [UInt8], to path: String) throws(SystemFailure)
}

/// Turns a seccomp profile into a program for the kernel.
public protocol SeccompCompiler: AnyObject {
  /// Compiles; `warnings` names what was ignored (system calls unknown here).
  func compile(_ profile: SeccompProfile) throws(SeccompError) -> SeccompFilter
}

/// A compiled filter.
public struct SeccompFilter: Equatable, Sendable {
  /// An array of `struct sock_filter`, native byte order.
  public var program: [UInt8]
  /// `SECCOMP_FILTER_FLAG_…` for the system call.
  public var flags: UInt32
  /// What was ignored.
  public var warnings: [String]

  /// How a warning of an unknown system call begins; its name follows.
  public static let unknownCall = "unknown system call "

  /// As many instructions as the kernel takes (`BPF_MAXINSNS`).
  public static let longest = 4096

  /// Makes a filter.
  public init(program: [UInt8], flags: UInt32, warnings: [String] = []) {
    self.program = program
    self.flags = flags
    self.warnings = warnings
  }
}

/// Why a profile cannot be compiled.
public enum SeccompError: Error, Equatable, Sendable {
  /// An unknown architecture.
  case unknownArchitecture(String)
  /// An unknown flag.
  case unknownFlag(String)
  /// Unknown system calls, where the document lets none be left out.
  case unknownCalls([String])
  /// More conditions on arguments than any filter has room for.
  case tooManyConditions(limit: Int)
  /// A program that is longer than the kernel takes.
  case tooLong(instructions: Int, limit: Int)
  /// The library refused a rule.
  case rule(syscall: String, errno: Errno)
  /// The library failed otherwise.
  case library(function: String, errno: Errno)
}

/// Knows capabilities by name.
public protocol CapabilityNames: AnyObject {
  /// The number of a capability such as `CAP_CHOWN`; nil when it is unknown here.
  func number(of name: String) -> UInt32?
  /// All names up to the kernel's last capability.
  var known: [String] { get }
}

/// Looks at the host.
public protocol HostProbe: AnyObject {
  /// Gathers the facts, save those that cost a look of their own.
  func facts() throws(SystemFailure) -> Facts
  /// Which of the namespaces that are named by path are the caller's own. A path that cannot be followed is
  /// none of them: who joins it will say so.
  func shared(_ namespaces: [Namespace]) -> NamespaceSet
  /// Which security modules are in force; asked for only when a document names a profile or a label.
  func securityModules() throws(SystemFailure) -> SecurityModules
  /// Where the resctrl file system is mounted; asked for only when a document has a class of service.
  func resctrlMountPoint() throws(SystemFailure) -> String?
  /// The version of the kernel's interface for Landlock; 0 when there is none, or it is not in use.
  func landlockVersion() -> Int
  /// Whether the kernel can keep strangers off a core; true where no core has two threads.
  func hasCoreScheduling() -> Bool
  /// Looks at all that `check` judges, on a host with these hierarchies; programs of these names are looked for.
  /// Nothing is changed, and no program run.
  func inspect(_ layout: CgroupLayout, programs: [String]) -> HostInspection
}
