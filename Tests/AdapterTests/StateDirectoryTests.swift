import CLinux
import Domain
import Linux
import Ports
import Synchronization
import Testing
import YajlDocument

@testable import StateDirectory

/// `O_WRONLY | O_CREAT`, which two modules define.
private let writeAndCreate: Int32 = 0o101

/// A root directory of a test's own, removed with it.
private final class TemporaryRoot: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/martlet-state-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) } != nil
    }
    path =
      made
      ? String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) : "/nonexistent"
  }

  deinit {
    if let parent = try? Files.open("/tmp", 0) {
      try? DirectoryTree.remove(String(path.dropFirst(5)), at: parent.number)
    }
  }

  var store: DirectoryStateStore { DirectoryStateStore(root: path + "/deep/root", reader: YajlDocument()) }

  /// What is below the root, preparations included.
  var names: [String] {
    guard let root = try? Files.open(path + "/deep/root", 0) else { return [] }
    return ((try? DirectoryListing.names(in: root.number)) ?? []).sorted()
  }
}

private func intent(_ name: String, creator: ProcessIdentity? = nil) throws -> IntentRecord {
  IntentRecord(
    id: try ContainerID(name), bundle: "/bundle", creator: try creator ?? Processes.currentIdentity(),
    created: Timestamp(seconds: 1_700_000_000, nanoseconds: 5),
    cgroup: CgroupLocation(
      driver: .cgroupfs, paths: [.init(controller: "pids", directory: "/sys/fs/cgroup/pids/x")]))
}

private func record(_ intent: IntentRecord) -> StateRecord {
  StateRecord(
    id: intent.id, initProcess: intent.creator, created: intent.created, rootless: false,
    cgroup: intent.cgroup, namespacePaths: [], externalDescriptors: ["/dev/null", "/dev/null", "/dev/null"],
    bundle: intent.bundle, rootfs: "/bundle/rootfs", namespaces: NamespaceSet(.pid), document: Document())
}

@Suite("The state directory")
struct StateDirectoryTests {
  private let root = TemporaryRoot()

  @Test("an entry comes, changes and goes")
  func lifecycle() throws {
    let store = root.store
    let intent = try intent("one")
    #expect(throws: StateError.missing(intent.id)) { try store.load(intent.id) }
    #expect(try store.identifiers().isEmpty)
    let lock = try store.begin(intent)
    var entry = try store.load(intent.id)
    #expect(entry.intent == intent)
    #expect(entry.state == nil)
    #expect(!entry.awaitsStart)
    #expect(entry.owner == getuid())
    try store.save(record(intent))
    try store.save(record(intent))
    #expect(mkfifo(store.directory(of: intent.id) + "/exec.fifo", 0o622) == 0)
    entry = try store.load(intent.id)
    #expect(entry.state?.initProcess == intent.creator)
    #expect(entry.awaitsStart)
    #expect(try store.identifiers() == [intent.id])
    #expect(throws: StateError.exists(intent.id)) { try store.begin(intent) }
    lock.release()
    lock.release()
    try store.lock(intent.id).release()
    try store.remove(intent.id)
    try store.remove(intent.id)
    #expect(root.names == [])
    #expect(throws: StateError.missing(intent.id)) { try store.lock(intent.id) }
    #expect(throws: StateError.missing(intent.id)) { try store.save(record(intent)) }
  }

  @Test("a claim is seen from then on, and the entry goes as any other")
  func claiming() throws {
    let store = root.store
    let intent = try intent("claimed")
    #expect(throws: StateError.self) { try store.claimCgroup(of: intent.id) }
    _ = try store.begin(intent)
    #expect(try !store.load(intent.id).ownsCgroup)
    try store.claimCgroup(of: intent.id)
    #expect(throws: StateError.self) { try store.claimCgroup(of: intent.id) }
    var entry = try root.store.load(intent.id)
    #expect(entry.ownsCgroup && entry.intent == intent && entry.state == nil)
    try store.save(record(intent))
    entry = try root.store.load(intent.id)
    #expect(entry.ownsCgroup && entry.state != nil)
    try store.remove(intent.id)
    #expect(root.names == [])
  }

  @Test("a reader never misses an entry that is being claimed")
  func claimingWhileRead() throws {
    for round in 0..<50 {
      let intent = try intent("read-\(round)")
      _ = try root.store.begin(intent)
      let failures = Atomic(0)
      onThreads(4) { index in
        do {
          if index == 0 {
            try root.store.claimCgroup(of: intent.id)
          } else {
            for _ in 0..<5 where try root.store.load(intent.id).intent != intent {
              failures.add(1, ordering: .relaxed)
            }
          }
        } catch {
          failures.add(1, ordering: .relaxed)
        }
      }
      #expect(failures.load(ordering: .relaxed) == 0)
    }
  }

