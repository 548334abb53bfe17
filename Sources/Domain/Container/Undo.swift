/// What has to be done so that nothing is left of a container: computed from its records, not remembered.
public enum Undo {
  /// One idempotent step: when its object is gone, it has nothing to do.
  public enum Step: Equatable, Sendable {
    /// Kill the process that creates the container, and wait until it is gone. What it gave birth to
    /// ends by itself, for its end of the socket closes.
    case stopCreator(ProcessIdentity)
    /// Kill the init process, and wait until it is gone.
    case stopInit(ProcessIdentity)
    /// Kill whatever runs in the container's cgroups, frozen or not.
    case emptyCgroup(CgroupLocation)
    /// Remove the container's cgroups and those below.
    case removeCgroup(CgroupLocation)
    /// Remove the container's resctrl group.
    case removeRdtGroup(String)
    /// Remove the container's entry, its fifo and filter with it. It comes last: as long as anything is
    /// left, the entry says what.
    case removeEntry(ContainerID)
  }

  /// The steps that undo any prefix of a creation, and any container.
  ///
  /// Without a state nothing in the cgroup is known to be the container's: it is removed if it is empty,
  /// but what runs in it is not killed. `creator` is nil when the caller itself is the creator. With
  /// `hasEnded` no process is left, which the end of a process namespace's first one guarantees.
  public static func compile(
    _ intent: IntentRecord, state: StateRecord?, creator: ProcessIdentity?, hasEnded: Bool = false
  ) -> [Step] {
    compile(
      intent, state: state, creator: creator, cgroup: state?.cgroup ?? intent.cgroup, hasEnded: hasEnded)
  }

  /// The steps after a creation that failed in the caller's hands, who knows which cgroups it made.
  public static func compile(
    failed intent: IntentRecord, state: StateRecord?, cgroup: CgroupLocation?
  ) -> [Step] {
    compile(intent, state: state, creator: nil, cgroup: cgroup, hasEnded: false)
  }

  private static func compile(
    _ intent: IntentRecord, state: StateRecord?, creator: ProcessIdentity?, cgroup: CgroupLocation?,
    hasEnded: Bool
  ) -> [Step] {
    var steps: [Step] = []
    if state == nil, let creator { steps.append(.stopCreator(creator)) }
    if let state, !hasEnded {
      // In this order: a frozen process of cgroup v1 dies only once its cgroup is thawed.
      if let cgroup { steps.append(.emptyCgroup(cgroup)) }
      steps.append(.stopInit(state.initProcess))
    }
    if let cgroup { steps.append(.removeCgroup(cgroup)) }
    if let group = state?.intelRdtPath ?? intent.rdtGroup { steps.append(.removeRdtGroup(group)) }
    steps.append(.removeEntry(intent.id))
    return steps
  }
}
