import Domain
import Linux
import Ports
import Simulation

@testable import Kit

/// A host of models for use cases to run on.
final class Bench {
  let processes = SimulatedProcesses()
  let hooks = RecordingHookRunner()
  let cgroups = RecordingCgroups()
  /// Takes the place of the recording one.
  var manager: (any CgroupManager)?
  /// The console cannot take the signals over.
  var failsToBegin = false
  let sender = RecordingSender()
  let board = InMemoryMonitor.Board()
  /// A machine with one cache of two domains, and counters.
  let rdt = InMemoryIntelRdtManager.Tree(
    RdtHost(
      resources: [
        .init(name: "L3", kind: .cache(.init(mask: 0xFF)), classes: 4, domains: [0, 1]),
        .init(name: "MB", kind: .bandwidth(.init(minimum: 10, step: 10)), classes: 4, domains: [0, 1]),
      ], events: ["llc_occupancy"]))
  let directory: String
  let store: InMemoryStateStore
  let spawner: RecordingSpawner

  /// Makes a host whose bundle asks for these hooks and annotations, and nothing else.
  init(
    hooks: String = "{}", annotations: String = "{}", resources: String = "{}", rdt: String = "{}",
    process: String? = #"{"args":["/bin/true"],"cwd":"/","user":{"uid":0,"gid":0}}"#
  ) throws {
    directory = "/tmp/martlet-kit-\(Processes.current)-\(Bench.next())"
    try Files.makeDirectory(directory, mode: 0o700)
    let config = """
      {"ociVersion":"1.0.2","root":{"path":"rootfs"},"hooks":\(hooks),
       "annotations":\(annotations),
       "process":\(process ?? "null"),
       "linux":{"intelRdt":\(rdt),"namespaces":[{"type":"pid"},{"type":"mount"}],"resources":\(resources)}}
      """
    try Host.create(directory + "/config.json", [UInt8](config.utf8), mode: 0o600)
    store = InMemoryStateStore(files: directory)
    spawner = RecordingSpawner(processes)
  }

  deinit {
    // Tests of other suites run programs meanwhile, which want a working directory that exists.
    try? Host.changeDirectory("/")
    for name in ["config.json", "pid"] { _ = try? Files.remove(directory + "/" + name) }
    _ = try? Files.removeDirectory(directory)
  }

  nonisolated(unsafe) private static var count = 0

  private static func next() -> Int {
    count += 1
    return count
  }

  var composition: Composition {
    let standard = Composition.standard
    return Composition(
      store: { [store] _ in store },
      cgroups: { [cgroups, manager] _, _ throws(CgroupError) in manager ?? cgroups },
      monitor: { [board] _, _ in InMemoryMonitor(board) },
      rdt: { [rdt] _ in InMemoryIntelRdtManager(rdt) },
      spawner: { [spawner] in spawner }, hooks: { [hooks] in hooks }, documents: standard.documents,
      seccomp: standard.seccomp, capabilities: standard.capabilities, probe: { FixedProbe() },
      processes: { [processes] in processes }, gate: { OpenGate() },
      console: { [failsToBegin] in QuietConsole(failsToBegin) },
      networkDevices: standard.networkDevices,
      sender: { [sender] in sender }, relay: standard.relay, liveMounts: { [liveMounts] in liveMounts })
  }

  /// Runs a command line; the failure's text, or nil.
  func run(_ line: String) -> String? {
    run(line.split(separator: " ").map(String.init))
  }

