import Domain
import Ports

/// The class of service that a container is made with: its share of caches and memory bandwidth.
struct ClassOfService {
  /// Where it is, or will be.
  let location: RdtLocation
  private let schemata: RdtSchemata
  private let manager: any IntelRdtManager

  init(_ group: RdtGroup, _ manager: any IntelRdtManager) throws(Failure) {
    self.manager = manager
    do throws(RdtError) { location = try manager.locate(group) } catch { throw .rdt(error) }
    do throws(RdtSchemaProblem) {
      schemata = try RdtSchemata(lines: group.schemata)
    } catch {
      throw .rdt(.schema(error))
    }
  }

  /// Makes the class, or joins it; `claimed` is what there is of it, also after a failure.
  func claim(_ claimed: inout RdtLocation?) throws(Failure) {
    do throws(RdtError) {
      claimed = try manager.claim(location, schemata)
    } catch {
      if case .remains = error { claimed = location }
      throw .rdt(error)
    }
  }

  /// Puts a process into it, before that runs anything.
  func add(_ process: any InitProcess, to location: RdtLocation) throws(Failure) {
    do throws(RdtError) { try manager.add(process.identity.pid, to: location) } catch { throw .rdt(error) }
  }
}

extension Context {
  /// The class of service that a document asks for.
  func classOfService(of document: Document, _ id: ContainerID) throws(Failure) -> ClassOfService? {
    guard let rdt = document.linux?.intelRdt, let mount = try rdtMount() else { return nil }
    return try ClassOfService(RdtGroup(rdt, id: id), composition.rdt(mount))
  }

  /// Where the host has resctrl: what its configuration says, else what its mount table shows.
  func rdtMount() throws(Failure) -> RdtMount? {
    let configuration = try configuration()
    guard configuration.intelRdt else { throw .rdt(.disabled) }
    if let mount = configuration.rdtMount { return mount }
    do throws(SystemFailure) {
      return try composition.probe().resctrlMountPoint().map { RdtMount(path: $0) }
    } catch {
      throw .system(error)
    }
  }

  /// Puts a further process of a container into its groups; one that cannot be does not stay.
  func add(_ process: any InitProcess, to location: RdtLocation) throws(Failure) {
    do throws(RdtError) {
      try composition.rdt(location.mount).add(process.identity.pid, to: location)
    } catch {
      process.kill()
      throw .rdt(error)
    }
  }

  /// Removes the groups that are a container's.
  func removeRdt(_ location: RdtLocation) throws(Failure) {
    let removal: RdtRemoval
    do throws(RdtError) {
      removal = try composition.rdt(location.mount).destroy(location)
    } catch {
      throw .rdt(error)
    }
    if case .leftAlone(let group, _) = removal {
      log.note(.warning, "resctrl group \(group) is left alone: processes of others are in it")
    }
  }
}
