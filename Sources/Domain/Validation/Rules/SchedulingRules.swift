/// What is wrong with how a process is scheduled.
func schedulingViolations(_ process: ProcessSettings) -> [Violation] {
  var violations: [Violation] = []
  if let scheduler = process.scheduler { violations += schedulerViolations(scheduler) }
  if let priority = process.ioPriority, !(0...7).contains(priority.priority) {
    let pointer = Origin.process.appending("ioPriority").appending("priority")
    violations.append(Violation(pointer, "must be in 0 to 7"))
  }
  if let affinity = process.execCPUAffinity {
    let pointer = Origin.process.appending("execCPUAffinity")
    violations += listViolations(affinity.initial, pointer, "initial")
    violations += listViolations(affinity.final, pointer, "final")
  }
  return violations
}

private func schedulerViolations(_ scheduler: Scheduler) -> [Violation] {
  var violations: [Violation] = []
  func note(_ name: String, _ message: String) {
    violations.append(Violation(Origin.scheduler.appending(name), message))
  }
  if !(-20...19).contains(scheduler.nice) { note("nice", "must be in -20 to 19") }
  switch scheduler.policy {
  case .fifo, .roundRobin:
    if !(1...99).contains(scheduler.priority) { note("priority", "must be in 1 to 99") }
  default:
    if scheduler.priority != 0 {
      note("priority", "can only be specified for SCHED_FIFO or SCHED_RR policy")
    }
  }
  if scheduler.policy == .deadline {
    if let message = deadlineViolation(scheduler) { note("deadline", message) }
  } else {
    for (name, value) in [
      ("runtime", scheduler.runtime), ("deadline", scheduler.deadline), ("period", scheduler.period),
    ] where value != 0 {
      note(name, "can only be specified for SCHED_DEADLINE policy")
    }
  }
  return violations
}

/// The kernel's conditions, which it answers all alike. The corresponding text is that of sched(7).
private func deadlineViolation(_ scheduler: Scheduler) -> String? {
  let period = scheduler.period == 0 ? scheduler.deadline : scheduler.period
  guard scheduler.runtime >= 1024, scheduler.runtime <= scheduler.deadline, scheduler.deadline <= period,
    period <= UInt64(Int64.max)
  else { return "must be: 1024 <= runtime <= deadline <= period, in nanoseconds" }
  return nil
}

private func listViolations(_ text: String?, _ pointer: JSONPointer, _ name: String) -> [Violation] {
  guard let text else { return [] }
  do throws(IndexList.Problem) {
    guard try IndexList(text).isEmpty else { return [] }
    return [Violation(pointer.appending(name), "names no CPU")]
  } catch {
    return [Violation(pointer.appending(name), "\(error)")]
  }
}

/// Where memory comes from.
let memoryPolicyRequirements: [ValidationRule] = [
  ValidationRule("a memory policy has the nodes and flags of its mode") { document, _ in
    guard let policy = document.linux?.memoryPolicy else { return [] }
    return nodeViolations(policy) + flagViolations(policy)
  }
]

private func nodeViolations(_ policy: MemoryPolicy) -> [Violation] {
  let pointer = Origin.memoryPolicy.appending("nodes")
  do throws(IndexList.Problem) {
    let isEmpty = try IndexList(policy.nodes).isEmpty
    switch policy.mode {
    case .byDefault, .local:
      return isEmpty ? [] : [Violation(pointer, "must be empty with \(policy.mode.rawValue)")]
    case .bind, .interleave, .preferredMany, .weightedInterleave:
      return isEmpty ? [Violation(pointer, "must not be empty with \(policy.mode.rawValue)")] : []
    case .preferred: return []
    }
  } catch {
    return [Violation(pointer, "\(error)")]
  }
}

private func flagViolations(_ policy: MemoryPolicy) -> [Violation] {
  let pointer = Origin.memoryPolicy.appending("flags")
  if policy.flags.contains(.staticNodes), policy.flags.contains(.relativeNodes) {
    return [Violation(pointer, "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other")]
  }
  if policy.flags.contains(.balancing), policy.mode != .bind, policy.mode != .preferredMany {
    return [Violation(pointer, "MPOL_F_NUMA_BALANCING needs MPOL_BIND or MPOL_PREFERRED_MANY")]
  }
  return []
}
