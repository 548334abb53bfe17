/// A rule of order that every compiled plan obeys, by name.
///
/// Order is the essence of a runtime: this table is what a security review reads, and the tests hold it
/// against generated documents.
public struct PlanRule: Sendable {
  /// A short name.
  public let name: String
  /// Why the order matters.
  public let reason: String
  /// Whether a plan obeys.
  let holds: @Sendable (PlanIndex) -> Bool

  /// The rules that a plan breaks.
  public static func violations(of plan: Plan) -> [PlanRule] {
    let index = PlanIndex(plan)
    return all.filter { !$0.holds(index) }
  }

  /// Every rule.
  public static let all: [PlanRule] =
    processRules + rootRules + inheritanceRules + restrictionRules + credentialRules
    + programRules
}

/// Where each kind of step stands in a plan.
struct PlanIndex {
  let plan: Plan
  private var first = [Int](repeating: -1, count: 64)
  private var last = [Int](repeating: -1, count: 64)
  private var number = [Int](repeating: 0, count: 64)

  init(_ plan: Plan) {
    self.plan = plan
    for (position, entry) in plan.entries.enumerated() {
      let kind = Int(entry.step.kind.rawValue)
      if first[kind] < 0 { first[kind] = position }
      last[kind] = position
      number[kind] += 1
    }
  }

  func count(_ kind: StepKind) -> Int { number[Int(kind.rawValue)] }

  func has(_ kind: StepKind) -> Bool { count(kind) > 0 }

  /// Position of the first step of a kind, or the end.
  func first(_ kind: StepKind) -> Int { has(kind) ? first[Int(kind.rawValue)] : plan.entries.count }

  /// Position of the last step of a kind, or -1.
  func last(_ kind: StepKind) -> Int { last[Int(kind.rawValue)] }

  /// Every step of these kinds stands before every step of those.
  func all(_ kinds: [StepKind], before others: [StepKind]) -> Bool {
    let end = kinds.reduce(-1) { max($0, last($1)) }
    return others.allSatisfy { end < first($0) }
  }

  func positions(where matches: (Step) -> Bool) -> [Int] {
    plan.entries.indices.filter { matches(plan.entries[$0].step) }
  }
}

extension PlanIndex {
  /// A filter hands calls on to an agent.
  fileprivate var hasListener: Bool {
    positions {
      guard case .installSeccompFilter(let program, let flags) = $0 else { return false }
      return CompiledFilter(program: program, flags: flags).hasListener
    }.isEmpty == false
  }
}

private let mountKinds: [StepKind] = [
  .mount, .bind, .remount, .setTreeAttributes, .setPropagation, .setFileLabel,
]
private let inheritedKinds: [StepKind] = [
  .setScheduler, .setIOPriority, .setPersonality, .setMemoryPolicy, .setSecurityLabel,
]

private let processRules: [PlanRule] = [
  PlanRule(name: "cgroups first", reason: "whatever the process uses is accounted from its first step") {
    $0.first(.joinCgroups) == 0 && $0.count(.joinCgroups) == 1
  },
  PlanRule(name: "session second", reason: "nothing is done as a member of the caller's session") {
    $0.first(.startSession) == 1 && $0.count(.startSession) == 1
  },
  PlanRule(name: "namespace root before files", reason: "what is made must belong to the container's root") {
    $0.all([.becomeNamespaceRoot], before: [.attachRoot, .makeDevice, .makeDirectory] + mountKinds)
  },
  PlanRule(name: "namespaces entered before root of them", reason: "ids count inside a user namespace") {
    $0.all([.enterNamespaces], before: [.becomeNamespaceRoot])
  },
  PlanRule(
    name: "cgroup namespace before cgroup mounts", reason: "a mount made outside shows the host's tree"
  ) {
    $0.all([.unshare], before: mountKinds)
  },
  PlanRule(name: "ready once", reason: "the state is saved once, of a process that is set up") {
    $0.positions { $0 == .reach(.ready) }.count == 1
  },
]

