extension CPULimits {
  /// `cpus` and `mems`, whose files are named alike on both versions, but for a hierarchy of version 1 that is
  /// mounted with `noprefix`.
  func appendCpusets(to writes: inout [ControlWrite], hasPrefix: Bool) {
    for (name, list) in [("cpus", cpus), ("mems", mems)] {
      guard let list, !list.isEmpty else { continue }
      let file = "cpuset." + name
      writes.append(
        hasPrefix
          ? ControlWrite("cpuset", file, list) : ControlWrite("cpuset", file, list, or: name, list))
    }
  }

  /// `cpu` on cgroup v1.
  func appendV1(to writes: inout [ControlWrite]) throws(InexpressibleLimit) {
    try appendIdle(to: &writes)
    if let shares, shares != 0 {
      try checkShares(shares)
      if hasWeight { writes.append(ControlWrite("cpu", "cpu.shares", "\(shares)")) }
    }
    if let period, period != 0 {
      writes.append(
        ControlWrite("cpu", "cpu.cfs_period_us", "\(period)", .retriedLast(unlessMissing: false)))
    }
    if let burst {
      writes.append(ControlWrite("cpu", "cpu.cfs_burst_us", "\(burst)", .retriedLast(unlessMissing: true)))
    }
    if let quota, quota != 0 { writes.append(ControlWrite("cpu", "cpu.cfs_quota_us", "\(quota)")) }
    if let realtimePeriod, realtimePeriod != 0 {
      writes.append(
        ControlWrite("cpu", "cpu.rt_period_us", "\(realtimePeriod)", .retriedLast(unlessMissing: false)))
    }
    if let realtimeRuntime, realtimeRuntime != 0 {
      writes.append(ControlWrite("cpu", "cpu.rt_runtime_us", "\(realtimeRuntime)"))
    }
  }

  /// `cpu` on cgroup v2.
  func appendV2(to writes: inout [ControlWrite]) throws(InexpressibleLimit) {
    try appendIdle(to: &writes)
    if let shares, shares != 0, hasWeight {
      writes.append(ControlWrite("cpu", "cpu.weight", "\(CPULimits.weight(shares: shares))"))
    }
    if let burst {
      writes.append(ControlWrite("cpu", "cpu.max.burst", "\(burst)", .retriedLast(unlessMissing: false)))
    }
    let (quota, period) = (quota ?? 0, period ?? 0)
    guard quota != 0 || period != 0 else { return }
    let text = quota > 0 ? "\(quota)" : "max"
    writes.append(ControlWrite("cpu", "cpu.max", "\(text) \(period == 0 ? 100_000 : period)"))
  }

  /// Idle goes before the weight, which the kernel refuses for an idle cgroup.
  private func appendIdle(to writes: inout [ControlWrite]) throws(InexpressibleLimit) {
    guard let idle else { return }
    guard idle == 0 || idle == 1 else {
      throw InexpressibleLimit(file: "cpu.idle", reason: "\(idle) is neither 0 nor 1")
    }
    writes.append(ControlWrite("cpu", "cpu.idle", "\(idle)"))
  }

  /// An idle cgroup has no weight of its own.
  private var hasWeight: Bool { idle != 1 }

  /// The kernel would silently take the nearest value that it knows.
  private func checkShares(_ shares: UInt64) throws(InexpressibleLimit) {
    if shares > CPULimits.highestShares {
      throw InexpressibleLimit(
        file: "cpu.shares", reason: "the maximum allowed cpu-shares is \(CPULimits.highestShares)")
    }
    if shares < CPULimits.lowestShares {
      throw InexpressibleLimit(
        file: "cpu.shares", reason: "the minimum allowed cpu-shares is \(CPULimits.lowestShares)")
    }
  }

  static let lowestShares: UInt64 = 2
  static let highestShares: UInt64 = 262_144
}
