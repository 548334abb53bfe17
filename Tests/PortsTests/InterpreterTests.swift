import Domain
import Ports
import Simulation
import Testing

/// The interpreter hands the kernel exactly what was encoded, stops where a step fails, and never trusts
/// a block's lengths.
@Suite struct InterpreterTests {
  /// One step of every kind, with operands that a careless encoding would mix up.
  static let everyStep: [Step] = [
    .joinCgroups, .joinRemainingCgroups, .isolateDescriptorNames,
    .enterNamespaces([NamespaceSet(.mount), NamespaceSet(.network)], of: Slot(rawValue: 7)),
    .unshare(NamespaceSet(.cgroup)), .becomeNamespaceRoot(keepsGroups: true), .startSession,
    .joinSessionKeyring(name: "_ses.box", create: true, userNamespace: false, label: "u:r:t"),
    .bringUpLoopback,
    .setTreePropagation([.slavePropagation, .recursive]), .attachRoot(Slot(rawValue: 1), path: "/srv/root"),
    .mount(
      FileSystemMount(
        type: "tmpfs", source: "tmpfs", destination: "/dev", flags: [.noSetUserID, .strictAccessTime],
        data: "mode=755,size=65536k", plainTarget: true, copyUp: true, inheritMode: true)),
    .mount(
      FileSystemMount(
        type: "tmpfs", source: "t", destination: "/a",
        substitute: .init(tree: Slot(rawValue: 0), isFallback: false))),
    .mount(
      FileSystemMount(
        type: "cgroup2", source: "cgroup", destination: "/b",
        substitute: .init(tree: Slot(rawValue: 65535), isFallback: true))),
    .bind(
      BindMount(
        source: Slot(rawValue: 300), path: "/srv/ä", destination: "/data", recursive: true, flags: .readOnly,
        cleared: .noExecution, treeSet: .noDevices, treeCleared: [.readOnly, .noSetUserID],
        traits: [.idMapped, .coversTargetLink])),
    .remount(destination: "/x", flags: .readOnly, cleared: .noDevices, data: ""),
    .setTreeAttributes(destination: "/y", set: .readOnly, cleared: [.noDevices, .noExecution]),
    .setPropagation(destination: "/z", [.sharedPropagation, .recursive]),
    .makeSymbolicLink(path: "/dev/fd", target: "/proc/self/fd"),
    .makeDevice(
      DeviceNode(path: "/dev/a", kind: .block, major: 8, minor: 1 << 19, mode: 0o640, uid: 1, gid: 6)),
    .openTerminal(Slot(rawValue: 2), size: ConsoleSize(height: 25, width: 80), console: true),
    .openTerminal(Slot(rawValue: 2), size: nil, console: false),
    .reach(.mounted), .enterRoot(.move), .setRootPropagation(.sharedPropagation),
    .makeDirectory(path: "/work", mode: 0o755), .remountReadOnly(path: "/"),
    .protectReadOnly(path: "/proc/sys"), .mask(path: "/proc/kcore"), .setFileModeMask(0o022),
    .setHostName("box"), .setDomainName(""), .writeKernelParameter(key: "net/ipv4/ip_forward", value: "1 2"),
    .setNoNewPrivileges, .installSeccompFilter([6, 0, 0, 0, 0, 0, 255, 127], flags: 4),
    .changeDirectory(path: "/", mayRetry: true), .verifyWorkingDirectory,
    .setFileLabel(path: "/dev/mqueue", label: "u:r:t:s0"),
    .setCPUAffinity(IndexList(mask: [3, 0, 0, 0, 0, 0, 0, 0, 1])),
    .setScheduler(
      SchedulerAttributes(
        policy: 6, flags: 5, nice: -20, priority: 99, runtime: 1 << 40, deadline: 1 << 41, period: 1 << 42)),
    .setIOPriority(1 << 13 | 7), .setPersonality(8), .setMemoryPolicy(mode: 1 << 15 | 2, nodes: .none),
    .setMemoryPolicy(mode: 3, nodes: IndexList(mask: [5])), .setSecurityLabel(.apparmor, "lab"),
    .setSecurityLabel(.selinux, "u:r:t:s0:c1,c2"),
    .shareCores(.new), .shareCores(.of(process: 4711)),
    .makeLandlockRuleset(files: 1 << 15 | 1, ports: 2, scopes: 3),
    .allowBeneath(path: "/srv/ä", access: 1 << 15, mayBeMissing: false), .allowPort(65535, access: 2),
    .enforceLandlock,
    .limitBoundingSet(CapabilitySet(rawValue: 1 << 40)), .keepCapabilities(true),
    .ownStandardStreams(uid: 4_294_967_294), .setGroups([]), .setGroups([1, 4_294_967_295]),
    .setGroupID(5), .setUserID(6),
    .setCapabilities(
      effective: CapabilitySet(rawValue: 1), permitted: CapabilitySet(rawValue: 3),
      inheritable: CapabilitySet(rawValue: 4)),
    .setAmbientCapabilities([]), .findHome(uid: 1000),
    .findExecutable(name: "sh", searchPath: "/bin:/usr/bin"), .closeDescriptors(preserved: 3),
    .awaitStart(Slot(rawValue: 9)), .leaveHost, .execute(arguments: ["sh", "", "a b"], environment: []),
    .execute(arguments: [], environment: ["PATH=/bin", "X="]),
  ]