private let rootRules: [PlanRule] = [
  PlanRule(name: "propagation before the root", reason: "no mount may reach the host") {
    $0.all([.setTreePropagation], before: [.attachRoot]) && $0.all([.attachRoot], before: mountKinds)
  },
  PlanRule(name: "mounts before entry", reason: "sources are the host's, and gone after the entry") {
    $0.all(mountKinds, before: [.enterRoot])
  },
  PlanRule(name: "devices before entry", reason: "where making is refused the host's node is bound") {
    $0.all([.makeDevice, .makeSymbolicLink], before: [.enterRoot])
  },
  PlanRule(name: "devices after mounts", reason: "they are made inside the container's /dev") {
    $0.all([.mount, .bind], before: [.makeDevice])
  },
  PlanRule(name: "hooks before entry", reason: "createRuntime and createContainer precede pivot_root") {
    index in
    index.positions { $0 == .reach(.mounted) }.allSatisfy { $0 < index.first(.enterRoot) }
  },
  PlanRule(name: "entered once", reason: "a root that is not entered is the host's") {
    $0.count(.attachRoot) == $0.count(.enterRoot) && $0.count(.enterRoot) <= 1
  },
  PlanRule(name: "an unbindable root last", reason: "what is unbindable cannot be cloned for a mask") {
    index in
    let last = index.positions { step in
      if case .setRootPropagation(let flags) = step { flags.contains(.unbindable) } else { false }
    }
    return last.allSatisfy { place in
      [.enterRoot, .protectReadOnly, .mask, .openTerminal].allSatisfy { index.last($0) < place }
    }
  },
  PlanRule(name: "root entered before its propagation", reason: "until then it is a mount among others") {
    $0.all([.enterRoot], before: [.setRootPropagation])
  },
  PlanRule(name: "masks after entry", reason: "a mask outside the root hides nothing") {
    $0.all([.enterRoot], before: [.mask, .protectReadOnly])
  },
  PlanRule(name: "protection after making", reason: "nothing can be made below what is read-only") {
    $0.all([.makeDevice, .makeDirectory, .openTerminal], before: [.protectReadOnly, .mask])
  },
  PlanRule(name: "read-only before masks", reason: "a bind of a path on itself would show it again") {
    $0.all([.protectReadOnly], before: [.mask])
  },
  PlanRule(name: "parameters before protection", reason: "/proc/sys is read-only afterwards") {
    $0.all([.writeKernelParameter], before: [.protectReadOnly, .mask])
  },
  PlanRule(name: "root read-only last", reason: "the terminal and the working directory are made before") {
    index in
    let end = index.positions { $0 == .remountReadOnly(path: "/") }.first ?? index.plan.entries.count
    return index.last(.makeDirectory) < end && index.last(.openTerminal) < end
  },
  PlanRule(name: "exec leaves the root alone", reason: "a running container's mounts are its own") {
    !$0.has(.enterNamespaces) || !($0.has(.attachRoot) || $0.has(.mask) || $0.has(.makeDevice))
  },
]

private let inheritanceRules: [PlanRule] = [
  PlanRule(name: "affinity early", reason: "from its cgroup on, the process runs where it shall") {
    $0.count(.setCPUAffinity) <= 1
      && $0.all([.setCPUAffinity], before: [.enterNamespaces, .attachRoot, .reach])
  },
  PlanRule(name: "inherited before ids", reason: "the privilege to set it leaves with the id") {
    $0.all(inheritedKinds, before: [.limitBoundingSet, .setUserID, .setCapabilities])
  },
  PlanRule(name: "inherited before the filter", reason: "so that it need not allow what martlet does") {
    $0.all(inheritedKinds, before: [.installSeccompFilter])
  },
  PlanRule(name: "inherited after the root", reason: "an idle or bound setup would be slow, or fail") {
    $0.all([.enterNamespaces, .enterRoot, .mask, .remountReadOnly], before: inheritedKinds)
  },
  PlanRule(name: "limits before what they bound", reason: "the kernel checks against them") { index in
    let limited = index.positions { $0 == .reach(.limited) }
    let bound: [StepKind] = [.makeDevice, .setScheduler, .setMemoryPolicy]
    return limited.count <= 1 && limited.allSatisfy { place in bound.allSatisfy { place < index.first($0) } }
  },
  PlanRule(name: "all cgroups before what is in them", reason: "binds and rules are of cgroups made late") {
    $0.all([.joinRemainingCgroups], before: [.bind, .makeDevice, .reach, .enterRoot])
      && $0.count(.joinRemainingCgroups) == ($0.plan.firstLateSlot == nil ? 0 : 1)
  },
  PlanRule(name: "all cgroups before their namespace", reason: "it is rooted where its maker is") {
    $0.all([.joinRemainingCgroups], before: [.unshare, .becomeNamespaceRoot])
  },
  PlanRule(name: "limits are the first milestone", reason: "its word comes unasked, ahead of all others") {
    index in
    let limited = index.positions { $0 == .reach(.limited) }
    return limited.allSatisfy { $0 == index.first(.reach) }
  },
  PlanRule(name: "security labels last", reason: "a label must be the word of the last step that speaks") {
    $0.all(
      [.setScheduler, .setIOPriority, .setPersonality, .setMemoryPolicy, .writeKernelParameter],
      before: [.setSecurityLabel])
  },
]

