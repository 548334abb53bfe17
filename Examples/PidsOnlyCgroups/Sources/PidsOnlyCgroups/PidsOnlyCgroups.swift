public import Domain
import Glibc
public import Ports

/// Accounts containers in the pids hierarchy of cgroup v1 alone, and limits nothing but their number of
/// processes. Freezing is done by signals, for the sake of the example.
public final class PidsOnlyCgroups: CgroupManager {
  private let root: String

  /// A manager of a mounted pids hierarchy.
  public init(root: String = "/sys/fs/cgroup/pids") {
    self.root = root
  }

  public func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    let name = request.path ?? "/pids-only/" + request.id.text
    guard !name.split(separator: "/").contains("..") else { throw .invalidPath(name) }
    return CgroupLocation(
      driver: .cgroupfs, paths: [.init(controller: "pids", directory: root + "/" + name)])
  }

  public func createBirthplace(_ location: CgroupLocation) throws(CgroupError) -> Int32? { nil }

  public func create(
    _ location: CgroupLocation, for process: Int32, _ request: CgroupRequest
  ) throws(CgroupError) -> [Int32] {
    let directory = try directory(location)
    let found = try processes(in: location)
    guard found.isEmpty else { throw .notEmpty(directory: directory, processes: found.count) }
    var path = ""
    var isNew = false
    for component in directory.split(separator: "/") {
      path += "/" + component
      isNew = mkdir(path, 0o755) == 0
      guard isNew || errno == EEXIST else { throw failure("mkdir", path) }
    }
    // A container that has ended may still be going to remove it.
    guard isNew || location.holder == nil else { throw .notEmpty(directory: directory, processes: 0) }
    return [try open("tasks", O_WRONLY, in: directory)]
  }

  public func entrance(to location: CgroupLocation, beside process: Int32) throws(CgroupError)
    -> CgroupEntrance
  {
    CgroupEntrance(doors: [try open("tasks", O_WRONLY, in: try directory(location))])
  }

  public func add(_ pid: Int32, to location: CgroupLocation) throws(CgroupError) {
    try write("\(pid)", to: "cgroup.procs", in: try directory(location))
  }

  public func apply(_ resources: Resources, to location: CgroupLocation) throws(CgroupError) {
    guard let limit = resources.pidsLimit else { return }
    try write(limit < 0 ? "max" : "\(limit)", to: "pids.max", in: try directory(location))
  }

  public func prepare(
    _ change: ResourceChange, at location: CgroupLocation
  ) throws(CgroupError) -> CgroupUpdate {
    guard let limit = change.given.pidsLimit else {
      return CgroupUpdate(change, writes: [], restoration: [])
    }
    let path = try directory(location) + "/pids.max"
    guard let file = fopen(path, "r") else { throw failure("open", path) }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 32)
    guard fgets(&line, 32, file) != nil else { throw failure("read", path) }
    let present = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8($0) }, as: UTF8.self)
    return CgroupUpdate(
      change, writes: [ControlWrite("pids", "pids.max", limit < 0 ? "max" : "\(limit)")],
      restoration: [ControlWrite("pids", "pids.max", present)])
  }

  public func perform(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    for change in update.writes { try write(change.text, to: change.file, in: try directory(location)) }
  }

  public func restore(_ update: CgroupUpdate, at location: CgroupLocation) throws(CgroupError) {
    for change in update.restoration {
      do throws(CgroupError) {
        try write(change.text, to: change.file, in: try directory(location))
      } catch {
        throw .notRestored(files: [change.file])
      }
    }
  }

  public func processes(in location: CgroupLocation) throws(CgroupError) -> [Int32] {
    let path = try directory(location) + "/cgroup.procs"
    guard let file = fopen(path, "r") else {
      guard errno == ENOENT else { throw failure("open", path) }
      return []
    }
    defer { fclose(file) }
    var pids: [Int32] = []
    var line = [CChar](repeating: 0, count: 32)
    while fgets(&line, 32, file) != nil { pids.append(Int32(atoi(line))) }
    return pids
  }

  public func setFrozen(_ frozen: Bool, _ location: CgroupLocation) throws(CgroupError) {
    for pid in try processes(in: location) { kill(pid, frozen ? SIGSTOP : SIGCONT) }
    guard frozen else { return }
    for _ in 0..<1000 where try !isFrozen(location) { sched_yield() }
  }

  public func isFrozen(_ location: CgroupLocation) throws(CgroupError) -> Bool {
    let pids = try processes(in: location)
    return !pids.isEmpty && pids.allSatisfy(isStopped)
  }

  private func isStopped(_ pid: Int32) -> Bool {
    guard let file = fopen("/proc/\(pid)/stat", "r") else { return false }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 512)
    guard fgets(&text, 512, file) != nil, let end = text.lastIndex(of: CChar(UInt8(ascii: ")"))) else {
      return false
    }
    return text[end + 2] == CChar(UInt8(ascii: "T"))
  }

  public func killAll(in location: CgroupLocation) throws(CgroupError) {
    let deadline = time(nil) + 10
    var left = try processes(in: location)
    while !left.isEmpty {
      guard time(nil) < deadline else {
        throw .timedOut(operation: "kill", directory: try directory(location), processes: left)
      }
      for pid in left { kill(pid, SIGKILL) }
      sched_yield()
      left = try processes(in: location)
    }
  }

  public func destroy(_ location: CgroupLocation) throws(CgroupError) {
    let directory = try directory(location)
    guard rmdir(directory) == 0 || errno == ENOENT else { throw failure("rmdir", directory) }
  }

  private func directory(_ location: CgroupLocation) throws(CgroupError) -> String {
    guard let path = location.paths.first(where: { $0.controller == "pids" }) else {
      throw .controllerMissing("pids")
    }
    return path.directory
  }

  private func open(_ file: String, _ flags: Int32, in directory: String) throws(CgroupError) -> Int32 {
    let path = directory + "/" + file
    let descriptor = Glibc.open(path, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    return descriptor
  }

  private func write(_ text: String, to file: String, in directory: String) throws(CgroupError) {
    let descriptor = try open(file, O_WRONLY, in: directory)
    defer { close(descriptor) }
    guard Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count else {
      throw failure("write", directory + "/" + file)
    }
  }

  private func failure(_ call: String, _ subject: String) -> CgroupError {
    .system(SystemFailure(call: call, subject: subject, errno: Errno(rawValue: errno)))
  }
}
