import Domain
import Ports

extension Context {
  /// `pause`: freezes a created or running container.
  func pause() throws(Failure) {
    try setFrozen(true, from: [.created, .running], otherwise: .notRunning)
  }

  /// `resume`: thaws a paused container.
  func resume() throws(Failure) {
    try setFrozen(false, from: [.paused], otherwise: .notPaused)
  }

  private func setFrozen(
    _ frozen: Bool, from allowed: [Status], otherwise problem: ContainerProblem
  ) throws(Failure) {
    let id = try id()
    guard let lock = try lock(id, whileCreating: problem) else { throw .state(.missing(id)) }
    defer { lock.release() }
    let container = frozen ? try loadThawed(id) : try load(id)
    guard allowed.contains(container.status), let state = container.entry.state else {
      throw .container(problem)
    }
    let manager = try cgroups(for: state.cgroup)
    do throws(CgroupError) { try manager.setFrozen(frozen, state.cgroup) } catch { throw .cgroup(error) }
  }
}
