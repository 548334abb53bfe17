/// A change of limits: what is asked for, and what is recorded to be in force.
public struct ResourceChange: Equatable, Sendable {
  /// What is asked for; nil leaves things as they are.
  public var given: Resources
  /// What the container's record says now.
  public var recorded: Resources

  /// Makes a change.
  public init(given: Resources, recorded: Resources) {
    self.given = given
    self.recorded = recorded
  }

  /// What is in force afterwards.
  public var merged: Resources { recorded.changed(by: given) }

  /// What has to be written: what is given, and the recorded halves of settings that cgroup v2 keeps in one
  /// value, or whose other half a write changes too.
  public func effective() throws(InexpressibleLimit) -> Resources {
    let merged = merged
    var result = given
    if filled(given.memory.limit) != nil || filled(given.memory.swap) != nil {
      (result.memory.limit, result.memory.swap) = (merged.memory.limit, merged.memory.swap)
      result.memory.checkBeforeUpdate = merged.memory.checkBeforeUpdate
    }
    if filled(given.cpu.quota) != nil || filled(given.cpu.period) != nil {
      (result.cpu.quota, result.cpu.period) = (merged.cpu.quota, merged.cpu.period)
    }
    if given.cpu.idle != nil {
      // The kernel forgets the weight of a cgroup that becomes idle.
      result.cpu.shares = merged.cpu.shares
    } else if filled(given.cpu.shares) != nil, recorded.cpu.idle == 1 {
      throw InexpressibleLimit(file: "cpu.idle", reason: "an idle cgroup has no shares: idle has to become 0")
    }
    return result
  }
}

/// A number that asks something: 0 asks nothing.
private func filled<Number: FixedWidthInteger>(_ number: Number?) -> Number? {
  number == 0 ? nil : number
}

extension Resources {
  /// These limits after a change: what the other ones leave nil, and devices that they do not name, stays.
  public func changed(by given: Resources) -> Resources {
    var result = self
    result.memory = memory.changed(by: given.memory)
    result.cpu = cpu.changed(by: given.cpu)
    result.pidsLimit = given.pidsLimit ?? pidsLimit
    if !given.devices.isEmpty { result.devices = given.devices }
    result.blockIO = blockIO.changed(by: given.blockIO)
    result.hugepages = hugepages.changed(by: given.hugepages) { $0.pageSize.isBytewise($1.pageSize) }
    result.rdma = rdma.changed(by: given.rdma.map { $0.filled(from: rdma) }) {
      $0.device.isBytewise($1.device)
    }
    result.network.classID = given.network.classID ?? network.classID
    result.network.priorities = network.priorities.changed(by: given.network.priorities) {
      $0.name.isBytewise($1.name)
    }
    result.unified = unified.changed(by: given.unified) { $0.name.isBytewise($1.name) }
    return result
  }
}

extension MemoryLimits {
  /// A limit that is taken away takes that of memory and swap together along, unless that is given too.
  fileprivate func changed(by given: MemoryLimits) -> MemoryLimits {
    var result = self
    result.limit = filled(given.limit) ?? limit
    result.swap = filled(given.swap) ?? (given.limit == -1 ? nil : swap)
    result.reservation = filled(given.reservation) ?? reservation
    result.kernel = given.kernel ?? kernel
    result.kernelTCP = given.kernelTCP ?? kernelTCP
    result.swappiness = given.swappiness ?? swappiness
    result.disableOOMKiller = given.disableOOMKiller ?? disableOOMKiller
    result.useHierarchy = given.useHierarchy ?? useHierarchy
    result.checkBeforeUpdate = given.checkBeforeUpdate ?? checkBeforeUpdate
    return result
  }
}

extension CPULimits {
  fileprivate func changed(by given: CPULimits) -> CPULimits {
    var result = self
    result.shares = filled(given.shares) ?? shares
    result.quota = filled(given.quota) ?? quota
    result.burst = given.burst ?? burst
    result.period = filled(given.period) ?? period
    result.realtimeRuntime = filled(given.realtimeRuntime) ?? realtimeRuntime
    result.realtimePeriod = filled(given.realtimePeriod) ?? realtimePeriod
    result.cpus = given.cpus.flatMap { $0.isEmpty ? nil : $0 } ?? cpus
    result.mems = given.mems.flatMap { $0.isEmpty ? nil : $0 } ?? mems
    result.idle = given.idle ?? idle
    return result
  }
}

extension BlockIOLimits {
  fileprivate func changed(by given: BlockIOLimits) -> BlockIOLimits {
    var result = self
    result.weight = given.weight ?? weight
    result.leafWeight = given.leafWeight ?? leafWeight
    let weights = given.weightDevices.map { $0.filled(from: weightDevices) }
    result.weightDevices = weightDevices.changed(by: weights) { $0.isSameDevice(as: $1) }
    let isSame = { (one: DeviceRate, other: DeviceRate) in
      one.major == other.major && one.minor == other.minor
    }
    result.readBytes = readBytes.changed(by: given.readBytes, isSame)
    result.writeBytes = writeBytes.changed(by: given.writeBytes, isSame)
    result.readOperations = readOperations.changed(by: given.readOperations, isSame)
    result.writeOperations = writeOperations.changed(by: given.writeOperations, isSame)
    return result
  }
}

extension BlockIOLimits.DeviceWeight {
  fileprivate func isSameDevice(as other: BlockIOLimits.DeviceWeight) -> Bool {
    major == other.major && minor == other.minor
  }

  fileprivate func filled(from old: [BlockIOLimits.DeviceWeight]) -> BlockIOLimits.DeviceWeight {
    let former = old.first { $0.isSameDevice(as: self) }
    return BlockIOLimits.DeviceWeight(
      major: major, minor: minor, weight: weight ?? former?.weight,
      leafWeight: leafWeight ?? former?.leafWeight)
  }
}

extension RdmaLimit {
  fileprivate func filled(from old: [RdmaLimit]) -> RdmaLimit {
    let former = old.first { $0.device.isBytewise(device) }
    return RdmaLimit(
      device: device, handles: handles ?? former?.handles, objects: objects ?? former?.objects)
  }
}

extension Array {
  /// The list with entries replaced by others of the same name, and new ones at the end.
  fileprivate func changed(by given: [Element], _ isSame: (Element, Element) -> Bool) -> [Element] {
    filter { old in !given.contains { isSame($0, old) } } + given
  }
}
