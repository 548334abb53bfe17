import CLinux
import Domain
import Linux
public import Ports

/// Starts processes with `clone3`, and the init stage in them: the runtime's own binary, executed anew
/// with the arguments `martlet init N`, `N` being the number of its end of the sync socket.
public final class LinuxProcessSpawner: ProcessSpawner {
  private let executable: String?
  private let checksThreads: Bool
  private let joiner = LinuxNamespaceJoiner()

  /// Makes a spawner. `executable` is the program with the init stage, nil being the running one;
  /// `checksThreads` makes a second thread of the caller an error, at the price of a look into procfs.
  public init(executable: String? = nil, checksThreads: Bool = false) {
    self.executable = executable
    self.checksThreads = checksThreads
  }

  public func spawn(_ request: SpawnRequest) throws(SpawnError) -> any InitProcess {
    try checkCaller(request.plan.birth)
    let birth = try PreparedBirth(request, executable: executable, joiner: joiner)
    var newborn = try birth.perform(request)
    do throws(SpawnError) {
      try newborn.grow(request.plan.birth)
      return newborn.process(request)
    } catch {
      newborn.destroy()
      throw error
    }
  }

  private func checkCaller(_ birth: Birth) throws(SpawnError) {
    // The new process is a copy until it executes the init stage, and as private as the caller is.
    try require("prctl", "PR_SET_DUMPABLE") { () throws(Errno) in
      _ = try call(Int32(SYS_prctl), Int(PR_SET_DUMPABLE), 0)
    }
    if checksThreads {
      let count = try require("fstat", "/proc/self/task") { () throws(Errno) in try Processes.threadCount() }
      guard count == 1 else { throw .multithreaded(count: count) }
    }
    guard birth.preservedDescriptors > 0 else { return }
    for number in 3..<3 + Int32(clamping: min(birth.preservedDescriptors, 1 << 20)) {
      try checkPreserved(number)
    }
  }

  /// A preserved descriptor is open and inherited. Our own are close-on-exec: one of them at its number
  /// means that the caller passed none.
  private func checkPreserved(_ number: Int32) throws(SpawnError) {
    try require("fcntl", "preserved descriptor \(number)") { () throws(Errno) in
      guard try call(Int32(SYS_fcntl), Int(number), Int(F_GETFD)) & Int(FD_CLOEXEC) == 0 else {
        throw .badDescriptor
      }
    }
  }
}
