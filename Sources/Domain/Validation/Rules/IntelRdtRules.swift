/// What is wrong with a class of service.
let intelRdtRequirements: [ValidationRule] = [
  ValidationRule("a class of service needs resctrl") { document, facts in
    guard document.linux?.intelRdt != nil else { return [] }
    guard facts.resctrl != nil else {
      return [
        Violation(
          Origin.intelRdt,
          "intelRdt is specified in config, but Intel RDT is not supported or enabled: resctrl is not mounted"
        )
      ]
    }
    return [Violation(Origin.intelRdt, "is not supported yet")]
  },
  ValidationRule("a class of service is a directory's name") { document, _ in
    guard let id = document.linux?.intelRdt?.closID, id != "/" else { return [] }
    let isName = id != "." && id != ".." && !id.utf8.contains(UInt8(ascii: "/")) && id.utf8.count <= 255
    return isName ? [] : [Violation(Origin.intelRdt.appending("closID"), "invalid intelRdt.ClosID")]
  },
  ValidationRule("a memory bandwidth is one line") { document, _ in
    guard let line = document.linux?.intelRdt?.memBwSchema else { return [] }
    let isLine = line.hasPrefix("MB:") && !line.utf8.contains(UInt8(ascii: "\n"))
    return isLine
      ? [] : [Violation(Origin.intelRdt.appending("memBwSchema"), "must be one line that begins with MB:")]
  },
  ValidationRule("schemata are lines") { document, _ in
    (document.linux?.intelRdt?.schemata ?? []).enumerated().compactMap { index, line in
      guard line.isEmpty || line.utf8.contains(UInt8(ascii: "\n")) else { return nil }
      return Violation(Origin.intelRdt.appending("schemata").appending(index), "must be one line")
    }
  },
]