  /// The same by its words.
  func run(_ words: [String]) -> String? {
    do throws(Failure) {
      let invocation: Invocation
      do throws(UsageError) {
        invocation = try Parser.parse(words)
      } catch {
        throw .usage(error)
      }
      let context = try Context(invocation, composition)
      code = try context.perform()
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// The mounts of all containers.
  let liveMounts = NotingLiveMounts()

  /// What the last command that did not fail exited with.
  private(set) var code: Int32 = 0

  func identity(_ id: String) throws -> ProcessIdentity? {
    store.entries[try ContainerID(id)]?.state?.initProcess
  }
}

private final class FixedProbe: HostProbe {
  func facts() throws(SystemFailure) -> Facts { Facts() }
  func shared(_ namespaces: [Namespace]) -> NamespaceSet { [] }
  func securityModules() throws(SystemFailure) -> SecurityModules { [] }
  func resctrlMountPoint() throws(SystemFailure) -> String? { "/simulation" }
  func landlockVersion() -> Int { 7 }
  func hasCoreScheduling() -> Bool { true }
  func inspect(_ layout: CgroupLayout, programs: [String]) -> HostInspection { HostInspection() }
}

private final class OpenGate: StartGate {
  func open(directory: String, for process: ProcessIdentity) throws(StartError) {}
}

private final class QuietConsole: ForegroundConsole {
  private let failsToBegin: Bool

  init(_ failsToBegin: Bool) { self.failsToBegin = failsToBegin }

  func begin() throws(SystemFailure) {
    if failsToBegin { throw SystemFailure(call: "signalfd4", subject: "", errno: .noMemory) }
  }
  func wait(
    for process: any InitProcess, terminal: Int32?, companion: (any ForegroundCompanion)?
  ) throws(SystemFailure) -> ProcessEnd {
    .signalled(9)
  }
}

/// Notes what is given away.
final class RecordingSender: DescriptorSender {
  private(set) var sent: [(path: String, text: String)] = []
  var failure: SystemFailure?

  func send(_ descriptor: Int32, with text: [UInt8], to path: String) throws(SystemFailure) {
    if let failure { throw failure }
    sent.append((path, String(decoding: text, as: UTF8.self)))
  }
}

/// Notes what is asked of it.
final class RecordingCgroups: CgroupManager {
  private(set) var calls: [String] = []
  var frozen = false
  var driver = CgroupLocation.Driver.cgroupfs
  var pids: [Int32] = []
  /// What is in it each time that one looks, until only `pids` are.
  var listings: [[Int32]] = []
  var failing: Set<String> = []
  /// Processes are born in the cgroup, as on cgroup v2.
  var hasBirthplace = false
  /// The doors of an entrance.
  var doors: [Int32] = []

  private func note(_ call: String) throws(CgroupError) {
    calls.append(call)
    if failing.contains(call) { throw .timedOut(operation: call, directory: "/c", processes: []) }
  }

  func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    CgroupLocation(driver: driver, paths: [.init(controller: "", directory: "/c/" + request.id.text)])
  }
  func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32? {
    try note("createBirthplace")
    guard hasBirthplace else { return nil }
    return try? Files.open("/dev/null", 0).release()
  }
  func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] {
    try note("create")
    return []
  }
  func entrance(to location: CgroupLocation, beside process: Int32) throws(CgroupError) -> CgroupEntrance {
    try note("entrance")
    return CgroupEntrance(doors: doors)
  }
  func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError) { try note("add") }
  func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError) { try note("apply") }
  func prepare(_ change: ResourceChange, at location: CgroupLocation) throws(CgroupError) -> CgroupUpdate {
    try note("prepare")
    return CgroupUpdate(change, writes: [], restoration: [])
  }
  func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    try note("perform")
  }
  func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    try note("restore")
  }
  func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] {
    listings.isEmpty ? pids : listings.removeFirst()
  }
  func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {
    try note(frozen ? "freeze" : "thaw")
    self.frozen = frozen
  }
  func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool { frozen }
  func killAll(in location: CgroupLocation) throws(CgroupError) { try note("killAll") }
  func destroy(_ location: CgroupLocation) throws(CgroupError) { try note("destroy") }
}

/// Notes what is mounted.
final class NotingLiveMounts: LiveMounts {
  /// The numbers of what is mounted, by place.
  private(set) var mounted: [String: UInt64] = [:]
  /// Places at which nothing can be attached.
  var refusing: Set<String> = []
  var whenRefused: (() -> Void)?
  /// Places that cannot be reached, by whatever is wanted there.
  var unreachable: Set<String> = []
  private var last: UInt64 = 0

  func make(_ mount: DetachedMount) throws(SystemFailure) -> UnattachedMount {
    last += 1
    return UnattachedMount(descriptor: -1, identity: last, isDirectory: true)
  }

  func attach(
    _ mount: UnattachedMount, at destination: String, in container: ProcessIdentity
  ) throws(LiveMountError) {
    guard !refusing.contains(destination) else {
      whenRefused?()
      throw .forbidden(destination)
    }
    try reach(destination)
    mounted[destination] = mount.identity
  }

  func detach(
    _ identity: UInt64, at destination: String, in container: ProcessIdentity
  ) throws(LiveMountError) {
    try check(identity, at: destination, in: container)
    mounted[destination] = nil
  }

  func check(
    _ identity: UInt64, at destination: String, in container: ProcessIdentity
  ) throws(LiveMountError) {
    try reach(destination)
    guard mounted[destination] == identity else { throw .notThere(destination) }
  }

  private func reach(_ place: String) throws(LiveMountError) {
    guard unreachable.contains(place) else { return }
    throw .system(SystemFailure(call: "openat2", subject: place, errno: .crossDevice))
  }
}
