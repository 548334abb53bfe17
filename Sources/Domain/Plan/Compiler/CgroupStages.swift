/// What a process waits for on its way because its parent makes it meanwhile: the cgroups that do not account
/// for its use of memory, tasks, CPU or disks, and the limits. Each comes right before the first step that
/// needs it, so that parent and process work side by side.
struct CgroupStages {
  private var joinsLate: Bool
  private var awaitsLimits: Bool

  init(_ document: Document, _ birth: Birth, _ facts: Facts, _ cgroup: CgroupLocation?) {
    let driver = cgroup?.driver ?? .cgroupfs
    let isLegacy = facts.cgroups.mode != .unified
    joinsLate = driver == .cgroupfs && isLegacy && !CgroupStages.needsAll(birth)
    awaitsLimits =
      driver != .disabled
      && (isLegacy || document.mounts.contains(where: CgroupStages.isOfDevice)
        || CgroupStages.hasPolicy(document))
  }

  /// A cgroup namespace is rooted where its maker is; and the trees for a user namespace are cloned in the
  /// process's own mount namespace, which it must not have changed yet.
  private static func needsAll(_ birth: Birth) -> Bool {
    birth.created.contains(.cgroup) || birth.created.contains(.user)
      || birth.joined.contains { $0.type == .user }
  }

  /// The kernel judges a policy by the CPUs and nodes that the cgroup allows.
  private static func hasPolicy(_ document: Document) -> Bool {
    guard let linux = document.linux, document.process?.scheduler != nil || linux.memoryPolicy != nil else {
      return false
    }
    return linux.resources.cpu.cpus != nil || linux.resources.cpu.mems != nil
  }

  /// A device that is mounted is opened under the device rules.
  private static func isOfDevice(_ mount: Mount) -> Bool {
    mount.source?.utf8.first == UInt8(ascii: "/") && mount.sortedOptions.bind == nil
  }

  /// What comes before a mount. Any bind may lead into a cgroup.
  mutating func prepare(_ mount: Mount, _ builder: inout PlanBuilder) {
    if CgroupStages.isOfDevice(mount) { return finish(&builder) }
    if mount.type?.hasBytePrefix("cgroup") == true || mount.sortedOptions.bind != nil {
      joinLate(&builder)
    }
  }

  /// What comes before the nodes of `/dev`: cgroup v1 refuses them while its rules are being written, which is
  /// done one by one.
  mutating func finish(_ builder: inout PlanBuilder) {
    joinLate(&builder)
    if awaitsLimits { builder.add(.reach(.limited), Origin.resources) }
    awaitsLimits = false
  }

  private mutating func joinLate(_ builder: inout PlanBuilder) {
    guard joinsLate else { return }
    builder.firstLateSlot = builder.slots.count
    builder.add(.joinRemainingCgroups, JSONPointer(text: "/linux/cgroupsPath"))
    joinsLate = false
  }
}
