import Domain
import Ports

/// A change of the share of a container's class of service, as a part of an update: one write, which the kernel
/// takes or refuses as a whole.
struct SchemataUpdate {
  /// What the class has now, of the domains that are named.
  let before: RdtSchemata
  private let given: RdtSchemata
  private let location: RdtLocation
  private let manager: any IntelRdtManager

  /// Looks at what is there; nothing is changed.
  init(_ given: RdtSchemata, _ location: RdtLocation, _ manager: any IntelRdtManager) throws(Failure) {
    (self.given, self.location, self.manager) = (given, location, manager)
    do throws(RdtError) {
      let lines = try manager.statistics(of: location).schemata
      do throws(RdtSchemaProblem) {
        before = try RdtSchemata(lines: lines).restricted(to: given)
      } catch {
        throw .schema(error)
      }
    } catch {
      throw .rdt(error)
    }
  }

  func apply() throws(Failure) {
    do throws(RdtError) { _ = try manager.apply(given, to: location) } catch { throw .rdt(error) }
  }

  func restore() throws(Failure) {
    do throws(RdtError) { _ = try manager.apply(before, to: location) } catch { throw .rdt(error) }
  }

  /// What the document asks for afterwards.
  func document(after rdt: IntelRdt, of id: ContainerID) throws(Failure) -> IntelRdt {
    do throws(RdtSchemaProblem) {
      return rdt.changed(by: given, from: try RdtSchemata(lines: RdtGroup(rdt, id: id).schemata))
    } catch {
      throw .rdt(.schema(error))
    }
  }
}

extension Context {
  /// The change of schemata that the options ask for.
  func schemataUpdate(_ state: StateRecord) throws(Failure) -> SchemataUpdate? {
    var asked = IntelRdt()
    asked.l3CacheSchema = invocation.filled(.l3CacheSchema)
    asked.memBwSchema = invocation.filled(.memBwSchema)
    guard asked != IntelRdt() else { return nil }
    guard let location = state.rdt else { throw .argument(.noResourceControl) }
    // Whatever is in no other class is in this one.
    guard !location.group.isEmpty else { throw .rdt(.hostClass) }
    let given: RdtSchemata
    do throws(RdtSchemaProblem) {
      if let line = asked.memBwSchema, !line.hasBytePrefix("MB:") {
        throw RdtSchemaProblem.malformed(line: line)
      }
      given = try RdtSchemata(lines: RdtGroup(asked, id: state.id).schemata)
    } catch {
      throw .rdt(.schema(error))
    }
    return try SchemataUpdate(given, location, composition.rdt(location.mount))
  }

  /// Sets back what an earlier update left half done, as far as the kernel lets it; what is left to set back.
  func settleSchemata(_ state: StateRecord) -> RdtSchemata {
    guard !state.unsettledSchemata.isEmpty, let location = state.rdt else { return RdtSchemata() }
    do throws(RdtError) {
      _ = try composition.rdt(location.mount).apply(state.unsettledSchemata, to: location)
      return RdtSchemata()
    } catch {
      log.note(.warning, "\(Failure.rdt(error))")
      // A class that is gone has nothing to set back.
      if case .gone = error { return RdtSchemata() }
      return state.unsettledSchemata
    }
  }
}
