import Domain
import Linux
import Ports

/// A state file that is whole, under a name that nobody reads.
final class StagedFile: StagedState {
  private let directory: Descriptor
  private let root: StateRoot
  private let id: ContainerID
  private let name: String

  /// Writes the text.
  init(
    _ text: [UInt8], of id: ContainerID, at directory: consuming Descriptor, in root: StateRoot
  ) throws(StateError) {
    self.directory = directory
    self.root = root
    self.id = id
    name = ".state.json.\(Processes.current.decimal)"
    do throws(FailedCall) {
      try RecordFile.write(text, as: name, at: self.directory.number, replacing: true)
    } catch {
      throw failure(error)
    }
  }

  func publish() throws(StateError) {
    do throws(Errno) {
      try Files.rename(name, at: directory.number, to: RecordFile.state, at: directory.number)
    } catch {
      throw failure(FailedCall("renameat2", error))
    }
  }

  private func failure(_ error: FailedCall) -> StateError {
    // The call's own failure is what counts; a file that was never made cannot be removed.
    try? Files.remove(name, at: directory.number)
    return root.failure(error.call, id.text + "/" + RecordFile.state, error.errno)
  }
}