  @Test("a staged state shows once it is published, and goes with the entry")
  func staging() throws {
    let store = root.store
    let intent = try intent("one")
    let lock = try store.begin(intent)
    defer { lock.release() }
    let staged = try store.stage(record(intent))
    #expect(try store.load(intent.id).state == nil)
    try staged.publish()
    #expect(try store.load(intent.id).state == record(intent))
    _ = try store.stage(record(intent))
    try store.remove(intent.id)
    #expect(root.names == [])
  }

  @Test("a lock that was given back is taken again for the same container only")
  func reacquiring() throws {
    let store = root.store
    let intent = try intent("one")
    let lock = try store.begin(intent)
    lock.release()
    #expect(try lock.reacquire())
    lock.release()
    try store.remove(intent.id)
    #expect(try !lock.reacquire())
    _ = try store.begin(intent)
    #expect(try !lock.reacquire())
  }

  @Test("of many that begin one id one wins, and the losers leave nothing")
  func race() throws {
    for round in 0..<20 {
      let winners = Atomic(0)
      let losers = Atomic(0)
      let id = "race-\(round)"
      // Each as a process of its own: the numbers need not live.
      onThreads(8) { index in
        guard let mine = try? intent(id, creator: ProcessIdentity(pid: Int32(index) + 100, startTime: 1))
        else { return }
        do {
          _ = try root.store.begin(mine)
          winners.add(1, ordering: .relaxed)
        } catch StateError.exists {
          losers.add(1, ordering: .relaxed)
        } catch {}
      }
      #expect(winners.load(ordering: .relaxed) == 1)
      #expect(losers.load(ordering: .relaxed) == 7)
    }
    #expect(root.names.count == 20)
    #expect(root.names.allSatisfy { !$0.hasPrefix("@") })
  }

  @Test("concurrent removals all succeed; a reader sees the whole entry or none")
  func removals() throws {
    for _ in 0..<200 {
      let intent = try intent("gone")
      _ = try root.store.begin(intent)
      try root.store.save(record(intent))
      let failures = Atomic(0)
      onThreads(6) { index in
        do {
          if index < 3 {
            try root.store.remove(intent.id)
          } else {
            let entry = try root.store.load(intent.id)
            if entry.state == nil { failures.add(1, ordering: .relaxed) }
          }
        } catch StateError.missing {
        } catch {
          failures.add(1, ordering: .relaxed)
        }
      }
      #expect(failures.load(ordering: .relaxed) == 0)
    }
    #expect(root.names == [])
  }

  @Test("a lock is waited for, and one on a directory that is gone is none")
  func locking() throws {
    let store = root.store
    let intent = try intent("locked")
    nonisolated(unsafe) let first = try store.begin(intent)
    try store.save(record(intent))
    let outcome = Mutex<[String]>([])
    onThreads(2) { index in
      if index == 0 {
        let second = try? root.store.lock(intent.id)
        outcome.withLock { $0.append(second == nil ? "missing" : "locked") }
      } else {
        try? root.store.remove(intent.id)
        first.release()
      }
    }
    #expect(outcome.withLock { $0 } == ["missing"])
  }

  private func impatient(_ milliseconds: Int64) -> DirectoryStateStore {
    DirectoryStateStore(root: root.path + "/deep/root", reader: YajlDocument(), patience: milliseconds)
  }

  @Test("a lock that stays with another is not waited for without end")
  func busyLock() throws {
    let store = impatient(200)
    let intent = try intent("busy")
    let busy = StateError.busy(intent.id, milliseconds: 200)
    let first = try store.begin(intent)
    try store.save(record(intent))
    let begun = Waiting.now()
    #expect(throws: busy) { try store.lock(intent.id) }
    #expect(Waiting.now() - begun >= 200)
    first.release()
    let second = try store.lock(intent.id)
    #expect(throws: busy) { try first.reacquire() }
    second.release()
    #expect(try first.reacquire())
    #expect(throws: busy) { try store.lock(intent.id) }
  }

  @Test("a lock is had as soon as its holder gives it back")
  func awaitedLock() throws {
    let intent = try intent("awaited")
    nonisolated(unsafe) let first = try root.store.begin(intent)
    try root.store.save(record(intent))
    let taken = Atomic(0)
    onThreads(2) { index in
      if index == 0 {
        if (try? impatient(60_000).lock(intent.id)) != nil { taken.add(1, ordering: .relaxed) }
      } else {
        usleep(100_000)
        first.release()
      }
    }
    #expect(taken.load(ordering: .relaxed) == 1)
    // Nobody holds it behind the back of whoever gave it back, save a process on its way to another program.
    try impatient(5_000).lock(intent.id).release()
  }

