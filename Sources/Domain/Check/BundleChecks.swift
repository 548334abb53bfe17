extension Document {
  /// What this document wants and a host cannot give, beyond what breaks a rule of validation.
  public func unmetWishes(on host: HostView) -> [CheckResult] {
    controllerWishes(host) + limitWishes(host) + mountWishes(host) + filterWishes(host)
      + namespaceWishes(host)
  }

  private func controllerWishes(_ host: HostView) -> [CheckResult] {
    guard host.driver != .disabled, let resources = linux?.resources else { return [] }
    do throws(InexpressibleLimit) {
      let isUnified = host.facts.cgroups.mode == .unified
      let writes = isUnified ? try resources.writesV2() : try resources.writesV1()
      var seen: Set<String> = []
      return writes.compactMap { write in
        let known = host.inspection.controllers
        let names =
          write.controller == "blkio" || write.controller == "io" ? ["blkio", "io"] : [write.controller]
        guard !seen.contains(write.controller), !Document.isCore(write.controller),
          !names.contains(where: known.contains)
        else { return nil }
        seen.insert(write.controller)
        return .unmet(
          Origin.resources, .missing, "no controller \(write.controller) for \(write.file)",
          remedy: "enable it in the kernel, or mount its hierarchy")
      }
    } catch {
      return [.unmet(Origin.resources, .unusable, "\(error)", remedy: "correct the limit")]
    }
  }

  /// Files that every cgroup has.
  private static func isCore(_ controller: String) -> Bool { controller.isEmpty || controller == "cgroup" }

  private func limitWishes(_ host: HostView) -> [CheckResult] {
    (process?.rlimits ?? []).enumerated().compactMap { index, limit in
      let place = Origin.process.appending("rlimits").appending(index)
      if limit.type == "RLIMIT_NOFILE", let ceiling = host.inspection.descriptorCeiling, limit.hard > ceiling
      {
        return .unmet(
          place, .unusable, "hard limit \(limit.hard) is above fs.nr_open, which is \(ceiling)",
          remedy: "sysctl fs.nr_open=\(limit.hard)")
      }
      guard host.facts.effectiveUserID != 0 || host.facts.inUserNamespace,
        let own = host.inspection.limits.first(where: { $0.name == limit.type }), limit.hard > own.hard
      else { return nil }
      return .unmet(
        place, .unusable, "hard limit \(limit.hard) is above the caller's, which is \(own.hard)",
        remedy: "raise the caller's hard limit, or lower this one")
    }
  }

  /// Names that stand for no file system of the kernel's list.
  private static let otherTypes = ["", "bind", "rbind", "none", "cgroup"]

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private func mountWishes(_ host: HostView) -> [CheckResult] {
    mounts.enumerated().flatMap { index, mount -> [CheckResult] in
      let place = Origin.mounts.appending(index)
      var wishes: [CheckResult] = []
      let type = mount.type ?? ""
      if mount.sortedOptions.bind == nil, !Document.otherTypes.contains(type),
        !host.inspection.fileSystems.contains(type)
      {
        // Whoever copies a command must not run what a document says.
        let command = type.utf8.allSatisfy(Document.isPlain) ? ": modprobe \(type)" : ""
        wishes.append(
          .unmet(
            place.appending("type"), .missing, "no file system \(type.quoted) is registered", need: .optional,
            remedy: "the kernel may load a module for it at the mount" + command))
      }
      if !mount.uidMappings.isEmpty || mount.sortedOptions.idMap != nil {
        wishes += [KernelCall.mount_setattr, .open_tree].compactMap { lacking($0, host, place, "mapped ids") }
      }
      return wishes
    }
  }

  private func filterWishes(_ host: HostView) -> [CheckResult] {
    guard let profile = linux?.seccomp else { return [] }
    let place = JSONPointer(text: "/linux/seccomp")
    guard let actions = host.inspection.filterActions else {
      return [.unmet(place, .missing, "the kernel has no filters", remedy: "CONFIG_SECCOMP_FILTER")]
    }
    let wanted = [profile.defaultAction] + profile.syscalls.map(\.action)
    if let action = wanted.first(where: { !actions.contains($0) }) {
      return [.unmet(place, .unusable, "the kernel has no \(action.rawValue)", remedy: "a younger kernel")]
    }
    let hasAgent = profile.listenerPath != nil
    return hasAgent
      ? [lacking(.pidfd_getfd, host, place.appending("listenerPath"), "an agent")].compactMap { $0 } : []
  }

  private func namespaceWishes(_ host: HostView) -> [CheckResult] {
    guard hasNamespace(.user), namespace(.user)?.path == nil, host.inspection.userNamespaceLimit == 0 else {
      return []
    }
    return [
      .unmet(
        Origin.namespaces, .unusable, "user.max_user_namespaces is 0",
        remedy: "sysctl user.max_user_namespaces=15000")
    ]
  }

  private func lacking(
    _ call: KernelCall, _ host: HostView, _ place: JSONPointer, _ purpose: String
  ) -> CheckResult? {
    guard let answer = host.inspection.refusals[call],
      answer != .notPermitted || host.facts.effectiveUserID == 0
    else { return nil }
    return .unmet(
      place, .missing, "\(purpose) need \(call.rawValue), which answers \(answer)", remedy: "a younger kernel"
    )
  }
}

extension CheckResult {
  /// A bundle that has nothing unmet.
  public static func met(_ name: String, _ detail: String) -> CheckResult {
    CheckResult(group: "bundle", name: name, need: .required, verdict: .init(.ok, detail), remedy: "")
  }

  /// A wish of a document that this host does not meet.
  public static func unmet(
    _ place: JSONPointer, _ status: HostCheck.Status, _ detail: String, need: HostCheck.Need = .required,
    remedy: String
  ) -> CheckResult {
    CheckResult(
      group: "bundle", name: place.text.isEmpty ? "config.json" : place.text, need: need,
      verdict: .init(status, detail), remedy: remedy)
  }
}
