import Domain
import Ports

extension Context {
  /// `checkpoint`: refused, whatever the container's state, before anything is touched.
  func checkpoint() throws(Failure) {
    let container = try load(try id())
    guard container.status == .running || container.status == .paused else {
      throw .container(.checkpointInState(container.status))
    }
    throw .argument(.unsupported("checkpoint"))
  }

  /// `restore`: refused before anything is made.
  func restore() throws(Failure) {
    _ = try id()
    throw .argument(.unsupported("restore"))
  }
}