  @Test("a container that is being created says so at once, one whose creator is dead can be locked")
  func creationIsNotAwaited() throws {
    let store = impatient(60_000)
    let new = try intent("new")
    let lock = try store.begin(new)
    #expect(throws: StateError.beingCreated(new.id)) { try store.lock(new.id) }
    lock.release()
    try store.lock(new.id).release()
    let own = try Processes.currentIdentity()
    let dead = try intent("left", creator: ProcessIdentity(pid: own.pid, startTime: own.startTime + 1))
    let left = try store.begin(dead)
    // Its lock is on its way to be free.
    #expect(throws: StateError.busy(dead.id, milliseconds: 100)) { try impatient(100).lock(dead.id) }
    left.release()
    try store.lock(dead.id).release()
  }

  @Test("what a dead process left is swept; what a living one works on stays")
  func sweeping() throws {
    let store = root.store
    let own = try Processes.currentIdentity()
    _ = try store.begin(try intent("alive"))
    let directory = root.path + "/deep/root/"
    let dead = "@x@\(own.pid)@\(own.startTime + 1)"
    let gone = "@y@\(own.pid)@\(own.startTime + 1)@gone"
    let living = "@z@\(own.pid)@\(own.startTime)"
    for name in [dead, gone, living] {
      try Files.makeDirectory(directory + name, mode: 0o700)
      try Files.makeDirectory(directory + name + "/notify", mode: 0o700)
      _ = try Files.open(directory + name + "/intent.json", writeAndCreate, mode: 0o600)
    }
    #expect(throws: StateError.self) { try store.load(try ContainerID("x")) }
    #expect(root.names == [living, "alive"])
  }

  @Test(
    "a record that is none is an error that names its file",
    arguments: ["", "{", "[]", "{\"version\": 99}", "{\"version\":1,\"id\":\"../x\"}", "\u{0}"])
  func malformed(text: String) throws {
    let store = root.store
    let intent = try intent("bad")
    _ = try store.begin(intent)
    let path = store.directory(of: intent.id) + "/state.json"
    let file = try Files.open(path, writeAndCreate, mode: 0o600)
    try Files.writeAll(file.number, text)
    do {
      _ = try store.load(intent.id)
      Issue.record("accepted")
    } catch StateError.malformed(let named, _) {
      #expect(named == path)
    }
    let entry = try store.loadIntent(intent.id)
    #expect(entry.intent == intent && entry.state == nil)
  }

  @Test("a record that cannot be read is one that is damaged", arguments: [true, false])
  func unreadable(isDirectory: Bool) throws {
    let store = root.store
    let intent = try intent("bad")
    _ = try store.begin(intent)
    let path = store.directory(of: intent.id) + "/state.json"
    if isDirectory {
      try Files.makeDirectory(path, mode: 0o700)
    } else {
      #expect(symlink("state.json", path) == 0)
    }
    let reason = isDirectory ? "is a directory" : "too many levels of symbolic links"
    #expect(throws: StateError.malformed(path: path, reason: reason)) { try store.load(intent.id) }
    #expect(try store.loadIntent(intent.id).intent == intent)
  }

  @Test("a file beside the containers is none")
  func otherFiles() throws {
    _ = try root.store.begin(try intent("one"))
    _ = try Files.open(root.path + "/deep/root/file", writeAndCreate, mode: 0o600)
    let id = try ContainerID("file")
    #expect(throws: StateError.missing(id)) { try root.store.load(id) }
    #expect(throws: StateError.missing(id)) { try root.store.lock(id) }
    #expect(throws: StateError.exists(id)) { try root.store.begin(try intent("file")) }
  }

  @Test("the longest name that a directory can have works, a longer one is refused")
  func longNames() throws {
    let long = try intent(String(repeating: "a", count: 255))
    _ = try root.store.begin(long)
    try root.store.remove(long.id)
    #expect(throws: StateError.self) { try root.store.begin(try intent(String(repeating: "a", count: 256))) }
    #expect(root.names == [])
  }
}

/// Runs a body on so many threads at once and waits for all.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  final class Start: Sendable {
    let body: @Sendable (Int) -> Void
    let index: Int
    init(_ body: @escaping @Sendable (Int) -> Void, _ index: Int) {
      self.body = body
      self.index = index
    }
  }
  var threads: [pthread_t] = []
  for index in 0..<count {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(body, index)).toOpaque()
    guard
      pthread_create(
        &thread, nil,
        { argument in
          if let argument {
            let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
            start.body(start.index)
          }
          return nil
        }, start) == 0
    else { continue }
    threads.append(thread)
  }
  for thread in threads { pthread_join(thread, nil) }
}
