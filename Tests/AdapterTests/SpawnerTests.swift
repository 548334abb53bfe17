import CLinux
import Domain
import Linux
import Ports
import Testing

@testable import Spawner

@Suite("Spawned processes")
struct SpawnedProcessTests {
  /// A live child that waits to be killed, and a process object whose peer is the test.
  private func conversation(entries: Int = 2) throws -> (SpawnedProcess, Int32) {
    let pair = try SyncChannel.pair()
    guard let child = try Processes.fork() else {
      while true { pause() }
    }
    // The child's copy of the peer's end would hide its end.
    let entry = PlanEntry(.startSession, origin: .root)
    let process = SpawnedProcess(
      identity: ProcessIdentity(pid: child.pid, startTime: 0), processDescriptor: child.descriptor,
      socket: Descriptor(owning: pair.first),
      request: SpawnRequest(plan: Plan(birth: Birth(), entries: Array(repeating: entry, count: entries))))
    return (process, pair.second)
  }

  @Test(
    "frames become events",
    arguments: [
      (SyncFrame(.reached, index: 1), InitEvent.reached(.mounted)),
      (SyncFrame(.reached, index: 2), .reached(.ready)),
      (
        SyncFrame(StepFailure(index: 1, errno: .busy, call: .mount, detail: 7)),
        .failed(StepFailure(index: 1, errno: .busy, call: .mount, detail: 7))
      ),
    ])
  func events(frame: SyncFrame, event: InitEvent) throws {
    let (process, peer) = try conversation()
    defer {
      process.kill()
      _ = Descriptor(owning: peer)
    }
    try SyncChannel.send(frame, on: peer)
    #expect(try process.nextEvent() == event)
  }

  @Test(
    "nonsense is an error",
    arguments: [
      SyncFrame(.reached, index: 9), SyncFrame(.plan), SyncFrame(.failed, index: 2),
      SyncFrame(.failed, index: SyncFrame.birth, errno: 2, call: StepCall.execve.rawValue),
    ])
  func nonsense(frame: SyncFrame) throws {
    let (process, peer) = try conversation()
    defer {
      process.kill()
      _ = Descriptor(owning: peer)
    }
    try SyncChannel.send(frame, on: peer)
    #expect(throws: SpawnError.self) { try process.nextEvent() }
  }

  @Test("death without a word is told, with its status, and kill may come twice")
  func death() throws {
    let (process, peer) = try conversation()
    defer { _ = Descriptor(owning: peer) }
    try Processes.signal(process.processDescriptor, SIGKILL)
    #expect(try process.nextEvent() == .died(waitStatus: SIGKILL))
    process.kill()
    process.kill()
  }

  @Test("more slots than one message carries arrive in order, and the plan behind them")
  func manySlots() throws {
    let pair = try SyncChannel.pair()
    let count = 600
    let slots = [Int32](repeating: 0, count: count)
    let plan = [UInt8](repeating: 0xAB, count: 5000)
    try PlanDelivery.send(
      SyncFrame(.plan, index: UInt32(plan.count), detail: UInt32(count)), plan, slots, on: pair.first)
    var received = 0
    var total = 0
    var room = [Int32](repeating: -1, count: SyncChannel.batch)
    while total < count {
      let frame = try room.withUnsafeMutableBufferPointer {
        try SyncChannel.receive(on: pair.second, descriptors: $0, received: &received)
      }
      #expect(frame?.kind == (total == 0 ? .plan : .descriptors))
      #expect(received > 0)
      guard received > 0 else { break }
      for descriptor in room.prefix(received) { _ = Descriptor(owning: descriptor) }
      total += received
    }
    var bytes = [UInt8](repeating: 0, count: plan.count)
    try bytes.withUnsafeMutableBytes { try SyncChannel.receive(on: pair.second, into: $0) }
    #expect(total == count)
    #expect(bytes == plan)
    _ = Descriptor(owning: pair.first)
    _ = Descriptor(owning: pair.second)
  }
}

@Suite("The Linux spawner")
struct LinuxProcessSpawnerTests {
  /// A program that takes no part in the conversation: it ends at once.
  private let spawner = LinuxProcessSpawner(executable: "/bin/true")

  @Test(
    "a program that says nothing has died",
    arguments: [NamespaceSet([]), NamespaceSet([.pid, .mount, .uts, .ipc, .network])])
  func silent(namespaces: NamespaceSet) throws {
    // New namespaces need privileges.
    guard namespaces.isEmpty || getuid() == 0 else { return }
    let plan = Plan(birth: Birth(created: namespaces))
    let process = try spawner.spawn(SpawnRequest(plan: plan))
    try process.deliver(EncodedPlan(plan), doors: [])
    #expect(try process.nextEvent() == .died(waitStatus: 0))
    #expect(process.identity.startTime > 0)
  }

