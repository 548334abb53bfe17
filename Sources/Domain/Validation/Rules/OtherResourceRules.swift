/// What is wrong with the less common limits.
let otherResourceRequirements: [ValidationRule] = [
  ValidationRule("block I/O weights are of the kernel's range") { document, _ in
    guard let blockIO = document.linux?.resources.blockIO, blockIO != BlockIOLimits() else { return [] }
    let pointer = Origin.resources.appending("blockIO")
    var violations = weightViolations(blockIO.weight, blockIO.leafWeight, pointer)
    for (index, device) in blockIO.weightDevices.enumerated() {
      violations += weightViolations(
        device.weight, device.leafWeight, pointer.appending("weightDevice").appending(index))
    }
    return violations
  },
  ValidationRule("huge pages have a size") { document, _ in
    (document.linux?.resources.hugepages ?? []).enumerated().compactMap { index, hugepage in
      guard !isPageSize(hugepage.pageSize) else { return nil }
      let pointer = Origin.resources.appending("hugepageLimits").appending(index).appending("pageSize")
      return Violation(pointer, "\(hugepage.pageSize.quoted) is no size such as 2MB")
    }
  },
  ValidationRule("names in control files are single words") { document, _ in
    guard let resources = document.linux?.resources,
      !resources.rdma.isEmpty || !resources.network.priorities.isEmpty
    else { return [] }
    let rdma = Origin.resources.appending("rdma")
    let priorities = Origin.resources.appending("network").appending("priorities")
    return resources.rdma.compactMap {
      isWord($0.device) ? nil : Violation(rdma.appending($0.device), "is no device's name")
    }
      + resources.network.priorities.enumerated().compactMap {
        isWord($1.name)
          ? nil : Violation(priorities.appending($0).appending("name"), "is no interface's name")
      }
  },
  ValidationRule("unified names control files") { document, _ in
    (document.linux?.resources.unified ?? []).compactMap { entry in
      guard
        entry.name.utf8.contains(UInt8(ascii: "/")) || !entry.name.utf8.contains(UInt8(ascii: "."))
          || !isWord(entry.name) || entry.name.utf8.first == UInt8(ascii: ".")
      else { return nil }
      return Violation(
        Origin.resources.appending("unified").appending(entry.name), "must be a file's name, without slashes")
    }
  },
]

private func weightViolations(_ weight: UInt16?, _ leafWeight: UInt16?, _ pointer: JSONPointer) -> [Violation]
{
  [("weight", weight), ("leafWeight", leafWeight)].compactMap { name, value in
    guard let value, !(10...1000).contains(value) else { return nil }
    return Violation(pointer.appending(name), "must be in 10 to 1000")
  }
}

/// Digits without a leading zero, and a unit: it becomes part of a file's name.
private func isPageSize(_ text: String) -> Bool {
  let bytes = Array(text.utf8)
  guard bytes.count >= 3, bytes.last == UInt8(ascii: "B"), [75, 77, 71].contains(bytes[bytes.count - 2]),
    bytes[0] != UInt8(ascii: "0")
  else { return false }
  return bytes.dropLast(2).allSatisfy { (48...57).contains($0) }
}

/// Not empty, and without the spaces and line ends that part the words of a control file.
private func isWord(_ text: String) -> Bool {
  !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 != 127 }
}
