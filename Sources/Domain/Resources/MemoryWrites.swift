extension MemoryLimits {
  /// `memory` on cgroup v1.
  ///
  /// The kernel keeps limit <= memory+swap limit at every moment. A new cgroup has both at their highest,
  /// so the limit goes first; when that is too high for the present memory+swap limit, the kernel says so
  /// and it is written again after it.
  func appendV1(to writes: inout [ControlWrite]) throws(InexpressibleLimit) {
    try check(limit, "memory.limit_in_bytes")
    try check(reservation, "memory.soft_limit_in_bytes")
    if let swappiness {
      guard swappiness <= 100 else {
        throw InexpressibleLimit(file: "memory.swappiness", reason: "\(swappiness) is more than 100")
      }
      writes.append(ControlWrite("memory", "memory.swappiness", "\(swappiness)"))
    }
    if disableOOMKiller == true { writes.append(ControlWrite("memory", "memory.oom_control", "1")) }
    if let reservation = nonzero(reservation) {
      writes.append(ControlWrite("memory", "memory.soft_limit_in_bytes", "\(reservation)"))
    }
    if let limit = nonzero(limit) {
      writes.append(
        ControlWrite("memory", "memory.limit_in_bytes", "\(limit)", .retriedLast(unlessMissing: false)))
    }
    if let swap = try total("memory.memsw.limit_in_bytes") {
      writes.append(
        ControlWrite(
          "memory", "memory.memsw.limit_in_bytes", "\(swap)", swap == -1 ? .unlessMissing : .fatal))
    }
  }

  /// `memory` on cgroup v2. Swap goes before the limit, so that lowering the limit cannot push pages into
  /// swap that is then taken away.
  func appendV2(to writes: inout [ControlWrite]) throws(InexpressibleLimit) {
    try check(limit, "memory.max")
    try check(reservation, "memory.low")
    if let reservation = nonzero(reservation) {
      writes.append(ControlWrite("memory", "memory.low", MemoryLimits.text(reservation)))
    }
    if let swap = try swapV2() {
      // Without swap in the kernel there is none to forbid, nor any to limit.
      let text = MemoryLimits.text(swap)
      writes.append(
        ControlWrite("memory", "memory.swap.max", text, swap <= 0 ? .unlessMissing : .fatal))
    }
    if let limit = nonzero(limit) {
      writes.append(ControlWrite("memory", "memory.max", MemoryLimits.text(limit)))
    }
  }

  /// Swap alone, as cgroup v2 counts it: the document's swap is memory and swap together.
  private func swapV2() throws(InexpressibleLimit) -> Int64? {
    guard let swap = try total("memory.swap.max") else { return nil }
    if swap == -1 { return -1 }
    guard let limit = nonzero(limit) else {
      throw InexpressibleLimit(
        file: "memory.swap.max", reason: "unable to set swap limit without memory limit")
    }
    return limit == -1 ? swap : swap - limit
  }

  /// Memory and swap together: nil asks nothing, -1 is unlimited. It follows an unlimited memory.
  private func total(_ file: String) throws(InexpressibleLimit) -> Int64? {
    try check(swap, file)
    let limit = limit ?? 0
    guard let swap = nonzero(swap) else { return limit == -1 ? -1 : nil }
    guard swap == -1 || swap >= limit else {
      throw InexpressibleLimit(
        file: file, reason: "memory+swap limit \(swap) should be at least the memory limit \(limit)")
    }
    return swap
  }

  private func check(_ value: Int64?, _ file: String) throws(InexpressibleLimit) {
    guard let value, value < -1 else { return }
    throw InexpressibleLimit(file: file, reason: "\(value) is neither a size nor -1")
  }

  private func nonzero(_ value: Int64?) -> Int64? {
    value == 0 ? nil : value
  }

  private static func text(_ value: Int64) -> String {
    value == -1 ? "max" : "\(value)"
  }

  /// Why these limits may not be set while `usage` bytes are used; nil where they may, or where
  /// `checkBeforeUpdate` does not ask.
  public func rejection(usage: Int64) -> InexpressibleLimit? {
    guard checkBeforeUpdate == true else { return nil }
    if let swap, swap > 0, swap <= usage {
      return InexpressibleLimit(
        file: "memory.swap.max", reason: "rejecting memory+swap limit \(swap) <= usage \(usage)")
    }
    if let limit, limit > 0, limit <= usage {
      return InexpressibleLimit(
        file: "memory.max", reason: "rejecting memory limit \(limit) <= usage \(usage)")
    }
    return nil
  }
}