private let restrictionRules: [PlanRule] = [
  PlanRule(name: "a ruleset before its rules", reason: "they are added to it") {
    $0.all([.makeLandlockRuleset], before: [.allowBeneath, .allowPort])
      && $0.all([.allowBeneath, .allowPort], before: [.enforceLandlock])
  },
  PlanRule(name: "a ruleset in force", reason: "until then it denies nothing") {
    $0.count(.makeLandlockRuleset) == $0.count(.enforceLandlock) && $0.count(.enforceLandlock) <= 1
  },
  PlanRule(name: "rules inside the root", reason: "paths are the container's, as its program sees them") {
    $0.all(
      [.enterNamespaces, .enterRoot, .makeDirectory, .openTerminal, .mask, .protectReadOnly],
      before: [.allowBeneath])
  },
  PlanRule(name: "rules before ids and the filter", reason: "the user may not reach the paths") {
    $0.all(
      [.makeLandlockRuleset, .allowBeneath, .allowPort], before: [.setUserID, .installSeccompFilter])
  },
  PlanRule(name: "Landlock last but for the filter", reason: "it would deny what martlet still does") {
    index in
    guard index.has(.enforceLandlock) else { return true }
    return index.plan.entries[(index.first(.enforceLandlock) + 1)...].allSatisfy {
      [.installSeccompFilter, .execute].contains($0.step.kind)
    }
  },
  PlanRule(name: "cores shared before ids", reason: "another process's mark is the privileged one's to take")
  {
    $0.all([.shareCores], before: [.limitBoundingSet, .setUserID, .installSeccompFilter])
      && $0.all([.enterNamespaces, .becomeNamespaceRoot], before: [.shareCores])
      && $0.count(.shareCores) <= 1
  },
]

private let credentialRules: [PlanRule] = [
  PlanRule(name: "bounding set before ids", reason: "dropping needs CAP_SETPCAP, which leaves with the id") {
    $0.all([.limitBoundingSet], before: [.setUserID]) && $0.count(.limitBoundingSet) == 1
  },
  PlanRule(name: "groups before group before user", reason: "each needs the privilege that the next drops") {
    $0.all([.setGroups], before: [.setGroupID]) && $0.all([.setGroupID], before: [.setUserID])
  },
  PlanRule(name: "keep capabilities around the ids", reason: "else they are gone, or stay kept") { index in
    let on = index.positions { $0 == .keepCapabilities(true) }
    let off = index.positions { $0 == .keepCapabilities(false) }
    return on.count == 1 && off.count == 1 && on[0] < index.first(.setUserID)
      && off[0] > index.last(.setUserID)
  },
  PlanRule(name: "capabilities after ids", reason: "the change of ids would clear them") {
    $0.all([.setUserID], before: [.setCapabilities]) && $0.count(.setCapabilities) == 1
  },
  PlanRule(name: "ambient after capabilities", reason: "ambient must be within inheritable and permitted") {
    $0.all([.setCapabilities], before: [.setAmbientCapabilities])
  },
  PlanRule(name: "credentials after ready", reason: "the parent raises limits of a privileged process") {
    index in
    index.positions { $0 == .reach(.ready) }.allSatisfy { $0 < index.first(.limitBoundingSet) }
  },
  PlanRule(name: "credentials inside the root", reason: "a user's process must never see the host's tree") {
    $0.all([.enterRoot, .mask, .protectReadOnly, .remountReadOnly], before: [.setUserID])
  },
  PlanRule(name: "filter after no_new_privs", reason: "it is what lets an unprivileged process install one") {
    $0.all([.setNoNewPrivileges], before: [.installSeccompFilter])
  },
  PlanRule(name: "privileged filter before ids", reason: "without no_new_privs it needs CAP_SYS_ADMIN") {
    $0.has(.setNoNewPrivileges) || $0.all([.installSeccompFilter], before: [.limitBoundingSet, .setUserID])
  },
  PlanRule(name: "unprivileged filter last", reason: "so that it need not allow what martlet does") {
    !$0.has(.setNoNewPrivileges) || !$0.has(.installSeccompFilter)
      || $0.first(.installSeccompFilter) == $0.plan.entries.count - 2
      || ($0.hasListener
        && $0.first(.installSeccompFilter) == min($0.first(.awaitStart), $0.first(.leaveHost)) - 1)
  },
]

