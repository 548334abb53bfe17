import CLinux
import Domain
import Linux
import Ports
import Testing

@testable import Spawner

/// A small program that speaks the init stage's part of the conversation. It answers what the first
/// text of its plan asks, in one `failed` frame: its user id as the errno, the number of slots as the
/// call, and the answer as the detail.
private final class Speaker: Sendable {
  private let program: Descriptor

  /// Compiles it; nil where there is no compiler. Its file is gone at once: only the descriptor is left.
  init?() {
    let binary = "/tmp/martlet-speaker-\(Processes.current)"
    let source = binary + ".c"
    defer {
      try? Files.remove(source)
      try? Files.remove(binary)
    }
    guard let file = try? Files.open(source, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600),
      (try? Files.writeAll(file.number, Speaker.text)) != nil,
      system("cc -o \(binary) \(source) 2>/dev/null && chmod 755 \(binary)") == 0,
      let opened = try? Files.open(binary, O_PATH)
    else { return nil }
    program = opened
  }

  /// Where to find it.
  var path: String { "/proc/self/fd/\(program.number)" }

  static let shared = Speaker()

  private static let text = """
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <sys/stat.h>
    #include <time.h>
    #include <unistd.h>
    struct frame { uint8_t kind, zero; uint16_t call; uint32_t index; int32_t err; uint32_t detail; };
    int main(int argc, char **argv) {
      static char control[4096], plan[65536], name[256];
      struct stat st;
      unsigned mask = 0;
      if (argc != 3 || strcmp(argv[1], "init")) return 90;
      int s = atoi(argv[2]);
      for (int i = 0; i < 32; i++) if (fcntl(i, F_GETFD) >= 0) mask |= 1u << i;
      struct frame f;
      struct iovec part = {&f, sizeof f};
      struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                         .msg_controllen = sizeof control};
      if (recvmsg(s, &m, MSG_WAITALL) != sizeof f || f.kind != 1) return 91;
      struct cmsghdr *c = CMSG_FIRSTHDR(&m);
      unsigned slots = c ? (c->cmsg_len - CMSG_LEN(0)) / 4 : 0;
      if (slots != f.detail || f.index > sizeof plan) return 92;
      if (recv(s, plan, f.index, MSG_WAITALL) != (ssize_t)f.index) return 93;
      const char *ask = plan + 32;
      struct frame r = {5, 0, slots, 0, getuid(), 0};
      if (!strncmp(ask, "ns:", 3)) {
        snprintf(name, sizeof name, "/proc/self/ns/%s", ask + 3);
        if (stat(name, &st)) return 94;
        r.detail = st.st_ino;
      } else if (!strcmp(ask, "clock")) {
        struct timespec t;
        clock_gettime(CLOCK_BOOTTIME, &t);
        r.detail = t.tv_sec;
      } else if (!strcmp(ask, "descriptors")) {
        r.detail = mask;
      } else if (!strcmp(ask, "execute")) {
        r.kind = 6;
      } else if (!strcmp(ask, "wait")) {
        r.kind = 4;
        r.index = 2;
      }
      if (send(s, &r, sizeof r, MSG_NOSIGNAL) != sizeof r) return 95;
      if (r.kind == 4) return recv(s, &f, sizeof f, MSG_WAITALL) == sizeof f ? 7 : 96;
      return 7;
    }

    """
}

/// Why the suite is skipped.
private let canRun = getuid() == 0 && Speaker.shared != nil

@Suite("Births", .enabled(if: canRun, "needs root and a C compiler"))
struct SpawnerBirthTests {
  private func plan(_ question: String, _ birth: Birth, slots: [SlotSource] = []) -> Plan {
    Plan(
      birth: birth, slots: slots.map { PlannedSlot($0, origin: .root) },
      entries: [PlanEntry(.setHostName(question), origin: .root)])
  }

  private func start(
    _ question: String, _ birth: Birth, slots: [SlotSource] = [], target: ProcessIdentity? = nil
  ) throws -> any InitProcess {
    let plan = plan(question, birth, slots: slots)
    let request = SpawnRequest(plan: plan, target: target)
    let process = try LinuxProcessSpawner(executable: Speaker.shared?.path).spawn(request)
    try process.deliver(EncodedPlan(plan), doors: [])
    return process
  }

  /// The answer: user id, number of slots, detail.
  private func ask(
    _ question: String, _ birth: Birth, slots: [SlotSource] = [], target: ProcessIdentity? = nil
  ) throws -> (uid: Int32, slots: UInt16, detail: UInt32)? {
    let process = try start(question, birth, slots: slots, target: target)
    defer { process.kill() }
    let event = try process.nextEvent()
    guard case .failed(let failure) = event else {
      Issue.record("\(event)")
      return nil
    }
    return (failure.errno.rawValue, failure.call.rawValue, failure.detail)
  }

  private func inode(_ pid: Int32, _ type: NamespaceType) throws -> UInt32 {
    let namespace = try Files.open("/proc/\(pid)/ns/\(type.procName)", O_RDONLY)
    return UInt32(truncatingIfNeeded: try Files.status(namespace.number).st_ino)
  }

