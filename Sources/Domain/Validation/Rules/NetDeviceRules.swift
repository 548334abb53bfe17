/// What is wrong with the network devices to move.
let netDeviceRequirements: [ValidationRule] = [
  ValidationRule("network devices move into a network namespace") { document, facts in
    guard document.linux?.netDevices.isEmpty == false else { return [] }
    guard document.hasNamespace(.network) else {
      return [Violation(Origin.netDevices, "network devices need a network namespace of the container's own")]
    }
    guard facts.effectiveUserID == 0 else {
      return [Violation(Origin.netDevices, "network devices are not supported for rootless containers")]
    }
    return []
  },
  ValidationRule("network devices have names that the kernel takes") { document, _ in
    (document.linux?.netDevices ?? []).flatMap { device -> [Violation] in
      let pointer = Origin.netDevices.appending(device.hostName)
      var violations: [Violation] = []
      if !isInterfaceName(device.hostName) { violations.append(Violation(pointer, notAName)) }
      if let name = device.name, !isInterfaceName(name) {
        violations.append(Violation(pointer.appending("name"), notAName))
      }
      return violations
    }
  },
  ValidationRule("network devices have different names in the container") { document, _ in
    var seen = Set<ByteKey>()
    return (document.linux?.netDevices ?? []).compactMap { device in
      guard !seen.insert(ByteKey(device.finalName)).inserted else { return nil }
      return Violation(
        Origin.netDevices.appending(device.hostName), "\(device.finalName.quoted) is another device's name")
    }
  },
]

private let notAName = "is no interface's name: 1 to 15 bytes without slash, colon, percent sign and space"

/// What the kernel takes as a name, without the percent sign, which asks it to choose a number.
private func isInterfaceName(_ name: String) -> Bool {
  guard (1...15).contains(name.utf8.count), name != ".", name != ".." else { return false }
  return name.utf8.allSatisfy {
    $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "%")
  }
}
