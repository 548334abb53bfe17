import CLinux
import Domain
import Linux
import Ports

/// All that a birth needs, opened before it.
struct PreparedBirth: ~Copyable {
  private var image: Descriptor?
  private var parentSocket: Descriptor?
  private let childSocket: Descriptor
  private var held: HeldDescriptors
  private var parentNamespaces = ParentNamespaces()
  private var script: ChildScript
  private var cloning: Cloning
  private let arguments: CStringArray
  private let environment = CStringArray([])

  init(_ request: SpawnRequest, executable: String?, joiner: LinuxNamespaceJoiner) throws(SpawnError) {
    let birth = request.plan.birth
    let target = Int32(clamping: 3 + min(birth.preservedDescriptors, 1 << 20))
    let pair = try require("socketpair", "sync socket") { () throws(Errno) in try SyncChannel.pair() }
    let parentSocket = Descriptor(owning: pair.first)
    let childSocket = Descriptor(owning: pair.second)
    let image = try require("open_tree", executable ?? "/proc/self/exe") { () throws(Errno) in
      try RuntimeImage.open(executable, amongOthers: birth.joined.contains { $0.type == .user })
    }
    // The child moves its socket to `target`: nothing that it still needs may be there or below.
    let liftedSocket = try PreparedBirth.lift(childSocket, above: target)
    let liftedImage = try PreparedBirth.lift(image, above: target)
    var held = HeldDescriptors()
    let timeline = try held.holdTimeline(request.timeline, above: target)
    let arguments = CStringArray(
      timeline.file < 0
        ? ["martlet", "init", target.decimal]
        : ["martlet", "init", target.decimal, timeline.file.decimal])
    var script = ChildScript(
      socket: liftedSocket.number, parentSocket: pair.first, socketTarget: target,
      image: liftedImage.number, parent: Processes.current, arguments: arguments.pointers,
      environment: environment.pointers)
    (script.timelineFile, script.timeline) = timeline
    try held.holdStreams(request.standardStreams, above: target, in: &script)
    if !birth.timeOffsets.isEmpty || birth.joined.contains(where: { $0.type == .mount }) {
      try held.openProcfs(above: target, in: &script)
    }
    try held.openNamespaces(request, joiner, above: target, in: &script)
    self.childSocket = consume liftedSocket
    self.image = consume liftedImage
    self.parentSocket = consume parentSocket
    self.held = consume held
    self.script = script
    self.arguments = arguments
    cloning = Cloning(0, cgroup: request.cgroup ?? -1)
    arrange(birth)
  }

  /// Decides who makes which namespaces, and who waits for whom.
  private mutating func arrange(_ birth: Birth) {
    let shiftsClocks = !birth.timeOffsets.isEmpty
    var created = birth.created.subtracting(birth.unshared)
    if shiftsClocks { created = created.subtracting(NamespaceSet(.time)) }
    let joinsUser = script.userNamespace >= 0
    if joinsUser || (script.mountNamespace >= 0 && created.contains(.user)) {
      script.successor = created.rawValue
    } else {
      cloning.flags = created.rawValue
    }
    script.shiftsClocks = shiftsClocks
    script.waitsForParent = shiftsClocks || created.contains(.user)
    script.becomesRoot = created.contains(.user)
    script.keepsGroups = birth.keepsGroups
    let movesPid =
      created.contains(.pid) || birth.entered.contains(.pid) || birth.joined.contains { $0.type == .pid }
    if movesPid { script.parent = 0 }
  }

  /// Clones, and closes all that only the child needs: its death must end the stream. The parent is back
  /// in its namespaces when this returns, or no process is left.
  consuming func perform(_ request: SpawnRequest) throws(SpawnError) -> Newborn {
    try held.enter(&parentNamespaces)
    var affinity = ParentAffinity()
    if let cpus = request.plan.birth.initialCPUs { try affinity.narrow(to: cpus) }
    var result = cloning.perform()
    if result < 0, cloning.flags & Cloning.newerFlags != 0 {
      try makeTimeNamespaceLater()
      result = cloning.perform()
    }
    if result == 0 {
      // The child lives on what this value owns, so it must not look like the end of the value's life.
      script.run()
      withExtendedLifetime(self) {}
      Processes.exit(ChildScript.failureCode)
    }
    affinity.widen()
    var homecoming: Errno?
    do throws(Errno) { try parentNamespaces.leave() } catch { homecoming = error }
    guard result > 0 else {
      throw .system(
        SystemFailure(
          call: "clone3", subject: "new process", errno: Errno(rawValue: Int32(truncatingIfNeeded: -result))))
    }
    var newborn = Newborn(
      pid: Int32(result), descriptor: cloning.processDescriptor, socket: parentSocket.take(),
      image: image.take(), hasSuccessor: script.successor != nil, waits: script.waitsForParent)
    if let homecoming {
      newborn.destroy()
      throw .system(SystemFailure(call: "setns", subject: "the runtime's namespaces", errno: homecoming))
    }
    return newborn
  }

  /// A kernel that cannot be asked for a time namespace at the clone: the process makes it, and enters it.
  private mutating func makeTimeNamespaceLater() throws(SpawnError) {
    if script.procfs < 0 { try held.openProcfs(above: script.socketTarget, in: &script) }
    cloning.flags &= ~Cloning.newerFlags
    script.shiftsClocks = true
    script.waitsForParent = true
  }

  /// The same file at a number above `target`.
  private static func lift(_ descriptor: consuming Descriptor, above target: Int32) throws(SpawnError)
    -> Descriptor
  {
    if descriptor.number > target { return descriptor }
    let number = descriptor.number
    let lifted = try require("fcntl", "F_DUPFD_CLOEXEC") { () throws(Errno) in
      Descriptor(
        owning: Int32(try call(Int32(SYS_fcntl), Int(number), Int(F_DUPFD_CLOEXEC), Int(target) + 1)))
    }
    _ = consume descriptor
    return lifted
  }
}
