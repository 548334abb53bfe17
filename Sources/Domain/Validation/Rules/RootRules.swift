let rootRequirements: [ValidationRule] = [
  ValidationRule("root is there") { document, _ in
    guard let root = document.root else { return [Violation(JSONPointer(text: "/root"), "root is missing")] }
    guard root.path.isEmpty else { return [] }
    return [Violation(JSONPointer(text: "/root/path"), "root path must not be empty")]
  },
  ValidationRule("root propagation is known") { document, _ in
    guard let name = document.linux?.rootfsPropagation, !name.isEmpty,
      !RootPropagation.names.contains(name)
    else { return [] }
    return [Violation(JSONPointer(text: "/linux/rootfsPropagation"), "unknown propagation \(name.quoted)")]
  },
]
