import Domain
import Ports
import Simulation
import Testing

@testable import Kit

extension UseCaseTests {
  /// Containers with classes of service, on models.
  @Suite(.serialized) struct RdtUseCaseTests {
    private static let own = #"{"l3CacheSchema":"L3:0=f","enableMonitoring":true}"#
    private static let shared = #"{"closID":"gold","schemata":["L3:0=f"]}"#

    private func created(_ rdt: String) throws -> Bench {
      let bench = try Bench(rdt: rdt)
      let failure = bench.run("create --bundle \(bench.directory) a")
      try #require(failure == nil, "\(failure ?? "")")
      return bench
    }

    private func state(_ bench: Bench) throws -> StateRecord? {
      bench.store.entries[try ContainerID("a")]?.state
    }

    @Test func aClassOfItsOwnComesAndGoes() throws {
      let bench = try created(RdtUseCaseTests.own)
      #expect(bench.rdt.groups.keys.sorted() == ["", "a", "a/a"])
      let process = try #require(try bench.identity("a"))
      #expect(bench.rdt.members == [process.pid: "a/a"])
      let record = try #require(try state(bench))
      #expect(record.rdt?.identity == bench.rdt.groups["a"]?.identity)
      #expect(record.rdt?.monitoringIdentity == bench.rdt.groups["a/a"]?.identity)
      #expect(bench.run("delete --force a") == nil)
      #expect(bench.rdt.groups.keys.sorted() == [""])
    }

    @Test func theProcessIsPutInBeforeItGetsItsPlan() throws {
      let bench = try Bench(rdt: RdtUseCaseTests.own)
      var groups: [String] = []
      let tree = bench.rdt
      bench.spawner.whenBorn = { groups = tree.groups.keys.sorted() }
      #expect(bench.run("create --bundle \(bench.directory) a") == nil)
      #expect(groups == ["", "a", "a/a"])
    }

    @Test func furtherProcessesJoin() throws {
      let bench = try created(RdtUseCaseTests.own)
      bench.store.markStarted(try ContainerID("a"))
      #expect(bench.run("exec --detach a /bin/true") == nil)
      #expect(bench.rdt.members.count == 2)
      bench.rdt.groups = bench.rdt.groups.filter { $0.key.isEmpty }
      let living = bench.processes.living.count
      #expect(bench.run("exec --detach a /bin/true")?.contains(#"resctrl group "a" is gone"#) == true)
      #expect(bench.processes.living.count == living)
    }

    static let failures = ["spawn", "cgroup", "state", "hook"]

    @Test(arguments: failures, [own, shared]) func aCreationThatFailsLeavesNothing(
      _ place: String, _ rdt: String
    ) throws {
      let hooks = place == "hook" ? #"{"createRuntime":[{"path":"/h"}]}"# : "{}"
      let bench = try Bench(hooks: hooks, rdt: rdt)
      let failure = SystemFailure(call: "x", subject: "y", errno: .ioError)
      switch place {
      case "spawn": bench.spawner.failure = .system(failure)
      case "cgroup": bench.cgroups.failing = ["create"]
      case "state": bench.store.failsToClaim = true
      default: bench.hooks.failing = ["/h"]
      }
      bench.cgroups.hasBirthplace = place == "state"
      let processes = bench.processes
      bench.rdt.hasEnded = { pid in !processes.living.contains { $0.pid == pid } }
      #expect(bench.run("create --bundle \(bench.directory) a") != nil)
      #expect(bench.rdt.groups.keys.sorted() == [""])
      #expect(bench.store.entries.isEmpty)
    }

