import Domain
import Linux
import Ports

/// What the use cases of one command share: its invocation, the ports as they are asked for, the log.
final class Context {
  let invocation: Invocation
  let composition: Composition
  /// What a start does and how long it takes, where somebody wants to know.
  let trace: Trace?
  let root: StateRoot
  /// The caller may not do all that the host's root may.
  let isRootless: Bool
  var log: Log

  /// The file of the host's configuration, if one is named.
  private let configurationPath: String?
  private var loadedConfiguration: HostConfiguration?
  private var gatheredFacts: Facts?
  private var manager: (driver: CgroupLocation.Driver, manager: any CgroupManager)?

  lazy var store: any StateStore = composition.store(root.path)
  lazy var processes: any ProcessControl = composition.processes()
  lazy var documents: any DocumentReader = composition.documents()

  init(_ invocation: Invocation, _ composition: Composition) throws(Failure) {
    self.invocation = invocation
    trace = try Trace(invocation)
    self.composition = composition.traced(by: trace)
    log = try Context.log(invocation)
    root = try StateRoot(invocation.text(.root))
    configurationPath = try Paths.anchored(
      invocation.filled(.config) ?? Host.variable("MARTLET_CONFIG").flatMap { $0.isEmpty ? nil : $0 })
    isRootless = try Context.rootless(invocation.text(.rootless))
  }

  /// The log that the command line asks for.
  static func log(_ invocation: Invocation) throws(Failure) -> Log {
    var log = Log(target: try logTarget(invocation.filled(.log)))
    switch invocation.text(.logLevel) {
    case nil, "": break
    case .some(let text):
      guard let level = Log.Level(rawValue: text) else { throw .argument(.logLevel(text)) }
      log.level = level
    }
    if invocation.flag(.debug) { log.level = .debug }
    switch invocation.text(.errorFormat) {
    case nil, "", "text", "json": break
    case .some(let other): throw .argument(.errorFormat(other))
    }
    switch invocation.text(.logFormat) {
    case nil, "", "text": break
    case "json": log.format = .json
    case .some(let other): throw .argument(.logFormat(other))
    }
    return log
  }

  private static func logTarget(_ text: String?) throws(Failure) -> LogTarget? {
    guard let text else { return nil }
    guard case .file(let given) = LogTarget(text) else { return LogTarget(text) }
    let path = try Paths.anchored(given)
    return path == "/dev/stderr" ? nil : path.map(LogTarget.file)
  }

  /// What `--rootless` says, in the words of Go's booleans; without a word, or with `auto`, the user id does.
  private static func rootless(_ text: String?) throws(Failure) -> Bool {
    switch text {
    case nil, "", "auto": return Host.userID != 0
    case "1", "t", "T", "TRUE", "true", "True": return true
    case "0", "f", "F", "FALSE", "false", "False": return false
    case .some(let other): throw .argument(.rootless(other))
    }
  }

  /// The host's configuration, read when it is first asked for.
  func configuration() throws(Failure) -> HostConfiguration {
    if let loadedConfiguration { return loadedConfiguration }
    let path = configurationPath
    do throws(ConfigurationError) {
      let loaded = try HostConfiguration.load(named: path) { documents }
      loadedConfiguration = loaded
      if log.target == nil { log.target = loaded.log.map(LogTarget.init) }
      return loaded
    } catch {
      throw .configuration(error)
    }
  }

  /// Where a failure is logged: a command that had no need of the configuration reads it for that.
  var logOfFailure: Log {
    if log.target == nil { _ = try? configuration() }
    return log
  }

  /// The host's facts, gathered when they are first asked for.
  func facts() throws(Failure) -> Facts {
    if let gatheredFacts { return gatheredFacts }
    do throws(SystemFailure) {
      let facts = try composition.probe().facts()
      gatheredFacts = facts
      return facts
    } catch {
      throw .system(error)
    }
  }

  /// The host's facts, and those that only some documents ask for.
  func facts(_ questions: HostQuestions) throws(Failure) -> Facts {
    var facts = try facts()
    guard !questions.isEmpty else { return facts }
    do throws(SystemFailure) {
      let probe = composition.probe()
      if questions.contains(.securityModules) { facts.securityModules = try probe.securityModules() }
      if questions.contains(.landlock) { facts.landlockVersion = probe.landlockVersion() }
      if questions.contains(.coreScheduling) { facts.hasCoreScheduling = probe.hasCoreScheduling() }
    } catch {
      throw .system(error)
    }
    if questions.contains(.resctrl) { facts.resctrl = try rdtMount() }
    return facts
  }

  /// The manager of a container's cgroups: whatever the command line says, the one that made them.
  func cgroups(for location: CgroupLocation) throws(Failure) -> any CgroupManager {
    try cgroups(by: location.driver)
  }

  /// The manager of a new container's cgroups: by the command line, then the host's configuration, then what
  /// the document's path is made for.
  func cgroups(forNew path: String?) throws(Failure) -> any CgroupManager {
    try cgroups(by: try driver(forNew: path).driver)
  }

  /// What chose a driver.
  enum DriverChooser {
    case commandLine, configuration, unitPath, noUnitPath, noSystemd
  }

