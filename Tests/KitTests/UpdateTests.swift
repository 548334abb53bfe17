import Domain
import Linux
import Ports
import Simulation
import Testing

@testable import Kit

extension UseCaseTests {
  @Suite(.serialized) struct UpdateTests {
    /// A container with limits, on cgroups of a model.
    private final class Subject {
      let bench: Bench
      let tree = InMemoryCgroupManager.Tree()
      let id: ContainerID

      init() throws {
        bench = try Bench(
          resources: """
            {"memory":{"limit":1000,"swap":1500},"cpu":{"shares":512,"quota":5000,"idle":0},"pids":{"limit":7},
             "devices":[{"allow":false,"access":"rwm"}],"blockIO":{"weight":100},
             "hugepageLimits":[{"pageSize":"2MB","limit":0}]}
            """)
        bench.manager = InMemoryCgroupManager(tree)
        id = try ContainerID("a")
        let failure = bench.run("create --bundle \(bench.directory) a")
        try #require(failure == nil, "\(failure ?? "")")
      }

      var group: InMemoryCgroupManager.Tree.Group? { tree.groups["/martlet/a"] }
      var state: StateRecord? { bench.store.entries[id]?.state }
      var recorded: Resources? { state?.document.linux?.resources }

      func text(_ file: String) -> String? { (group?.files[file] ?? ControlFileModel(file)).text }

      /// Writes a file with limits for `--resources`.
      func file(_ json: String) throws -> String {
        let path = bench.directory + "/pid"
        try Host.replace(path, [UInt8](json.utf8), mode: 0o600)
        return path
      }
    }

    @Test func optionsBecomeLimits() throws {
      let subject = try Subject()
      let line = """
        update --memory 2k --memory-swap 3k --memory-reservation 1k --cpu-quota -1 --cpu-period 9000 \
        --cpu-burst 0 --cpu-share 1024 --cpuset-cpus 0-1 --cpuset-mems 0 --pids-limit -1 --blkio-weight 500 \
        --cpu-rt-period 0 --cpu-rt-runtime 7 --cpu-idle 0 a
        """
      #expect(subject.bench.run(line) == nil)
      #expect(subject.text("memory.max") == "2048")
      #expect(subject.text("memory.swap.max") == "1024")
      #expect(subject.text("memory.low") == "1024")
      #expect(subject.text("cpu.max") == "max 9000")
      #expect(subject.text("cpu.weight") == "100")
      #expect(subject.text("cpuset.cpus") == "0-1")
      #expect(subject.text("pids.max") == "max")
      #expect(subject.text("io.bfq.weight") == "default 500")
      #expect(subject.text("hugetlb.2MB.max") == "0")
      let recorded = try #require(subject.recorded)
      #expect(
        recorded.memory.limit == 2048 && recorded.memory.swap == 3072 && recorded.memory.reservation == 1024)
      #expect(recorded.cpu.quota == -1 && recorded.cpu.period == 9000 && recorded.cpu.burst == 0)
      #expect(recorded.cpu.shares == 1024 && recorded.cpu.realtimeRuntime == 7)
      #expect(recorded.pidsLimit == -1 && recorded.blockIO.weight == 500 && recorded.hugepages.count == 1)
      #expect(subject.state?.unsettled == [])
    }

