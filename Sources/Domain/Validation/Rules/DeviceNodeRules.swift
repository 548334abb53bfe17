let deviceRequirements: [ValidationRule] = [
  ValidationRule("devices have absolute paths") { document, _ in
    (document.linux?.devices ?? []).enumerated().compactMap { index, device in
      device.path.isAbsolutePath
        ? nil : Violation(Origin.devices.appending(index).appending("path"), "must be an absolute path")
    }
  },
  ValidationRule("default devices are known, and null is there to mask files") { document, _ in
    guard let kept = document.keptDevices else { return [] }
    let pointer = KnownAnnotation.defaultDevices.pointer
    var violations = kept.filter { !Document.defaultDeviceNames.containsBytewise($0) }.map {
      Violation(pointer, "\($0.quoted) is no default device")
    }
    let hasNull = kept.contains("null") || document.linux?.devices.contains { $0.path == "/dev/null" } == true
    if !hasNull, document.linux?.maskedPaths.isEmpty == false {
      violations.append(Violation(pointer, "maskedPaths need /dev/null"))
    }
    return violations
  },
  ValidationRule("paths to hide or protect are absolute") { document, _ in
    guard let linux = document.linux else { return [] }
    return relativePaths("maskedPaths", linux.maskedPaths)
      + relativePaths("readonlyPaths", linux.readonlyPaths)
  },
]

private func relativePaths(_ name: String, _ paths: [String]) -> [Violation] {
  paths.enumerated().compactMap { index, path in
    path.isAbsolutePath
      ? nil : Violation(JSONPointer(text: "/linux/" + name).appending(index), "must be an absolute path")
  }
}

let resourceRequirements: [ValidationRule] = [
  ValidationRule("swap is memory and swap together") { document, _ in
    guard let memory = document.linux?.resources.memory, let swap = memory.swap, swap > 0 else { return [] }
    let pointer = JSONPointer(text: "/linux/resources/memory/swap")
    guard let limit = memory.limit, limit != 0 else {
      return [Violation(pointer, "unable to set swap limit without memory limit")]
    }
    guard limit > swap else { return [] }
    return [Violation(pointer, "memory+swap limit should be >= memory limit")]
  },
  ValidationRule("swappiness is a share of 100") { document, _ in
    guard let swappiness = document.linux?.resources.memory.swappiness, swappiness > 100 else { return [] }
    return [Violation(JSONPointer(text: "/linux/resources/memory/swappiness"), "must be in 0 to 100")]
  },
  ValidationRule("device rules can be kept") { document, _ in
    // Their meaning is found by comparing each with those after it, by the kernel at every access too.
    guard let rules = document.linux?.resources.devices, rules.count > maximumDeviceRules else { return [] }
    return [Violation(JSONPointer(text: "/linux/resources/devices"), "more than \(maximumDeviceRules) rules")]
  },
  ValidationRule("a cpu is idle or not") { document, _ in
    guard let idle = document.linux?.resources.cpu.idle, idle != 0, idle != 1 else { return [] }
    return [Violation(JSONPointer(text: "/linux/resources/cpu/idle"), "must be 0 or 1")]
  },
]

private let maximumDeviceRules = 4096
