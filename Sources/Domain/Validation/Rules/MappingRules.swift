/// Who is who inside a user namespace.
let identityRequirements: [ValidationRule] = [
  ValidationRule("mappings belong to a user namespace") { document, _ in
    guard !document.hasNamespace(.user) else { return [] }
    return mappingLists(document).compactMap { name, mappings in
      mappings.isEmpty
        ? nil : Violation(JSONPointer(text: "/linux/" + name), "mappings need a user namespace")
    }
  },
  ValidationRule("a new user namespace has mappings") { document, _ in
    guard document.makesUserNamespace else { return [] }
    return mappingLists(document).flatMap { mappingViolations($1, JSONPointer(text: "/linux/" + $0)) }
  },
  ValidationRule("mounts map ids of users and groups by ranges or a user namespace") { document, facts in
    guard let linux = document.linux else { return [] }
    return document.mounts.enumerated().flatMap { index, mount in
      mountMappingViolations(mount, Origin.mounts.appending(index), linux, facts)
    }
  },
  ValidationRule("ids are mapped") { document, _ in
    guard document.makesUserNamespace, let linux = document.linux, let user = document.process?.user else {
      return []
    }
    // Lists that are too long have been complained of: comparing all with all would take for ever.
    guard user.additionalGids.count <= User.groupLimit else { return [] }
    return user.ids.compactMap { place in
      let mappings = place.name == "uid" ? linux.uidMappings : linux.gidMappings
      guard !mappings.isEmpty, mappings.count <= IDMapping.countLimit,
        !mappings.contains(where: { $0.holds(place.id) })
      else { return nil }
      return Violation(place.pointer, "\(place.id) is not mapped in the user namespace")
    }
  },
]

extension Document {
  /// A user namespace is asked for that does not exist yet.
  fileprivate var makesUserNamespace: Bool {
    guard let namespace = namespace(.user) else { return false }
    return (namespace.path ?? "").isEmpty
  }
}

private func mappingLists(_ document: Document) -> [(String, [IDMapping])] {
  guard let linux = document.linux, document.hasNamespace(.user) || linux.hasMappings else { return [] }
  return [("uidMappings", linux.uidMappings), ("gidMappings", linux.gidMappings)]
}

private func mappingViolations(_ mappings: [IDMapping], _ pointer: JSONPointer) -> [Violation] {
  if mappings.isEmpty { return [Violation(pointer, "a new user namespace needs mappings")] }
  let violations = rangeViolations(mappings, pointer)
  if mappings.count <= IDMapping.countLimit, !mappings.contains(where: { $0.holds(0) }) {
    return violations + [
      Violation(pointer, "id 0 is not mapped: the container would have no root")
    ]
  }
  return violations
}

/// What is wrong with ranges that are to be given to the kernel.
private func rangeViolations(_ mappings: [IDMapping], _ pointer: JSONPointer) -> [Violation] {
  // Nothing more is said of a list that is too long: comparing all with all would take for ever.
  guard mappings.count <= IDMapping.countLimit else {
    return [Violation(pointer, "more than \(IDMapping.countLimit) mappings")]
  }
  var violations: [Violation] = []
  for (index, mapping) in mappings.enumerated() {
    if let message = mapping.violation {
      violations.append(Violation(pointer.appending(index).appending("size"), message))
    } else if mappings[..<index].contains(where: { $0.overlaps(mapping) }) {
      violations.append(Violation(pointer.appending(index), "overlaps another mapping"))
    }
  }
  if violations.isEmpty, IDMapping.text(mappings).utf8.count > IDMapping.textLimit {
    violations.append(
      Violation(pointer, "the mappings are more text than the kernel reads: \(IDMapping.textLimit) bytes"))
  }
  return violations
}

extension LinuxSettings {
  fileprivate var hasMappings: Bool { !uidMappings.isEmpty || !gidMappings.isEmpty }
}

/// File systems of the container's own namespaces, which nobody outside of it can make.
private let ownFileSystems: Set<String> = ["proc", "sysfs", "mqueue", "devpts", "cgroup", "cgroup2"]

private func mountMappingViolations(
  _ mount: Mount, _ pointer: JSONPointer, _ linux: LinuxSettings, _ facts: Facts
) -> [Violation] {
  let options = mount.sortedOptions
  let mapping: MountMapping
  do throws(MountMapping.Problem) {
    guard let asked = try MountMapping.of(mount, options, linux) else { return [] }
    mapping = asked
  } catch {
    return [Violation(pointer, error.description)]
  }
  var violations: [Violation] = []
  if facts.effectiveUserID != 0 {
    violations.append(Violation(pointer, "id-mapped mounts are not supported for rootless containers"))
  }
  if options.remount {
    violations.append(Violation(pointer, "the ids of a mount that exists cannot be mapped"))
  } else if options.bind == nil, let type = mount.type, ownFileSystems.contains(type) {
    violations.append(Violation(pointer.appending("type"), "\(type.quoted) cannot be id-mapped"))
  }
  guard case .ranges(let uids, let gids) = mapping.source else { return violations }
  return violations + rangeViolations(uids, pointer.appending("uidMappings"))
    + rangeViolations(gids, pointer.appending("gidMappings"))
}

extension IDMapping {
  /// What is wrong with the range by itself. The last number is no id.
  fileprivate var violation: String? {
    if size == 0 { return "must not be 0" }
    let room = UInt32.max - Swift.max(containerID, hostID)
    return size > room ? "the range ends above the largest id" : nil
  }

  /// Whether the two ranges share an id, inside or outside.
  fileprivate func overlaps(_ other: IDMapping) -> Bool {
    meet(containerID, other.containerID, other.size) || meet(hostID, other.hostID, other.size)
  }

  private func meet(_ first: UInt32, _ otherFirst: UInt32, _ otherSize: UInt32) -> Bool {
    first < otherFirst ? otherFirst - first < size : first - otherFirst < otherSize
  }
}
