extension Resources {
  /// The control files of cgroup v1 that express these limits, in the order of writing.
  ///
  /// The memory limit comes last: once it holds, whatever else is done may no longer fit into it. Device
  /// rules are no part of it (see `DevicePolicy`).
  public func writesV1() throws(InexpressibleLimit) -> [ControlWrite] {
    guard unified.isEmpty else {
      throw InexpressibleLimit(
        file: "unified", reason: "invalid configuration: cannot use unified on cgroup v1")
    }
    var writes: [ControlWrite] = []
    cpu.appendCpusets(to: &writes, hasPrefix: false)
    try cpu.appendV1(to: &writes)
    appendPids(to: &writes)
    blockIO.appendV1(to: &writes)
    appendHugepages(to: &writes, "limit_in_bytes")
    appendRdma(to: &writes)
    appendNetwork(to: &writes)
    try memory.appendV1(to: &writes)
    return writes
  }

  /// The control files of cgroup v2 that express these limits, in the order of writing, the memory limit
  /// last, but for what `unified` says itself. What only cgroup v1 knows is left out (`ignoredByV2` names it).
  public func writesV2() throws(InexpressibleLimit) -> [ControlWrite] {
    var writes: [ControlWrite] = []
    cpu.appendCpusets(to: &writes, hasPrefix: true)
    try cpu.appendV2(to: &writes)
    appendPids(to: &writes)
    blockIO.appendV2(to: &writes)
    appendHugepages(to: &writes, "max")
    appendRdma(to: &writes)
    try memory.appendV2(to: &writes)
    appendUnified(to: &writes)
    return writes
  }

  /// 0 forbids every new process, below 0 is no limit (runtime-spec, `pids`).
  private func appendPids(to writes: inout [ControlWrite]) {
    guard let pidsLimit else { return }
    writes.append(ControlWrite("pids", "pids.max", pidsLimit < 0 ? "max" : "\(pidsLimit)"))
  }

  /// The limits of the controllers that a predicate does not hold for: of a host that has controllers on both
  /// versions, those of the other version.
  public func without(_ isElsewhere: (_ controller: String) -> Bool) -> Resources {
    var rest = self
    if isElsewhere("memory") { rest.memory = MemoryLimits() }
    let cpu = rest.cpu
    if isElsewhere("cpu") { rest.cpu = CPULimits() }
    if isElsewhere("cpuset") {
      (rest.cpu.cpus, rest.cpu.mems) = (nil, nil)
    } else {
      (rest.cpu.cpus, rest.cpu.mems) = (cpu.cpus, cpu.mems)
    }
    if isElsewhere("pids") { rest.pidsLimit = nil }
    if isElsewhere("blkio") { rest.blockIO = BlockIOLimits() }
    if isElsewhere("hugetlb") { rest.hugepages = [] }
    if isElsewhere("rdma") { rest.rdma = [] }
    return rest
  }

  /// The device rules to keep: a container gets the default devices and what its rules name; without a rule
  /// that is no more.
  public var enforcedDevices: [DeviceRule] { devices.isEmpty ? [DeviceRule(allow: false)] : devices }

  /// Members that ask for something which cgroup v2 has no file for, by their place in
  /// `linux.resources`.
  public var ignoredByV2: [String] {
    var names = memory.ignoredEverywhere
    if memory.swappiness != nil { names.append("memory.swappiness") }
    if memory.disableOOMKiller == true { names.append("memory.disableOOMKiller") }
    if cpu.realtimeRuntime ?? 0 != 0 { names.append("cpu.realtimeRuntime") }
    if cpu.realtimePeriod ?? 0 != 0 { names.append("cpu.realtimePeriod") }
    if blockIO.leafWeight != nil || blockIO.weightDevices.contains(where: { $0.leafWeight != nil }) {
      names.append("blockIO.leafWeight")
    }
    if network.classID != nil { names.append("network.classID") }
    if !network.priorities.isEmpty { names.append("network.priorities") }
    return names
  }

  /// Members that ask for something which no kernel of today has a file for.
  public var ignoredByV1: [String] { memory.ignoredEverywhere }
}

extension MemoryLimits {
  fileprivate var ignoredEverywhere: [String] {
    var names: [String] = []
    if kernel ?? 0 > 0 { names.append("memory.kernel") }
    if kernelTCP ?? 0 > 0 { names.append("memory.kernelTCP") }
    return names
  }
}
