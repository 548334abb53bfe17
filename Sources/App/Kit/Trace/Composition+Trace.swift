import Domain
import Ports

extension Composition {
  /// The same ports, each call of which is noted: those that a start calls.
  func traced(by trace: Trace?) -> Composition {
    guard let trace else { return self }
    let base = self
    var copy = self
    copy.store = { root in TracedStore(base.store(root), trace) }
    copy.cgroups = { driver, layout throws(CgroupError) in
      TracedCgroups(
        try trace.call("CgroupManager") { () throws(CgroupError) in try base.cgroups(driver, layout) }, trace)
    }
    copy.rdt = { mount in TracedRdt(base.rdt(mount), trace) }
    copy.spawner = { TracedSpawner(base.spawner(), trace) }
    copy.hooks = { TracedHooks(base.hooks(), trace) }
    copy.documents = { TracedDocuments(base.documents(), trace) }
    copy.seccomp = { cache in TracedSeccomp(base.seccomp(cache), trace) }
    copy.probe = { TracedProbe(base.probe(), trace) }
    copy.networkDevices = { TracedNetworkDevices(base.networkDevices(), trace) }
    return copy
  }
}