  @Test("ids and clocks are written while it waits", .enabled(if: getuid() == 0, "needs root"))
  func gifts() throws {
    let mapping = [IDMapping(containerID: 0, hostID: 100_000, size: 65536)]
    let plan = Plan(
      birth: Birth(
        created: NamespaceSet([.user, .time, .pid]), uidMappings: mapping, gidMappings: mapping,
        timeOffsets: [TimeOffset(clock: .boottime, seconds: 1000, nanoseconds: 0)], oomScoreAdj: 10))
    let process = try spawner.spawn(SpawnRequest(plan: plan))
    #expect(try process.nextEvent() == .died(waitStatus: 0))
  }

  @Test("a mapping that the kernel refuses leaves no process", .enabled(if: getuid() == 0, "needs root"))
  func refused() throws {
    let bad = [IDMapping(containerID: 0, hostID: 0, size: 0)]
    let plan = Plan(birth: Birth(created: NamespaceSet(.user), uidMappings: bad, gidMappings: bad))
    #expect(throws: SpawnError.self) { try spawner.spawn(SpawnRequest(plan: plan)) }
  }

  @Test("what is missing is named by its place")
  func missing() throws {
    let origin = JSONPointer(text: "/root/path")
    let plan = Plan(
      birth: Birth(),
      slots: [PlannedSlot(.mountTree(MountTree(path: "/nonexistent/x", recursive: true)), origin: origin)])
    let failure = SystemFailure(call: "open_tree", subject: "/nonexistent/x", errno: .noSuchFileOrDirectory)
    let process = try spawner.spawn(SpawnRequest(plan: plan))
    defer { process.kill() }
    #expect(throws: SpawnError.slot(origin: origin, failure)) {
      try process.deliver(EncodedPlan(plan), doors: [])
    }
    let preserved = Plan(birth: Birth(preservedDescriptors: 900))
    #expect(throws: SpawnError.self) { try spawner.spawn(SpawnRequest(plan: preserved)) }
  }

  @Test("a namespace of another kind is refused, and a file that is none")
  func joiner() throws {
    let joiner = LinuxNamespaceJoiner()
    #expect(throws: NamespaceError.wrongType(expected: .uts, path: "/proc/self/ns/net")) {
      try joiner.open(.uts, path: "/proc/self/ns/net")
    }
    #expect(throws: NamespaceError.wrongType(expected: .uts, path: "/dev/null")) {
      try joiner.open(.uts, path: "/dev/null")
    }
    let own = try Processes.currentIdentity()
    _ = Descriptor(owning: try joiner.open(own))
    let other = ProcessIdentity(pid: own.pid, startTime: own.startTime &+ 1)
    #expect(throws: NamespaceError.processGone(other)) { try joiner.open(other) }
  }
}

@Suite("The runtime's image and the parent's way round")
struct SpawnerPartsTests {
  @Test(
    "a binary can be opened as an image, and not be written through it",
    .enabled(if: getuid() == 0, "cloning a mount needs root"))
  func image() throws {
    _ = try RuntimeImage.open(nil, amongOthers: false)
    // Not one that runs: the kernel would refuse to write that in any case.
    let binary = "/tmp/martlet-image-\(Processes.current)"
    let file = try Files.open(binary, O_RDWR | O_CREAT | O_EXCL, mode: 0o700)
    defer { try? Files.remove(binary) }
    try Files.writeAll(file.number, "program")
    let image = try RuntimeImage.open(binary, amongOthers: false)
    let path = "/proc/self/fd/\(image.number)"
    #expect(throws: Errno.readOnlyFileSystem) { _ = try Files.open(path, O_WRONLY) }
  }

  @Test(
    "a binary for a user namespace with others in it is a copy that only its owner reads, and nobody changes")
  func copy() throws {
    let image = try RuntimeImage.open("/bin/true", amongOthers: true)
    let status = try Files.status(image.number)
    #expect(status.st_mode & 0o7777 == 0o711)
    var byte: UInt8 = 0
    #expect(throws: Errno.notPermitted) {
      try withUnsafeBytes(of: &byte) { (bytes) throws(Errno) in try Files.writeAll(image.number, bytes) }
    }
    let original = try Files.open("/bin/true", O_RDONLY)
    #expect(try Files.status(original.number).st_size == status.st_size)
  }

  @Test("a connection reaches a socket behind a path longer than an address")
  func longPath() throws {
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try UnixSocket.connect("/nonexistent/socket") }
    let long = "/" + String(repeating: "a", count: 200) + "/socket"
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try UnixSocket.connect(long) }
  }
}
