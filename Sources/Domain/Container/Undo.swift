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
    /// Remove cgroups that may be the container's where no process is in them; leave the others alone.
    case removeUnusedCgroup(CgroupLocation)
    /// Remove the container's resctrl groups.
    case removeRdtGroup(RdtLocation)
    /// Remove the container's entry, its fifo and filter with it. It comes last: as long as anything is
    /// left, the entry says what.
    case removeEntry(ContainerID)
  }

  /// The steps that undo any prefix of a creation, and any container.
  ///
  /// Before a creation `ownsCgroup`, nothing at the cgroup's place is known to be the container's: what is
  /// unused is removed, what runs there is left alone. `creator` is nil when the caller itself is the
  /// creator. With `hasEnded` the container's process namespace is at its end: its processes need not be looked
  /// for. What others put into its cgroups is in the way of their removal, which names it.
  public static func compile(
    _ intent: IntentRecord, state: StateRecord?, ownsCgroup: Bool, creator: ProcessIdentity?,
    hasEnded: Bool = false
  ) -> [Step] {
    guard state == nil else {
      return compile(
        intent, state: state, cgroup: state?.cgroup ?? intent.cgroup, hasEnded: hasEnded, rdt: state?.rdt)
    }
    var steps: [Step] = []
    if let creator { steps.append(.stopCreator(creator)) }
    let claimed = intent.cgroup.claimed
    if ownsCgroup { steps += [.emptyCgroup(claimed), .removeCgroup(claimed)] }
    // All processes of the container were in the claimed part too, and are gone.
    steps.append(.removeUnusedCgroup(ownsCgroup ? intent.cgroup.unclaimed : intent.cgroup))
    return steps + last(intent.id, intent.rdt)
  }

  /// The steps after a creation that failed in the caller's hands, who knows which cgroups and resctrl groups it
  /// made. A shared class that was made for it goes with it, if nobody has come to use it.
  public static func compile(
    failed intent: IntentRecord, state: StateRecord?, cgroup: CgroupLocation?, rdt: RdtLocation? = nil
  ) -> [Step] {
    compile(
      intent, state: state, cgroup: cgroup, hasEnded: false, rdt: rdt?.isShared == true ? rdt?.unproven : rdt)
  }

  private static func compile(
    _ intent: IntentRecord, state: StateRecord?, cgroup: CgroupLocation?, hasEnded: Bool, rdt: RdtLocation?
  ) -> [Step] {
    var steps: [Step] = []
    if let state, !hasEnded {
      // In this order: a frozen process of cgroup v1 dies only once its cgroup is thawed.
      if let cgroup { steps.append(.emptyCgroup(cgroup)) }
      steps.append(.stopInit(state.initProcess))
    }
    if let cgroup { steps.append(.removeCgroup(cgroup)) }
    return steps + last(intent.id, rdt)
  }

  /// Processes are gone by now, so that a group which holds some is somebody else's.
  private static func last(_ id: ContainerID, _ rdt: RdtLocation?) -> [Step] {
    var steps: [Step] = []
    if let rdt { steps.append(.removeRdtGroup(rdt)) }
    steps.append(.removeEntry(id))
    return steps
  }
}
