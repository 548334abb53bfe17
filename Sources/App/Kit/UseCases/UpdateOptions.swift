import Domain

/// What the options of `update` ask for.
extension Context {
  /// The limits of the file, or those of the options; what is given nowhere is nil.
  func givenLimits() throws(Failure) -> Resources {
    let path = invocation.filled(.resources)
    let json: JSON
    switch path {
    case nil: json = try LimitOption.json(invocation)
    case "-": json = try parseInput()
    case .some(let path): json = try parse(path)
    }
    do throws(DecodingError) {
      return try Resources(decoding: json)
    } catch {
      throw .decoding(path: path.map { $0 == "-" ? "/dev/stdin" : $0 } ?? "command line", error)
    }
  }
}

/// An option of `update` that sets a member of `linux.resources`.
private struct LimitOption {
  enum Kind { case number, size, text }

  let option: Option
  let section: String
  let member: String
  let kind: Kind

  static let all: [LimitOption] = [
    LimitOption(option: .memory, section: "memory", member: "limit", kind: .size),
    LimitOption(option: .memoryReservation, section: "memory", member: "reservation", kind: .size),
    LimitOption(option: .memorySwap, section: "memory", member: "swap", kind: .size),
    LimitOption(option: .kernelMemory, section: "memory", member: "kernel", kind: .size),
    LimitOption(option: .kernelMemoryTcp, section: "memory", member: "kernelTCP", kind: .size),
    LimitOption(option: .cpuPeriod, section: "cpu", member: "period", kind: .number),
    LimitOption(option: .cpuQuota, section: "cpu", member: "quota", kind: .number),
    LimitOption(option: .cpuBurst, section: "cpu", member: "burst", kind: .number),
    LimitOption(option: .cpuShare, section: "cpu", member: "shares", kind: .number),
    LimitOption(option: .cpuRtPeriod, section: "cpu", member: "realtimePeriod", kind: .number),
    LimitOption(option: .cpuRtRuntime, section: "cpu", member: "realtimeRuntime", kind: .number),
    LimitOption(option: .cpuIdle, section: "cpu", member: "idle", kind: .number),
    LimitOption(option: .cpusetCpus, section: "cpu", member: "cpus", kind: .text),
    LimitOption(option: .cpusetMems, section: "cpu", member: "mems", kind: .text),
    LimitOption(option: .blkioWeight, section: "blockIO", member: "weight", kind: .number),
    LimitOption(option: .pidsLimit, section: "pids", member: "limit", kind: .number),
  ]

  /// The options as the file would have them.
  static func json(_ invocation: Invocation) throws(Failure) -> JSON {
    var sections: [JSON.Member] = []
    for row in all {
      guard let text = invocation.filled(row.option) else { continue }
      let member = JSON.Member(row.member, try row.value(text))
      let index = sections.firstIndex { $0.name == row.section }
      if let index, case .object(let members) = sections[index].value {
        sections[index].value = .object(members + [member])
      } else {
        sections.append(JSON.Member(row.section, .object([member])))
      }
    }
    return .object(sections)
  }

  private var name: String { Option.rules.first { $0.option == option }?.name ?? "" }

  private func value(_ text: String) throws(Failure) -> JSON {
    switch kind {
    case .text: return .string(text)
    case .size:
      if let size = ByteSize.parse(text) { return .integer(size) }
    case .number:
      if let number = Int64(text) { return .integer(number) }
      if let number = UInt64(text) { return .unsigned(number) }
    }
    throw .argument(.limit(option: name, text))
  }
}
