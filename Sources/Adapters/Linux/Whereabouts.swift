extension Processes {
  /// A process in words, for messages: its number, name and state, and the kernel function that it waits in,
  /// such as `17 (sleep, state D, in folio_wait_bit)`. What cannot be read is left out.
  public static func whereabouts(_ pid: Int32) -> String {
    guard let stat = try? Host.read("/proc/\(pid)/stat", limit: 4096),
      let open = stat.firstIndex(of: UInt8(ascii: "(")), let close = stat.lastIndex(of: UInt8(ascii: ")")),
      open < close, stat.indices.contains(close + 2)
    else { return "\(pid)" }
    let name = String(decoding: stat[(open + 1)..<close], as: UTF8.self)
    let state = String(decoding: [stat[close + 2]], as: UTF8.self)
    let place = try? Host.read("/proc/\(pid)/wchan", limit: 256)
    let function = place.map { String(decoding: $0, as: UTF8.self) } ?? "0"
    return "\(pid) (\(name), state \(state)" + (function == "0" ? ")" : ", in \(function))")
  }
}
