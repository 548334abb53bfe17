extension PlanCompiler {
  /// Where a process runs once it is in its cgroup: what `exec` is told, or all that its cpuset lets it.
  /// Without the latter, a runtime that is bound to some CPUs would bind the process, too.
  static func addAffinity(
    _ affinity: ExecCPUAffinity?, _ linux: LinuxSettings, to builder: inout PlanBuilder
  ) throws(PlanError) {
    if let list = affinity?.final {
      let origin = Origin.process.appending("execCPUAffinity").appending("final")
      builder.add(.setCPUAffinity(try cpus(list, origin)), origin)
    } else if affinity == nil {
      let place = JSONPointer(text: "/linux/resources/cpu/cpus")
      builder.add(.setCPUAffinity(.everyCPU), linux.resources.cpu.cpus == nil ? Origin.builtIn : place)
    }
  }

  static func cpus(_ list: String, _ origin: JSONPointer) throws(PlanError) -> IndexList {
    do throws(IndexList.Problem) { return try IndexList(list) } catch {
      throw PlanError(origin, .list(error))
    }
  }

  /// What a program inherits over `execve` beside its credentials, while there is the privilege to set it.
  static func addAttributes(
    _ process: ProcessSettings, _ linux: LinuxSettings, to builder: inout PlanBuilder
  ) throws(PlanError) {
    if let scheduler = process.scheduler {
      builder.add(.setScheduler(SchedulerAttributes(scheduler)), Origin.scheduler)
    }
    if let priority = process.ioPriority {
      builder.add(.setIOPriority(priority.number), Origin.process.appending("ioPriority"))
    }
    if let personality = linux.personality {
      builder.add(.setPersonality(personality.domain.number), JSONPointer(text: "/linux/personality"))
    }
    if let policy = linux.memoryPolicy {
      let nodes = try cpus(policy.nodes, Origin.memoryPolicy.appending("nodes"))
      builder.add(.setMemoryPolicy(mode: policy.number, nodes: nodes), Origin.memoryPolicy)
    }
    if let label = process.selinuxLabel {
      builder.add(.setSecurityLabel(.selinux, label), Origin.selinuxLabel)
    }
    if let profile = process.apparmorProfile {
      builder.add(.setSecurityLabel(.apparmor, profile), Origin.apparmorProfile)
    }
  }

  /// The options of a file system with the label that its files get, for those that take one.
  static func labelled(
    _ data: String, _ type: String, _ label: String?, by context: MountContext
  ) -> String {
    guard let label, !["proc", "sysfs", "mqueue", "cgroup", "cgroup2"].contains(type),
      !data.fields(at: ",").contains(where: isContext)
    else { return data }
    let option = context.rawValue + "=\"" + label + "\""
    return data.isEmpty ? option : data + "," + option
  }

  private static func isContext(_ option: Substring) -> Bool {
    MountContext.allCases.contains { option.hasBytePrefix($0.rawValue + "=") }
  }
}
