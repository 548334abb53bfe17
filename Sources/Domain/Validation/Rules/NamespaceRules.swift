let namespaceRequirements: [ValidationRule] = [
  ValidationRule("namespaces are given once") { document, _ in
    let namespaces = document.linux?.namespaces ?? []
    return namespaces.indices.compactMap { index in
      guard namespaces[..<index].contains(where: { $0.type == namespaces[index].type }) else { return nil }
      return Violation(
        Origin.namespaces.appending(index),
        "malformed spec file: duplicated ns \(namespaces[index].type.rawValue)")
    }
  },
  ValidationRule("namespaces are joined by absolute paths") { document, _ in
    (document.linux?.namespaces ?? []).enumerated().compactMap { index, namespace in
      guard let path = namespace.path, !path.isEmpty, !path.isAbsolutePath else { return nil }
      return Violation(Origin.namespaces.appending(index).appending("path"), "must be an absolute path")
    }
  },
  ValidationRule("namespaces exist in the kernel") { document, facts in
    (document.linux?.namespaces ?? []).enumerated().compactMap { index, namespace in
      guard !facts.namespaces.contains(namespace.type) else { return nil }
      return Violation(
        Origin.namespaces.appending(index), "the kernel has no \(namespace.type.rawValue) namespaces")
    }
  },
  ValidationRule("a mount namespace holds the root") { document, _ in
    guard !document.hasNamespace(.mount) else { return [] }
    return [
      Violation(Origin.namespaces, "a mount namespace is needed: mounts would be the host's own")
    ]
  },
  ValidationRule("names need a namespace of their own") { document, _ in
    guard !document.hasNamespace(.uts) else { return [] }
    return [
      document.hostname?.isEmpty == false
        ? Violation(
          JSONPointer(text: "/hostname"), "unable to set hostname without a private UTS namespace") : nil,
      document.domainname?.isEmpty == false
        ? Violation(
          JSONPointer(text: "/domainname"), "unable to set domainname without a private UTS namespace") : nil,
    ].compactMap { $0 }
  },
  ValidationRule("clocks are shifted in a new time namespace") { document, _ in
    guard document.linux?.timeOffsets.isEmpty == false else { return [] }
    let pointer = JSONPointer(text: "/linux/timeOffsets")
    guard let namespace = document.namespace(.time) else {
      return [Violation(pointer, "time offsets need a time namespace")]
    }
    guard (namespace.path ?? "").isEmpty else {
      return [Violation(pointer, "time offsets cannot be set in a time namespace that is joined")]
    }
    return []
  },
]

let identityRequirements: [ValidationRule] = [
  ValidationRule("mappings belong to a user namespace") { document, _ in
    guard let linux = document.linux, !document.hasNamespace(.user) else { return [] }
    return [("uidMappings", linux.uidMappings), ("gidMappings", linux.gidMappings)].compactMap {
      $0.1.isEmpty
        ? nil : Violation(JSONPointer(text: "/linux/" + $0.0), "mappings need a user namespace")
    }
  },
  ValidationRule("a new user namespace has mappings") { document, _ in
    guard let linux = document.linux, let namespace = document.namespace(.user),
      (namespace.path ?? "").isEmpty
    else { return [] }
    return [("uidMappings", linux.uidMappings), ("gidMappings", linux.gidMappings)].flatMap {
      mappingViolations($0.1, JSONPointer(text: "/linux/" + $0.0))
    }
  },
  ValidationRule("ids are mapped") { document, _ in
    guard let linux = document.linux, let namespace = document.namespace(.user),
      (namespace.path ?? "").isEmpty, let user = document.process?.user
    else { return [] }
    return [
      unmapped(user.uid, linux.uidMappings, Origin.user.appending("uid")),
      unmapped(user.gid, linux.gidMappings, Origin.user.appending("gid")),
    ].compactMap { $0 }
  },
]

private func mappingViolations(_ mappings: [IDMapping], _ pointer: JSONPointer) -> [Violation] {
  if mappings.isEmpty { return [Violation(pointer, "a new user namespace needs mappings")] }
  var violations: [Violation] = []
  // The kernel takes 340 of them.
  if mappings.count > 340 { violations.append(Violation(pointer, "more than 340 mappings")) }
  for (index, mapping) in mappings.enumerated() {
    if mapping.size == 0 {
      violations.append(Violation(pointer.appending(index).appending("size"), "must not be 0"))
    }
  }
  return violations
}

private func unmapped(_ id: UInt32, _ mappings: [IDMapping], _ pointer: JSONPointer) -> Violation? {
  guard !mappings.isEmpty, !mappings.contains(where: { holds($0, id) }) else { return nil }
  return Violation(pointer, "\(id) is not mapped in the user namespace")
}

private func holds(_ mapping: IDMapping, _ id: UInt32) -> Bool {
  id >= mapping.containerID && UInt64(id) < UInt64(mapping.containerID) + UInt64(mapping.size)
}