    /// An update that was killed while the container stood still has not paused it.
    @Test(arguments: ["pause a", "update a", "resume a"])
    func whatAnUpdateLeftFrozenGoesOn(_ line: String) throws {
      let subject = try Subject()
      #expect(subject.bench.run("start a") == nil)
      let interrupted = CgroupUpdate(
        ResourceChange(given: Resources(), recorded: Resources()), writes: [], restoration: [.thaw])
      var state = try #require(subject.state)
      state.unsettled = [interrupted]
      try subject.bench.store.save(state)
      subject.tree.groups["/martlet/a"]?.isFrozen = true
      let failure = subject.bench.run(line)
      #expect(failure == nil)
      #expect(subject.group?.isFrozen == line.hasPrefix("pause"))
      if !line.hasPrefix("resume") { #expect(subject.state?.unsettled == []) }
    }

    @Test func onlyWhatWasGivenIsWritten() throws {
      let subject = try Subject()
      subject.tree.writes = 0
      #expect(subject.bench.run("update --pids-limit 9 a") == nil)
      #expect(subject.tree.writes == 1)
      #expect(subject.text("pids.max") == "9")
      #expect(subject.recorded?.memory.limit == 1000)
      #expect(subject.bench.run("update a") == nil)
      #expect(subject.tree.writes == 1)
    }

    static let refused: [(String, String)] = [
      ("update --memory x a", "invalid value for memory: \"x\""),
      ("update --cpu-share -1 a", "command line: /cpu/shares"),
      ("update --pids-limit 1k a", "invalid value \"1k\" for flag -pids-limit: parse error"),
      ("update --cpu-idle 2 a", "/linux/resources/cpu/idle: must be 0 or 1"),
      ("update --memory-swap 10 a", "memory+swap limit should be >= memory limit"),
      ("update --memory 2k a", "memory+swap limit should be >= memory limit"),
      ("update --blkio-weight 7 a", "must be in 10 to 1000"),
      ("update --l3-cache-schema L3:0=f a", "the container has no intelRdt"),
      ("update --resources /nonexistent a", "/nonexistent"),
      ("update --pids-limit 1 b", "container does not exist"),
    ]

    @Test(arguments: refused) func whatCannotBeIsRefused(_ line: String, _ message: String) throws {
      let subject = try Subject()
      let before = (subject.group, subject.state)
      let failure = subject.bench.run(line)
      #expect(failure?.contains(message) == true, "\(failure ?? "accepted")")
      let isAsBefore = before == (subject.group, subject.state)
      #expect(isAsBefore)
    }

    @Test func aFileGivesLimitsInsteadOfOptions() throws {
      let subject = try Subject()
      let path = try subject.file(
        #"{"memory":{"limit":900},"devices":[{"allow":true,"type":"c","major":9,"minor":9,"access":"r"}]}"#)
      #expect(subject.bench.run("update --pids-limit 1 -r \(path) a") == nil)
      #expect(subject.text("memory.max") == "900")
      #expect(subject.text("memory.swap.max") == "600")
      #expect(subject.text("pids.max") == "7")
      #expect(subject.group?.devices.map(\.text) == ["c 9:9 r"])
      #expect(subject.recorded?.devices.map(\.text) == ["c 9:9 r"])
      let wrong = try subject.file(#"{"memory":{"limit":"much"}}"#)
      #expect(subject.bench.run("update -r \(wrong) a")?.contains("/memory/limit") == true)
    }

    @Test func aStoppedContainerIsNotUpdated() throws {
      let subject = try Subject()
      try subject.bench.processes.end(#require(try subject.bench.identity("a")))
      #expect(subject.bench.run("update --pids-limit 1 a") == "container not running")
    }

    private static let all = """
      {"memory":{"limit":900,"swap":2000,"reservation":5},"cpu":{"shares":99,"quota":77,"period":3000,"burst":3,
       "idle":1,"cpus":"1","mems":"1"},"pids":{"limit":8},"devices":[{"allow":true,"access":"rwm"}],
       "blockIO":{"weight":50,"weightDevice":[{"major":8,"minor":0,"weight":20}],
       "throttleReadBpsDevice":[{"major":8,"minor":0,"rate":9}]},
       "hugepageLimits":[{"pageSize":"2MB","limit":2097152}],"rdma":{"a":{"hcaHandles":3}},
       "unified":{"memory.high":"800","misc.max":"a 1"}}
      """

    /// Each write in turn is refused: the container keeps its limits, and the record says so.
    @Test func anUpdateIsAllOrNothing() throws {
      var count = 0
      for refused in 0..<100 {
        let subject = try Subject()
        let path = try subject.file(UpdateTests.all)
        let before = (subject.group, subject.state)
        (subject.tree.writes, subject.tree.refusals) = (0, [refused])
        let failure = subject.bench.run("update -r \(path) a")
        if failure == nil { break }
        count += 1
        #expect(failure?.contains("input/output error") == true)
        let isAsBefore = before == (subject.group, subject.state)
        #expect(isAsBefore, "write \(refused)")
      }
      #expect(count == 18)
    }

    /// The record is written three times: what is under way, what came of it, and that it was taken back.
    @Test(arguments: 0..<2) func aRecordThatCannotBeWrittenIsNoUpdate(_ number: Int) throws {
      let subject = try Subject()
      let before = (subject.group, subject.state)
      subject.bench.store.publicationsUntilFailure = number
      #expect(subject.bench.run("update --pids-limit 9 a")?.contains("renameat") == true)
      #expect(before.0 == subject.group)
      #expect(before.1 == subject.state)
    }

    @Test func whatCannotBeTakenBackIsRecordedAndTakenBackLater() throws {
      let subject = try Subject()
      let path = try subject.file(#"{"pids":{"limit":8},"memory":{"limit":900}}"#)
      let before = (subject.group, subject.state)
      // The swap, which comes second, is refused, and then the way back of the first write.
      (subject.tree.writes, subject.tree.refusals) = (0, [1, 2, 3, 4, 5])
      let failure = subject.bench.run("update -r \(path) a")
      #expect(failure?.contains("input/output error") == true)
      #expect(failure?.contains("could not be set back: memory.max, memory.swap.max, pids.max") == true)
      #expect(subject.text("pids.max") == "8")
      #expect(subject.recorded == before.1?.document.linux?.resources)
      let unsettled = try #require(subject.state?.unsettled)
      #expect(
        unsettled.map { $0.restoration.map(\.file) } == [["memory.max", "memory.swap.max", "pids.max"]])
      subject.tree.refusals = []
      #expect(subject.bench.run("update a") == nil)
      let isAsBefore = before == (subject.group, subject.state)
      #expect(isAsBefore)
    }

    /// Where the way back stays barred, a later update of the same file settles it.
    @Test func aLaterUpdateSettlesWhatItWrites() throws {
      let subject = try Subject()
      (subject.tree.writes, subject.tree.refusals) = (0, [0, 1])
      #expect(subject.bench.run("update --pids-limit 9 a") != nil)
      (subject.tree.writes, subject.tree.refusals) = (0, [0])
      #expect(subject.bench.run("update --pids-limit 5 a") == nil)
      #expect(subject.text("pids.max") == "5")
      #expect(subject.recorded?.pidsLimit == 5)
      #expect(subject.state?.unsettled == [])
    }
  }
}