    @Test func whatIsRefusedMakesNothing() throws {
      let bench = try Bench(rdt: #"{"closID":"gold"}"#)
      let failure = bench.run("create --bundle \(bench.directory) a")
      #expect(failure?.contains(#"/linux/intelRdt: class of service "gold" does not exist"#) == true)
      #expect(bench.store.entries.isEmpty && bench.store.calls.isEmpty)
      #expect(bench.spawner.requests.isEmpty)
    }

    @Test func aClassOfSomebodyElseIsNotRemovedByAFailure() throws {
      let bench = try Bench(rdt: RdtUseCaseTests.own)
      let tree = bench.rdt
      tree.make("a", RdtSchemata())
      #expect(bench.run("create --bundle \(bench.directory) a")?.contains("exists already") == true)
      #expect(tree.groups.keys.sorted() == ["", "a"])
    }

    @Test func aSharedClassStays() throws {
      let bench = try created(RdtUseCaseTests.shared)
      #expect(bench.run("create --bundle \(bench.directory) b") == nil)
      #expect(bench.run("delete --force a") == nil)
      #expect(bench.run("delete --force b") == nil)
      #expect(bench.rdt.groups.keys.sorted() == ["", "gold"])
    }

    /// What a creator that was killed has made is removed, with nothing known of it but its intent.
    @Test(arguments: [own, shared], [false, true])
    func theIntentAloneTellsWhatToRemove(_ rdt: String, _ isUsed: Bool) throws {
      let bench = try created(rdt)
      let entry = try #require(bench.store.entries[try ContainerID("a")])
      let location = try #require(entry.intent.rdt)
      #expect(location.identity == nil && location.isNew)
      bench.rdt.hasEnded = { _ in !isUsed }
      let removal = try InMemoryIntelRdtManager(bench.rdt).destroy(location)
      #expect((removal == .done) != isUsed)
      #expect((bench.rdt.groups.keys.sorted() == [""]) != isUsed)
    }

    @Test func updatesChangeWhatIsGiven() throws {
      let bench = try created(#"{"l3CacheSchema":"L3:0=f;1=ff","schemata":["MB:0=20"]}"#)
      #expect(bench.run("update --l3-cache-schema L3:0=3 --mem-bw-schema MB:1=30 a") == nil)
      #expect(bench.rdt.groups["a"]?.schemata.lines == ["L3:0=3;1=ff", "MB:0=20;1=30"])
      let record = try #require(try state(bench))
      #expect(record.document.linux?.intelRdt?.schemata == ["L3:0=3;1=ff", "MB:0=20;1=30"])
      #expect(record.document.linux?.intelRdt?.l3CacheSchema == nil)
      #expect(record.unsettledSchemata.isEmpty)
    }

    static let refusals: [(String, String)] = [
      ("--l3-cache-schema L3:0=800", "mask out of range"), ("--l3-cache-schema L3", "no line of the form"),
      ("--mem-bw-schema L3:0=f", "no line of the form"), ("--mem-bw-schema MB:7=20", "no such domain"),
    ]

    @Test(arguments: refusals) func anUpdateThatIsRefusedChangesNothing(_ option: String, _ message: String)
      throws
    {
      let bench = try created(RdtUseCaseTests.own)
      let before = (bench.rdt.groups["a"]?.schemata, try state(bench))
      #expect(bench.run("update \(option) a")?.contains(message) == true)
      #expect(bench.rdt.groups["a"]?.schemata == before.0)
      #expect(try state(bench) == before.1)
    }

    @Test func theDefaultClassIsTheHosts() throws {
      let bench = try created(#"{"closID":"/"}"#)
      #expect(bench.run("update --l3-cache-schema L3:0=f a")?.contains("default class") == true)
    }

    @Test func aHalfDoneUpdateIsSetBack() throws {
      let bench = try created(RdtUseCaseTests.own)
      var record = try #require(try state(bench))
      record.unsettledSchemata = try RdtSchemata(lines: ["L3:1=3"])
      try bench.store.save(record)
      #expect(bench.run("update --mem-bw-schema MB:1=30 a") == nil)
      #expect(bench.rdt.groups["a"]?.schemata.value("L3", 1) == "3")
      #expect(try state(bench)?.unsettledSchemata.isEmpty == true)
    }
  }
}