  /// The soft limit of open files.
  private func openFiles(_ pid: Int32) throws -> Substring? {
    let text = String(decoding: try Procfs().read("\(pid)/limits"), as: UTF8.self)
    return text.split(separator: "\n").first { $0.hasPrefix("Max open files") }?.split(separator: " ")
      .dropFirst(3)
      .first
  }

  private let mapping = [IDMapping(containerID: 0, hostID: 100_000, size: 65536)]

  @Test("slots arrive, and no descriptor but the standard ones and the socket")
  func descriptors() throws {
    let slots = try ask(
      "ns:pid", Birth(), slots: [.mountTree(MountTree(path: "/", recursive: true)), .hostPath("/etc")])
    #expect(slots?.slots == 2)
    #expect(try ask("descriptors", Birth())?.detail == 0b1111)
  }

  @Test("each kind is new when asked for, and the runtime's when not", arguments: NamespaceType.allCases)
  func created(type: NamespaceType) throws {
    let own = try inode(Processes.current, type)
    let question = "ns:" + type.procName
    #expect(try ask(question, Birth())?.detail == own)
    var birth = Birth(created: NamespaceSet(type))
    if type == .user { (birth.uidMappings, birth.gidMappings) = (mapping, mapping) }
    // The cgroup namespace is a step's, once the process is in its cgroup.
    #expect(try ask(question, birth)?.detail == own || type != .cgroup)
    #expect((try ask(question, birth)?.detail == own) == (type == .cgroup))
  }

  @Test("in a new user namespace it is root")
  func userNamespace() throws {
    let birth = Birth(
      created: NamespaceSet([.user, .mount, .pid]), uidMappings: mapping, gidMappings: mapping)
    #expect(try ask("ns:user", birth)?.uid == 0)
  }

  @Test("clocks are shifted before it runs", arguments: [false, true])
  func clocks(inUserNamespace: Bool) throws {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    let offset = TimeOffset(clock: .boottime, seconds: 1_000_000, nanoseconds: 0)
    var birth = Birth(created: NamespaceSet(.time), timeOffsets: [offset])
    if inUserNamespace {
      birth.created.insert(NamespaceSet(.user))
      (birth.uidMappings, birth.gidMappings) = (mapping, mapping)
    }
    let seconds = try ask("clock", birth)?.detail ?? 0
    #expect(Int(seconds) - 1_000_000 - time.tv_sec < 60)
    #expect(Int(seconds) - 1_000_000 - time.tv_sec >= 0)
  }

  @Test("namespaces of another process are joined by path, its user namespace too")
  func joined() throws {
    let kinds: [NamespaceType] = [.user, .network, .ipc, .uts, .mount, .pid]
    let host = try start(
      "wait", Birth(created: NamespaceSet(kinds), uidMappings: mapping, gidMappings: mapping))
    defer { host.kill() }
    #expect(try host.nextEvent() == .reached(.ready))
    let pid = host.identity.pid
    let all = kinds.map {
      Birth.JoinedNamespace(type: $0, path: "/proc/\(pid)/ns/\($0.procName)", origin: .root)
    }
    for type in kinds {
      let alone = [Birth.JoinedNamespace(type: type, path: "/proc/\(pid)/ns/\(type.procName)", origin: .root)]
      for birth in [Birth(joined: all), Birth(joined: alone)] {
        let process = try start("wait", birth)
        defer { process.kill() }
        #expect(try process.nextEvent() == .reached(.ready))
        #expect(try inode(process.identity.pid, type) == inode(pid, type), "\(type)")
      }
    }
    // The runtime is back at home. What is left to the init stage's own steps was not made here.
    let made = NamespaceSet(kinds).subtracting(Birth(created: NamespaceSet(kinds)).unshared)
    for type in kinds where made.contains(type) {
      #expect(try inode(Processes.current, type) != inode(pid, type))
    }
  }

  @Test("exec is born in the target's pid namespace")
  func entered() throws {
    let host = try start("wait", Birth(created: NamespaceSet([.pid, .mount])))
    defer { host.kill() }
    #expect(try host.nextEvent() == .reached(.ready))
    let process = try start(
      "wait", Birth(entered: NamespaceSet([.pid, .mount])), slots: [.target], target: host.identity)
    defer { process.kill() }
    #expect(try process.nextEvent() == .reached(.ready))
    #expect(try inode(process.identity.pid, .pid) == inode(host.identity.pid, .pid))
  }

  @Test("limits hold from ready on; the end after the last word is no death")
  func conversation() throws {
    let limit = Birth.PlannedLimit(resource: 7, soft: 64, hard: 64, origin: .root)
    let process = try start("wait", Birth(limits: [limit]))
    defer { process.kill() }
    #expect(try process.nextEvent() == .reached(.ready))
    #expect(try openFiles(process.identity.pid) != "64")
    try BirthGifts.set([limit], of: process.identity.pid)
    #expect(try openFiles(process.identity.pid) == "64")
    try process.proceed()
    #expect(try process.nextEvent() == .died(waitStatus: 7 << 8))
    let last = try start("execute", Birth())
    defer { last.kill() }
    #expect(try last.nextEvent() == .executed)
  }
}
