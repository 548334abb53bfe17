extension Plan {
  /// The plan as text: how the process is born, its slots and its steps, each with its place in
  /// `config.json`.
  public var listing: String {
    var lines = birth.lines
    for (index, slot) in slots.enumerated() {
      lines.append("slot \(index): \(slot.source)\(Plan.place(slot.origin))")
    }
    for (index, entry) in entries.enumerated() {
      lines.append("\(index): \(entry.step)\(Plan.place(entry.origin))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The plan as JSON, one member for each part.
  public var json: JSON {
    .object([
      .init("birth", .array(birth.lines.map { .string($0) })),
      .init(
        "slots",
        .array(
          slots.map {
            .object([
              .init("source", .string($0.source.description)), .init("origin", .string($0.origin.text)),
            ])
          })),
      .init(
        "steps",
        .array(
          entries.map {
            .object([
              .init("step", .string("\($0.step.kind)")), .init("effect", .string($0.step.description)),
              .init("origin", .string($0.origin.text)),
              .init("tolerates", .string("\($0.step.tolerance)")),
            ])
          })),
    ])
  }

  private static func place(_ origin: JSONPointer) -> String {
    origin == .root ? "" : "  (\(origin))"
  }
}

extension Birth {
  /// One line for each thing that is done to the process by its parent.
  var lines: [String] {
    var lines: [String] = []
    if !created.isEmpty { lines.append("birth: new namespaces \(created)") }
    for namespace in joined {
      lines.append("birth: join \(namespace.type.rawValue) namespace \(namespace.path)")
    }
    if !entered.isEmpty { lines.append("birth: enter namespaces \(entered)") }
    for (name, mappings) in [("users", uidMappings), ("groups", gidMappings)] {
      for mapping in mappings {
        lines.append(
          "birth: map \(name) \(mapping.containerID) to \(mapping.hostID), \(mapping.size) of them")
      }
    }
    for offset in timeOffsets {
      lines.append("birth: shift \(offset.clock.rawValue) by \(offset.seconds) s \(offset.nanoseconds) ns")
    }
    for limit in limits {
      let name = ResourceLimitNumber.table.first { $0.number == limit.resource }?.name ?? "limit"
      lines.append("birth: \(name) \(limit.soft) of \(limit.hard)")
    }
    if let cpus = initialCPUs { lines.append("birth: run on CPUs \(cpus)") }
    for device in netDevices {
      lines.append("birth: move network device \(device.hostName), named \(device.finalName)")
    }
    if let rdtGroup { lines.append("birth: join \(rdtGroup)") }
    if let oomScoreAdj { lines.append("birth: oom_score_adj \(oomScoreAdj)") }
    if preservedDescriptors > 0 { lines.append("birth: pass on \(preservedDescriptors) descriptors") }
    return lines
  }
}
