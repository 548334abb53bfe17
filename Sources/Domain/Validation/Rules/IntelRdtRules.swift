/// What is wrong with a class of service.
let intelRdtRequirements: [ValidationRule] = [
  ValidationRule("a class of service needs resctrl") { document, facts in
    guard document.linux?.intelRdt != nil, facts.resctrl == nil else { return [] }
    return [
      Violation(
        Origin.intelRdt,
        "intelRdt is specified in config, but Intel RDT is not supported or enabled: resctrl is not mounted")
    ]
  },
  ValidationRule("a class of service is a directory's name") { document, _ in
    guard let id = document.linux?.intelRdt?.closID, id != "/", !RdtGroup.isName(id) else { return [] }
    return [Violation(Origin.intelRdt.appending("closID"), "invalid intelRdt.ClosID")]
  },
  ValidationRule("a memory bandwidth is one line") { document, _ in
    guard let line = document.linux?.intelRdt?.memBwSchema else { return [] }
    let place = Origin.intelRdt.appending("memBwSchema")
    guard line.hasBytePrefix("MB:"), !line.utf8.contains(UInt8(ascii: "\n")) else {
      return [Violation(place, "must be one line that begins with MB:")]
    }
    return problem([line], place)
  },
  ValidationRule("a cache's schema is of lines") { document, _ in
    guard let text = document.linux?.intelRdt?.l3CacheSchema else { return [] }
    return problem(text.fields(at: "\n").map(String.init), Origin.intelRdt.appending("l3CacheSchema"))
  },
  ValidationRule("schemata are lines") { document, _ in
    (document.linux?.intelRdt?.schemata ?? []).enumerated().flatMap { index, line -> [Violation] in
      let place = Origin.intelRdt.appending("schemata").appending(index)
      guard !line.isEmpty, !line.utf8.contains(UInt8(ascii: "\n")) else {
        return [Violation(place, "must be one line")]
      }
      return problem([line], place)
    }
  },
]

/// What is wrong with the form of lines; what a host makes of them is seen when they are used.
private func problem(_ lines: [String], _ place: JSONPointer) -> [Violation] {
  do throws(RdtSchemaProblem) {
    _ = try RdtSchemata(lines: lines)
    return []
  } catch {
    return [Violation(place, error.description)]
  }
}
