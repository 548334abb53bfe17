/// The annotation `io.martlet.landlock`: what a container's processes may do to files, ports and each other,
/// beside what their credentials say. The corresponding manual page is landlock(7).
///
/// Names stay as they are written, so that validation can tell of all that are unknown.
public struct LandlockSettings: Equatable, Sendable {
  /// `handledAccessFS`: what is denied to files, save where a rule allows it.
  public var handledFiles: [String] = []
  /// `handledAccessNet`: what is denied to ports, save where a rule allows it.
  public var handledPorts: [String] = []
  /// `scoped`: what reaches no process outside the domain.
  public var scopes: [String] = []
  /// `pathBeneath`.
  public var paths: [PathRule] = []
  /// `netPort`.
  public var ports: [PortRule] = []
  /// `bestEffort`: what the kernel is too old for is left out, and so are rules for paths that are missing.
  public var isBestEffort = false
  /// Members of the annotation that are none of these.
  public var unknownMembers: [String] = []

  /// What is allowed to files and directories below some paths.
  public struct PathRule: Equatable, Sendable {
    /// `paths`: absolute, inside the container.
    public var paths: [String]
    /// `allowedAccess`.
    public var access: [String]

    /// Makes a rule.
    public init(paths: [String], access: [String]) {
      self.paths = paths
      self.access = access
    }
  }

  /// What is allowed to ports.
  public struct PortRule: Equatable, Sendable {
    /// `ports`.
    public var ports: [UInt16]
    /// `allowedAccess`.
    public var access: [String]

    /// Makes a rule.
    public init(ports: [UInt16], access: [String]) {
      self.ports = ports
      self.access = access
    }
  }

  /// Settings that ask nothing.
  public init() {}
}

extension LandlockSettings {
  /// Takes settings out of the annotation's text, parsed.
  public init(decoding json: JSON) throws(DecodingError) {
    handledFiles = try json.list("handledAccessFS", JSON.freeText)
    handledPorts = try json.list("handledAccessNet", JSON.freeText)
    scopes = try json.list("scoped", JSON.freeText)
    paths = try json.list("pathBeneath") { rule throws(DecodingError) in
      PathRule(
        paths: try rule.required("paths", JSON.texts),
        access: try rule.required("allowedAccess", JSON.texts))
    }
    ports = try json.list("netPort") { rule throws(DecodingError) in
      PortRule(
        ports: try rule.required("ports") { value throws(DecodingError) in try value.elements(JSON.integer) },
        access: try rule.required("allowedAccess", JSON.texts))
    }
    isBestEffort = try json.optional("bestEffort", JSON.flag) ?? false
    // A misspelt member would be a restriction that nobody misses.
    unknownMembers = try json.members().map(\.name).filter { !LandlockSettings.members.containsBytewise($0) }
  }

  private static let members = [
    "handledAccessFS", "handledAccessNet", "scoped", "pathBeneath", "netPort", "bestEffort",
  ]

  /// The kernel's numbers, without what a kernel with this interface has not; nil when nothing is left.
  public func ruleset(version: Int) -> LandlockRuleset? {
    func bits(_ names: [String], _ table: [LandlockRight]) -> UInt64 {
      table.reduce(0) { $1.version <= version && names.containsBytewise($1.name) ? $0 | $1.bit : $0 }
    }
    var ruleset = LandlockRuleset(
      files: bits(handledFiles, LandlockRight.files), ports: bits(handledPorts, LandlockRight.ports),
      scopes: bits(scopes, LandlockRight.scopes))
    for rule in paths {
      let access = bits(rule.access, LandlockRight.files) & ruleset.files
      guard access != 0 else { continue }
      ruleset.pathRules += rule.paths.map {
        .init(path: $0, access: access, mayBeMissing: isBestEffort)
      }
    }
    for rule in ports {
      let access = bits(rule.access, LandlockRight.ports) & ruleset.ports
      guard access != 0 else { continue }
      ruleset.portRules += rule.ports.map { .init(port: $0, access: access) }
    }
    return ruleset.files | ruleset.ports | ruleset.scopes == 0 ? nil : ruleset
  }
}

/// Something that Landlock can deny, by name.
struct LandlockRight: Sendable {
  /// The name, as that of the kernel's constant in lower case.
  let name: String
  /// Its bit.
  let bit: UInt64
  /// The first version of the kernel's interface that has it.
  let version: Int

  /// `LANDLOCK_ACCESS_FS_…`.
  static let files: [LandlockRight] = numbered([
    ("execute", 1), ("write_file", 1), ("read_file", 1), ("read_dir", 1), ("remove_dir", 1),
    ("remove_file", 1), ("make_char", 1), ("make_dir", 1), ("make_reg", 1), ("make_sock", 1),
    ("make_fifo", 1), ("make_block", 1), ("make_sym", 1), ("refer", 2), ("truncate", 3), ("ioctl_dev", 5),
  ])
  /// `LANDLOCK_ACCESS_NET_…`.
  static let ports: [LandlockRight] = numbered([("bind_tcp", 4), ("connect_tcp", 4)])
  /// `LANDLOCK_SCOPE_…`.
  static let scopes: [LandlockRight] = numbered([("abstract_unix_socket", 6), ("signal", 6)])

  private static func numbered(_ names: [(String, Int)]) -> [LandlockRight] {
    names.enumerated().map { LandlockRight(name: $1.0, bit: 1 << UInt64($0), version: $1.1) }
  }
}

/// What Landlock is to enforce, in the kernel's numbers.
public struct LandlockRuleset: Equatable, Sendable {
  /// What is denied to files unless allowed: `LANDLOCK_ACCESS_FS_…`.
  public var files: UInt64
  /// What is denied to ports unless allowed: `LANDLOCK_ACCESS_NET_…`.
  public var ports: UInt64
  /// `LANDLOCK_SCOPE_…`.
  public var scopes: UInt64
  /// Allowed below paths.
  public var pathRules: [PathRule] = []
  /// Allowed to ports.
  public var portRules: [PortRule] = []

  /// One path.
  public struct PathRule: Equatable, Sendable {
    /// Inside the container.
    public var path: String
    /// `LANDLOCK_ACCESS_FS_…`.
    public var access: UInt64
    /// It need not be there.
    public var mayBeMissing: Bool
  }

  /// One port.
  public struct PortRule: Equatable, Sendable {
    /// Its number.
    public var port: UInt16
    /// `LANDLOCK_ACCESS_NET_…`.
    public var access: UInt64
  }

  /// A ruleset without rules.
  public init(files: UInt64, ports: UInt64, scopes: UInt64) {
    self.files = files
    self.ports = ports
    self.scopes = scopes
  }
}