  static func encoded(_ steps: [Step]) -> EncodedPlan {
    EncodedPlan(Plan(birth: Birth(), entries: steps.map { PlanEntry($0, origin: .root) }))
  }

  static func interpret(_ bytes: [UInt8], on kernel: RecordingKernel) -> StepFailure? {
    bytes.withUnsafeBytes { block in
      do throws(StepFailure) {
        try run(block, on: kernel)
        return nil
      } catch {
        return error
      }
    }
  }

  @Test("every kind of step is in the list of this test")
  func listIsComplete() {
    #expect(Set(InterpreterTests.everyStep.map(\.kind)) == Set(StepKind.allCases))
    #expect(StepKind.allCases.count <= 64)
  }

  @Test("what is recorded equals what was encoded")
  func roundTrip() {
    let kernel = RecordingKernel()
    let failure = InterpreterTests.interpret(
      InterpreterTests.encoded(InterpreterTests.everyStep).bytes, on: kernel)
    #expect(failure == nil)
    #expect(kernel.steps == InterpreterTests.everyStep)
    #expect(kernel.announced == InterpreterTests.everyStep.map(\.kind))
  }

  @Test("a fault ends the run at its index unless the step's tolerance covers it")
  func everyIndexFails() {
    let plan = InterpreterTests.encoded(InterpreterTests.everyStep)
    for (index, step) in InterpreterTests.everyStep.enumerated() {
      for errno in [Errno.noSuchFileOrDirectory, .notPermitted, .noSystemCall] {
        let kernel = RecordingKernel()
        kernel.fault = (index, StepFault(.mount, errno, detail: 5))
        let failure = InterpreterTests.interpret(plan.bytes, on: kernel)
        if step.tolerance.covers(errno) {
          #expect(failure == nil && kernel.steps.count == InterpreterTests.everyStep.count)
        } else {
          #expect(failure == StepFailure(index: index, errno: errno, call: .mount, detail: 5))
          #expect(kernel.steps.count == index + 1)
        }
      }
    }
  }

  @Test("a truncated block fails and never reads past its end")
  func truncation() {
    let bytes = InterpreterTests.encoded(InterpreterTests.everyStep).bytes
    for count in 0..<bytes.count {
      #expect(InterpreterTests.interpret(Array(bytes[..<count]), on: RecordingKernel()) != nil)
    }
  }

  @Test("a damaged block never traps")
  func damage() {
    let bytes = InterpreterTests.encoded(InterpreterTests.everyStep).bytes
    var failures = 0
    for index in bytes.indices {
      for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[index] = value
        if InterpreterTests.interpret(damaged, on: RecordingKernel()) != nil { failures += 1 }
      }
    }
    #expect(failures > 0)
  }
}
