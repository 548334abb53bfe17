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
  /// One line for each thing that is done to the process by its parent, with the place that asks for it.
  var lines: [String] {
    effects.map { "birth: \($0)" }
  }

  /// The places in `config.json` that ask for something before the process takes its first step.
  public var places: [String] { effects.map(\.origin.text) }

  var effects: [PlannedEffect] {
    namespaceEffects + mappingEffects(uidMappings, "users", "uidMappings")
      + mappingEffects(gidMappings, "groups", "gidMappings") + clockEffects + limitEffects + otherEffects
  }

  private var namespaceEffects: [PlannedEffect] {
    var effects: [PlannedEffect] = []
    if !created.isEmpty { effects.append(PlannedEffect("new namespaces \(created)", Origin.namespaces)) }
    for namespace in joined {
      effects.append(
        PlannedEffect("join \(namespace.type.rawValue) namespace \(namespace.path)", namespace.origin))
    }
    if !entered.isEmpty { effects.append(PlannedEffect("enter namespaces \(entered)", .root)) }
    return effects
  }

  private func mappingEffects(_ mappings: [IDMapping], _ what: String, _ member: String) -> [PlannedEffect] {
    mappings.enumerated().map { index, mapping in
      PlannedEffect(
        "map \(what) \(mapping.containerID) to \(mapping.hostID), \(mapping.size) of them",
        JSONPointer(text: "/linux").appending(member).appending(index))
    }
  }

  private var clockEffects: [PlannedEffect] {
    timeOffsets.map { offset in
      PlannedEffect(
        "shift \(offset.clock.rawValue) by \(offset.seconds) s \(offset.nanoseconds) ns",
        JSONPointer(text: "/linux/timeOffsets").appending(offset.clock.rawValue))
    }
  }

  private var limitEffects: [PlannedEffect] {
    limits.map { limit in
      let name = ResourceLimitNumber.table.first { $0.number == limit.resource }?.name ?? "limit"
      return PlannedEffect("\(name) \(limit.soft) of \(limit.hard)", limit.origin)
    }
  }

  private var otherEffects: [PlannedEffect] {
    var effects: [PlannedEffect] = []
    if let cpus = initialCPUs {
      let place = JSONPointer(text: "/process/execCPUAffinity/initial")
      effects.append(PlannedEffect("run on CPUs \(cpus)", place))
    }
    for device in netDevices {
      effects.append(
        PlannedEffect(
          "move network device \(device.hostName), named \(device.finalName)",
          Origin.netDevices.appending(device.hostName)))
    }
    if let rdtGroup { effects.append(PlannedEffect("join \(rdtGroup)", Origin.intelRdt)) }
    if let oomScoreAdj {
      effects.append(PlannedEffect("oom_score_adj \(oomScoreAdj)", Origin.process.appending("oomScoreAdj")))
    }
    if keepsGroups {
      effects.append(PlannedEffect("keep the caller's groups", KnownAnnotation.keepOriginalGroups.pointer))
    }
    if preservedDescriptors > 0 {
      effects.append(PlannedEffect("pass on \(preservedDescriptors) descriptors", .root))
    }
    return effects
  }
}