  /// The driver of a new container, and what chose it.
  func driver(
    forNew path: String?
  ) throws(Failure) -> (driver: CgroupLocation.Driver, chooser: DriverChooser) {
    if let name = invocation.filled(.cgroupManager) {
      guard let named = CgroupLocation.Driver(bytewise: name) else { throw .argument(.cgroupManager(name)) }
      return (named, .commandLine)
    }
    if invocation.flag(.systemdCgroup) { return (.systemd, .commandLine) }
    if let chosen = try configuration().cgroupManager { return (chosen, .configuration) }
    guard path.map(UnitPlace.isUnitPath) ?? false else { return (.cgroupfs, .noUnitPath) }
    return Host.isManagedBySystemd ? (.systemd, .unitPath) : (.cgroupfs, .noSystemd)
  }

  private func cgroups(by driver: CgroupLocation.Driver) throws(Failure) -> any CgroupManager {
    if let manager, manager.driver == driver { return manager.manager }
    let layout = try facts().cgroups
    do throws(CgroupError) {
      let made = try composition.cgroups(driver, layout)
      manager = (driver, made)
      return made
    } catch {
      throw .cgroup(error)
    }
  }

  /// The monitor of what containers of a driver use.
  func monitor(for location: CgroupLocation) throws(Failure) -> any ResourceMonitor {
    let layout = try facts().cgroups
    do throws(CgroupError) {
      return try composition.monitor(location.driver, layout)
    } catch {
      throw .cgroup(error)
    }
  }

  /// The container that an operand names, the first one unless told otherwise.
  func id(operand: Int = 0) throws(Failure) -> ContainerID {
    let operands = invocation.operands
    do throws(ContainerID.Violation) {
      return try ContainerID(operand < operands.count ? operands[operand] : "")
    } catch {
      throw .id(error)
    }
  }

  /// Reads and parses a file.
  func parse(_ path: String) throws(Failure) -> JSON {
    try parse(path) { (limit) throws(Errno) in try Host.read(path, limit: limit) }
  }

  /// Reads and parses what stands at standard input.
  func parseInput() throws(Failure) -> JSON {
    try parse("/dev/stdin") { (limit) throws(Errno) in try Files.readAll(0, limit: limit) }
  }

  private func parse(_ path: String, _ read: (Int) throws(Errno) -> [UInt8]) throws(Failure) -> JSON {
    let limits = DocumentLimits()
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try read(limits.size)
    } catch {
      throw .system(SystemFailure(call: "open", subject: path, errno: error))
    }
    do throws(DocumentError) {
      return try documents.parse(bytes, limits: limits)
    } catch {
      throw .document(path: path, error)
    }
  }
}

/// The directory that holds the containers' state.
struct StateRoot: Equatable {
  /// The absolute path.
  var path: String
  /// It was given on the command line.
  var isExplicit: Bool
  /// It is the one that every command uses unless told otherwise.
  var isDefault: Bool
  /// It is in the user's runtime directory, from which programs sweep what looks old.
  var isSwept = false

  init(_ given: String?) throws(Failure) {
    let own = StateRoot.inRuntimeDirectory
    let standard = own ?? "/run/martlet"
    guard let given else {
      (path, isExplicit, isDefault, isSwept) = (standard, false, true, own != nil)
      return
    }
    path = try Paths.absolute(given)
    guard path != "/" else { throw .argument(.root) }
    isExplicit = true
    isDefault = path == standard
  }

  /// The root of a user who is not the host's root.
  private static var inRuntimeDirectory: String? {
    guard let runtime = Host.variable("XDG_RUNTIME_DIR"), runtime.isAbsolutePath,
      usesRuntimeDirectory(
        userID: Host.userID, isMapped: Host.isInUserNamespace, name: Host.variable("USER"))
    else { return nil }
    return (runtime + "/martlet").cleanedPath
  }

  /// Whose runtime directory counts: root in a user namespace has one of his own unless he is called root, as
  /// after a login.
  static func usesRuntimeDirectory(
    userID: UInt32, isMapped: @autoclosure () -> Bool, name: String?
  ) -> Bool {
    userID != 0 || (name != "root" && isMapped())
  }

  /// Keeps it, which is there, from being swept: the sticky bit says so.
  func keep() throws(Failure) {
    guard isSwept else { return }
    do throws(Errno) {
      try Host.changeMode(path, 0o1700)
    } catch {
      throw .system(SystemFailure(call: "fchmodat", subject: path, errno: error))
    }
  }

  /// Eight digits that tell apart containers of the same name below different roots; nil for the
  /// default one.
  var digest: String? {
    guard !isDefault else { return nil }
    var hash: UInt32 = 2_166_136_261
    for byte in path.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    let digits = (0..<8).map { place in
      let digit = UInt8(truncatingIfNeeded: hash &>> UInt32(28 - 4 * place)) & 0xF
      return digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }
    return String(decoding: digits, as: UTF8.self)
  }
}

/// Paths as text.
enum Paths {
  /// The path from the root, without `.`, `..` and doubled slashes.
  static func absolute(_ path: String) throws(Failure) -> String {
    if path.isAbsolutePath { return path.cleanedPath }
    do throws(Errno) {
      return (try Host.currentDirectory() + "/" + path).cleanedPath
    } catch {
      throw .system(SystemFailure(call: "getcwd", subject: "", errno: error))
    }
  }

  /// The same file whatever directory the command changes to: that of its bundle, say. Links in the path are
  /// left to the kernel.
  static func anchored(_ path: String?) throws(Failure) -> String? {
    guard let path, !path.isAbsolutePath else { return path }
    do throws(Errno) {
      return try Host.currentDirectory() + "/" + path
    } catch {
      throw .system(SystemFailure(call: "getcwd", subject: "", errno: error))
    }
  }
}