private let programRules: [PlanRule] = [
  PlanRule(name: "execute last", reason: "it does not return") {
    $0.first(.execute) == $0.plan.entries.count - 1
  },
  PlanRule(name: "working directory verified", reason: "a descriptor of the host would lead outside") {
    index in
    index.last(.changeDirectory) < index.first(.verifyWorkingDirectory) && index.has(.verifyWorkingDirectory)
      && index.last(.verifyWorkingDirectory) > index.last(.setUserID)
  },
  PlanRule(name: "directory before and after ids", reason: "root may enter what the user may not") {
    $0.first(.changeDirectory) < $0.first(.setUserID) && $0.last(.changeDirectory) > $0.last(.setUserID)
  },
  PlanRule(name: "descriptors closed before ids", reason: "a user's process holds none of the runtime's") {
    $0.has(.closeDescriptors) && $0.all([.closeDescriptors], before: [.setUserID])
  },
  PlanRule(name: "descriptors closed before the filter", reason: "it may not know the call") {
    $0.all([.closeDescriptors], before: [.installSeccompFilter])
  },
  PlanRule(name: "program found as the user", reason: "what the user may not execute is not found") {
    $0.all([.setUserID, .setCapabilities], before: [.findExecutable]) && $0.has(.findExecutable)
  },
  PlanRule(name: "start awaited without privileges", reason: "the wait may be long") {
    $0.all([.setUserID, .setCapabilities, .setAmbientCapabilities], before: [.awaitStart])
  },
  PlanRule(name: "start awaited without the host", reason: "others may look into a process that waits") {
    $0.all([.isolateDescriptorNames], before: [.enterRoot])
      && $0.count(.isolateDescriptorNames) == $0.count(.awaitStart)
  },
  PlanRule(name: "host left once", reason: "execve resolves paths before it closes descriptors") {
    $0.count(.leaveHost) + $0.count(.awaitStart) == 1
      && $0.all([.findExecutable, .setAmbientCapabilities, .verifyWorkingDirectory], before: [.leaveHost])
  },
  PlanRule(name: "host left before what denies", reason: "a filter need allow no more than execve") {
    $0.all([.leaveHost, .awaitStart], before: [.enforceLandlock])
      && ($0.hasListener || !$0.has(.setNoNewPrivileges)
        || $0.all([.leaveHost, .awaitStart], before: [.installSeccompFilter]))
  },
  PlanRule(name: "listener while the parent listens", reason: "the parent takes its descriptor") {
    !$0.hasListener || $0.all([.installSeccompFilter], before: [.awaitStart, .leaveHost])
  },
  PlanRule(name: "home found inside the root", reason: "the passwd file is the container's") {
    $0.all([.enterRoot], before: [.findHome])
  },
  PlanRule(name: "file mode mask of the user last", reason: "until then modes are what the steps say") {
    $0.last(.setFileModeMask) > $0.last(.makeDirectory) || !$0.has(.makeDirectory)
  },
  PlanRule(name: "every slot used once", reason: "a descriptor that nobody uses is a leak") { index in
    var uses = [Int](repeating: 0, count: index.plan.slots.count)
    for entry in index.plan.entries {
      guard let slot = entry.step.slot else { continue }
      guard Int(slot.rawValue) < uses.count else { return false }
      uses[Int(slot.rawValue)] += 1
    }
    return uses.allSatisfy { $0 == 1 }
  },
]

extension Step {
  /// The slot that the step uses, where it uses one.
  public var slot: Slot? {
    switch self {
    case .enterNamespaces(_, let slot), .attachRoot(let slot, _), .openTerminal(let slot, _, _),
      .awaitStart(let slot):
      slot
    case .bind(let bind): bind.source
    case .mount(let mount): mount.substitute?.tree
    default: nil
    }
  }
}
