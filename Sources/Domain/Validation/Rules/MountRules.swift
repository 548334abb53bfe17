let mountRequirements: [ValidationRule] = [
  ValidationRule("mounts have a place") { document, _ in
    document.mounts.enumerated().compactMap { index, mount in
      mount.destination.isEmpty
        ? Violation(Origin.mounts.appending(index).appending("destination"), "must not be empty") : nil
    }
  },
  ValidationRule("mounts inside /proc are of what the host itself shows there") { document, _ in
    document.mounts.enumerated().compactMap { index, mount in
      guard isInsideProc(mount.destination), !procFiles.contains(mount.place) else { return nil }
      return Violation(
        Origin.mounts.appending(index).appending("destination"),
        "\(mount.destination.quoted) cannot be mounted because it is inside /proc")
    }
  },
  ValidationRule("nothing but procfs goes on /proc") { document, _ in
    document.mounts.enumerated().compactMap { index, mount in
      let options = mount.sortedOptions
      guard mount.place == "/proc", options.bind == nil, !options.remount, mount.type != "proc"
      else { return nil }
      return Violation(
        Origin.mounts.appending(index).appending("destination"),
        "\(mount.destination.quoted) cannot be mounted because it is not of type proc")
    }
  },
  ValidationRule("binds have a source and no data") { document, _ in
    document.mounts.enumerated().flatMap { index, mount -> [Violation] in
      let options = mount.sortedOptions
      guard options.bind != nil else { return [] }
      let pointer = Origin.mounts.appending(index)
      var violations: [Violation] = []
      if mount.source?.isEmpty != false {
        violations.append(Violation(pointer.appending("source"), "a bind mount needs a source"))
      }
      if !options.data.isEmpty {
        violations.append(
          Violation(
            pointer.appending("options"),
            "bind mounts cannot have any filesystem-specific options applied: \(options.data.quoted)"))
      }
      return violations
    }
  },
  ValidationRule("other mounts have a type") { document, _ in
    document.mounts.enumerated().compactMap { index, mount in
      let options = mount.sortedOptions
      guard options.bind == nil, !options.remount, mount.type?.isEmpty != false else { return nil }
      return Violation(Origin.mounts.appending(index).appending("type"), "must not be empty")
    }
  },
  ValidationRule("kernel parameters belong to the container") { document, facts in
    (document.linux?.sysctl ?? []).compactMap { entry in
      parameterViolation(entry.name, document, facts).map {
        Violation(JSONPointer(text: "/linux/sysctl").appending(entry.name), $0)
      }
    }
  },
]

/// Files of `/proc` that a container may see in another version (lxcfs and its like).
private let procFiles: Set<String> = [
  "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
  "/proc/loadavg", "/proc/slabinfo", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
]

private func isInsideProc(_ destination: String) -> Bool {
  let components = destination.cleanedPath.pathComponents
  return components.count > 1 && components.first == "proc"
}

/// Why a kernel parameter may not be set, in runc's words; nil when it is the container's own.
private func parameterViolation(_ name: String, _ document: Document, _ facts: Facts) -> String? {
  let path = PlanCompiler.parameterPath(name)
  let parameter = "sysctl \(name.quoted)"
  let refusal = parameter + " is not in a separate kernel namespace"
  guard !path.pathComponents.contains("..") else { return refusal }
  if path == "kernel/hostname", document.hasNamespace(.uts) {
    return parameter + " is not allowed as it conflicts with the OCI \"hostname\" field"
  }
  guard let owner = parameterOwner(path) else { return refusal }
  if document.hasNamespace(owner), !facts.sharedNamespaces.contains(owner) { return nil }
  switch owner {
  case .ipc: return parameter + " is not allowed in the hosts ipc namespace"
  case .network: return parameter + " not allowed in host network namespace"
  default: return refusal
  }
}

/// The kind of namespace that a kernel parameter belongs to; nil when it is the host's.
private func parameterOwner(_ path: String) -> NamespaceType? {
  if ipcParameters.contains(path) || path.hasBytePrefix("fs/mqueue/") { return .ipc }
  if path.hasBytePrefix("net/") { return .network }
  if path.hasBytePrefix("user/") { return .user }
  return path == "kernel/domainname" ? .uts : nil
}

private let ipcParameters: Set<String> = [
  "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
  "kernel/shmmni", "kernel/shm_rmid_forced",
]
