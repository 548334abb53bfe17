import Domain
import Linux
import Ports

/// A container that exists, as the store and the kernel show it now.
struct LoadedContainer {
  let entry: StateEntry
  let status: Status
  /// Its init process lives.
  let isAlive: Bool

  var intent: IntentRecord { entry.intent }
  var id: ContainerID { entry.intent.id }
}

extension Context {
  /// Looks at a container.
  func load(_ id: ContainerID) throws(Failure) -> LoadedContainer {
    guard let container = try find(id) else { throw .state(.missing(id)) }
    return container
  }

  /// Looks at a container; nil when there is none.
  func find(_ id: ContainerID) throws(Failure) -> LoadedContainer? {
    let entry: StateEntry
    do throws(StateError) {
      entry = try store.load(id)
    } catch {
      if case .missing = error { return nil }
      throw .state(error)
    }
    return examine(entry)
  }

  private func examine(_ entry: StateEntry) -> LoadedContainer {
    guard let state = entry.state else {
      return LoadedContainer(entry: entry, status: .creating, isAlive: false)
    }
    let isAlive = processes.isAlive(state.initProcess)
    let evidence = Status.Evidence(
      isBeingCreated: false, isFrozen: isAlive && isFrozen(state), initIsAlive: isAlive,
      awaitsStart: entry.awaitsStart)
    return LoadedContainer(entry: entry, status: Status(evidence), isAlive: isAlive)
  }

  /// Looking at a container does not fail because its cgroup cannot be read.
  private func isFrozen(_ state: StateRecord) -> Bool {
    do throws(Failure) {
      let manager = try cgroups(for: state.cgroup)
      do throws(CgroupError) {
        return try manager.isFrozen(state.cgroup)
      } catch {
        throw .cgroup(error)
      }
    } catch {
      log.note(.warning, "\(error)")
      return false
    }
  }

  /// Locks a container; nil when it is gone. While it is being created the command fails with `problem`: what
  /// it answers to a container that is not in the state that it needs.
  func lock(_ id: ContainerID, whileCreating problem: ContainerProblem) throws(Failure) -> (any StateLock)? {
    do throws(StateError) {
      return try Progress.waiting(for: { "the lock of container \(id), which another command holds" }, log) {
        () throws(StateError) in try store.lock(id)
      }
    } catch {
      switch error {
      case .missing: return nil
      case .beingCreated: throw .container(problem)
      default: throw .state(error)
      }
    }
  }
}

extension LoadedContainer {
  /// The state as the specification has it.
  var report: ContainerState {
    ContainerState(
      id: id, status: status, pid: isAlive ? entry.state?.initProcess.pid : nil,
      bundle: entry.state?.bundle ?? intent.bundle, annotations: entry.state?.document.annotations ?? [])
  }

  /// What `state` and `list` show.
  func json(owner: String) -> JSON {
    report.report(
      rootfs: entry.state?.rootfs ?? "", created: entry.state?.created ?? intent.created, owner: owner)
  }
}
