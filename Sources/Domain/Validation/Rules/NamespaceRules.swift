let namespaceRequirements: [ValidationRule] = [
  ValidationRule("namespaces are given once") { document, _ in
    var seen = NamespaceSet()
    return (document.linux?.namespaces ?? []).enumerated().compactMap { index, namespace in
      guard seen.contains(namespace.type) else {
        seen.formUnion(NamespaceSet(namespace.type))
        return nil
      }
      return Violation(
        Origin.namespaces.appending(index), "malformed spec file: duplicated ns \(namespace.type.rawValue)")
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
  ValidationRule("names need a namespace of their own") { document, facts in
    guard !document.isolates(.uts, on: facts) else { return [] }
    return checkNames(document) { $1.isEmpty ? nil : "unable to set \($0) without a private UTS namespace" }
  },
  ValidationRule("names are as short as the kernel's") { document, _ in
    checkNames(document) { $1.utf8.count > 64 ? "is longer than 64 bytes" : nil }
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
  ValidationRule("nanoseconds are less than a second") { document, _ in
    (document.linux?.timeOffsets ?? []).compactMap { offset in
      guard offset.nanoseconds >= 1_000_000_000 else { return nil }
      let pointer = JSONPointer(text: "/linux/timeOffsets").appending(offset.clock.rawValue)
      return Violation(pointer.appending("nanosecs"), "must be below 1000000000")
    }
  },
]

/// Checks the names that a document sets: the property and its value in, what is wrong out.
private func checkNames(_ document: Document, _ check: (String, String) -> String?) -> [Violation] {
  var violations: [Violation] = []
  func look(_ property: String, _ value: String?) {
    guard let value, let reason = check(property, value) else { return }
    violations.append(Violation(JSONPointer(text: "/" + property), reason))
  }
  look("hostname", document.hostname)
  look("domainname", document.domainname)
  return violations
}
