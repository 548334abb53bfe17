import Domain
import Linux
import Ports

/// What a container says to the manager of services that started the runtime, by `NOTIFY_SOCKET`.
extension Context {
  /// The relay to the manager; nil when there is none.
  func readinessRelay() -> (any ReadinessRelay)? {
    guard let manager = Host.variable(ServiceNotice.variable), !manager.isEmpty else { return nil }
    guard manager.isAbsolutePath || manager.utf8.first == UInt8(ascii: "@") else {
      log.note(.warning, "\(ServiceNotice.variable) is neither a path nor a name: \(manager.quoted)")
      return nil
    }
    return composition.relay(manager)
  }

  /// Makes what is mounted into a container; who does not wait for `start` listens already.
  func prepare(
    _ relay: any ReadinessRelay, in directory: String, listening: Bool
  ) throws(Failure) {
    do throws(SystemFailure) {
      try relay.prepare(in: directory)
      if listening { _ = try relay.listen(in: directory) }
    } catch {
      throw .system(error)
    }
  }

  /// Listens to a created container that is about to be started.
  func listenForReadiness(of id: ContainerID) throws(Failure) -> (any ReadinessRelay)? {
    guard let relay = readinessRelay() else { return nil }
    do throws(SystemFailure) {
      if try relay.listen(in: store.directory(of: id)) { return relay }
    } catch {
      throw .system(error)
    }
    log.note(.warning, "\(ServiceNotice.variable) was not set when the container was created")
    return nil
  }

  /// Waits until a container that nobody watches over is ready. It runs, whatever becomes of the message.
  func awaitReadiness(_ relay: (any ReadinessRelay)?, of process: ProcessIdentity) {
    guard let relay else { return }
    do throws(SystemFailure) {
      try relay.waitUntilReady(process)
    } catch {
      log.note(.warning, "\(error)")
    }
  }
}
