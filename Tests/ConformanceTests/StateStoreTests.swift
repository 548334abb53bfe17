import CLinux
import Domain
import Linux
import PortConformance
import Ports
import Simulation
import StateDirectory
import Testing
import YajlDocument

/// The same checks for every store: the model, and the one on disk.
@Suite struct StateStoreTests {
  @Test("the model conforms")
  func model() {
    let store = InMemoryStateStore()
    let creator = ProcessIdentity(pid: 1000, startTime: 1)
    #expect(StateStoreConformance(creator: creator, make: { store }).run() == [])
    #expect(store.entries.isEmpty)
    #expect(StateStoreConformance.names.count >= 10)
  }

  @Test("directories conform, and none is left")
  func directories() throws {
    var template = Array("/tmp/martlet-stores-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    let conformance = StateStoreConformance(creator: try Processes.currentIdentity()) {
      DirectoryStateStore(root: path + "/root", reader: YajlDocument())
    }
    #expect(conformance.run() == [])
    // An entry that was left would keep them from being removed.
    #expect(rmdir(path + "/root") == 0)
    #expect(rmdir(path) == 0)
  }

  /// Checks that pass whatever a store does would prove nothing.
  @Test("a store that forgets does not conform")
  func forgetful() {
    let creator = ProcessIdentity(pid: 1000, startTime: 1)
    #expect(StateStoreConformance(creator: creator, make: { InMemoryStateStore() }).run().count >= 6)
  }
}
