import Domain
import Ports

/// What a process is to its container, as the receiver of its pidfd is told.
enum ProcessRole: String {
  /// The one that the container was made with.
  case first = "standard"
  /// One that `exec` adds.
  case further = "setns"
}

extension Context {
  /// The absolute path of `--pidfd-socket`, to be asked for before the directory changes.
  func descriptorReceiver() throws(Failure) -> String? {
    guard let path = invocation.filled(.pidfdSocket) else { return nil }
    return try Paths.absolute(path)
  }

  /// Gives the pidfd of a process, which has not executed its program yet, to whoever the command line names.
  func sendDescriptor(
    of process: any InitProcess, as role: ProcessRole, to path: String?
  ) throws(Failure) {
    guard let path else { return }
    do throws(SystemFailure) {
      try composition.sender().send(process.processDescriptor, with: Array(role.rawValue.utf8), to: path)
    } catch {
      throw .system(error)
    }
  }
}
