extension Document {
  /// What is unusual but does no harm: it is logged, and the container made all the same.
  public func warnings(on facts: Facts) -> [Violation] {
    var warnings: [Violation] = []
    if let landlock, landlock.isBestEffort {
      let (all, left) = (landlock.ruleset(version: .max), landlock.ruleset(version: facts.landlockVersion))
      if all != left {
        let version = facts.landlockVersion
        warnings.append(
          Violation(
            KnownAnnotation.landlock.pointer,
            version == 0
              ? "the kernel has no Landlock: nothing is denied"
              : "the kernel has version \(version) of Landlock: what it does not know is not denied"))
      }
    }
    if !ociVersion.hasBytePrefix("1.") {
      warnings.append(
        Violation(
          JSONPointer(text: "/ociVersion"),
          "version \(ociVersion.quoted) is none of those known here (1.0 to \(Specification.version))"))
    }
    if let personality = linux?.personality, !personality.flags.isEmpty {
      warnings.append(
        Violation(
          JSONPointer(text: "/linux/personality/flags"),
          "the specification defines no flags: \(personality.flags.map(\.quoted).joined(separator: ", "))"
            + " are left out"))
    }
    for (index, mount) in mounts.enumerated()
    where !mount.destination.isEmpty && !mount.destination.isAbsolutePath {
      warnings.append(
        Violation(
          Origin.mounts.appending(index).appending("destination"),
          "relative destination is deprecated, taken as \(("/" + mount.destination).quoted)"))
    }
    return warnings
  }
}
