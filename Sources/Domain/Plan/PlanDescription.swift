extension Step: CustomStringConvertible {
  /// One line: what is done, to what.
  public var description: String {
    switch self {
    case .enterNamespaces(let set, let slot): "enter namespaces \(set) of slot \(slot.rawValue)"
    case .joinCgroups: "join the cgroups"
    case .joinRemainingCgroups: "join the remaining cgroups"
    case .isolateDescriptorNames: "take the names of descriptors out of the host's procfs"
    case .unshare(let set): "unshare \(set)"
    case .becomeNamespaceRoot: "become root of the user namespace"
    case .startSession: "start a session"
    case .joinSessionKeyring(let name, _, _, _): "join session keyring \(name)"
    case .bringUpLoopback: "bring up the loopback interface"
    case .setTreePropagation(let flags): "make / \(flags)"
    case .attachRoot(let slot, let path): "attach root \(quoted(path)) from slot \(slot.rawValue)"
    case .mount(let mount): mount.description
    case .bind(let bind): bind.description
    case .remount(let destination, let flags, _, let data):
      "remount \(quoted(destination)) \(flags)\(data.isEmpty ? "" : " " + data)"
    case .setTreeAttributes(let destination, let set, let cleared):
      "set attributes of \(quoted(destination)) and below: +\(set) -\(cleared)"
    case .setPropagation(let destination, let flags): "make \(quoted(destination)) \(flags)"
    case .makeSymbolicLink(let path, let target): "link \(quoted(path)) to \(quoted(target))"
    case .makeDevice(let node): node.description
    case .openTerminal(let slot, _, let console):
      "open a terminal, its master through slot \(slot.rawValue)\(console ? ", as /dev/console" : "")"
    case .reach(let milestone): "reach milestone \(milestone)"
    case .enterRoot(let entry): "enter the root by \(entry)"
    case .setRootPropagation(let flags): "make the root \(flags)"
    case .makeDirectory(let path, _): "make directory \(quoted(path))"
    case .remountReadOnly(let path): "remount \(quoted(path)) read-only"
    case .protectReadOnly(let path): "protect \(quoted(path)) from writing"
    case .mask(let path): "mask \(quoted(path))"
    default: programDescription
    }
  }

  private var programDescription: String {
    switch self {
    case .setFileModeMask(let mask): "set the file mode mask \(octal(mask))"
    case .setHostName(let name): "set host name \(quoted(name))"
    case .setDomainName(let name): "set domain name \(quoted(name))"
    case .writeKernelParameter(let key, let value): "write kernel parameter \(key) = \(quoted(value))"
    case .setNoNewPrivileges: "set no_new_privs"
    case .installSeccompFilter(let program, let flags):
      "install a seccomp filter of \(program.count / 8) instructions"
        + (CompiledFilter(program: program, flags: flags).hasListener ? ", with an agent" : "")
    case .changeDirectory(let path, let mayRetry):
      "change to \(quoted(path))\(mayRetry ? " if permitted" : "")"
    case .verifyWorkingDirectory: "verify the working directory"
    case .limitBoundingSet(let set): "limit the bounding set to \(set)"
    case .keepCapabilities(let keep):
      keep ? "keep capabilities over the change of ids" : "keep them no longer"
    case .ownStandardStreams(let uid): "give the standard streams to user \(uid)"
    case .setGroups(let groups): "set groups \(groups)"
    case .setGroupID(let gid): "set group \(gid)"
    case .setUserID(let uid): "set user \(uid)"
    case .setCapabilities(let effective, let permitted, let inheritable):
      "set capabilities effective \(effective) permitted \(permitted) inheritable \(inheritable)"
    case .setAmbientCapabilities(let set): "set ambient capabilities \(set)"
    case .findHome(let uid): "find the home of user \(uid)"
    case .findExecutable(let name, let path): "find \(quoted(name)) in \(quoted(path))"
    case .closeDescriptors(let preserved): "close all descriptors but the standard ones and \(preserved) more"
    case .awaitStart(let slot): "wait for start at slot \(slot.rawValue)"
    case .leaveHost: "close all that leads to the host"
    case .execute(let arguments, _): "execute \(arguments.map(quoted).joined(separator: " "))"
    default: inheritedDescription
    }
  }

  private var inheritedDescription: String {
    switch self {
    case .setCPUAffinity(.everyCPU): "run on every CPU that the cgroup allows"
    case .setCPUAffinity(let cpus): "run on CPUs \(cpus)"
    case .setScheduler(let attributes): "schedule by \(attributes)"
    case .setIOPriority(let number): "set I/O priority \(number & 0x1FFF) of class \(number >> 13)"
    case .setPersonality(let number): "set personality \(number)"
    case .setMemoryPolicy(let mode, let nodes): "set memory policy \(mode) on nodes [\(nodes)]"
    case .setSecurityLabel(let module, let label): "execute with the \(module) label \(quoted(label))"
    case .setFileLabel(let path, let label): "label \(quoted(path)) \(quoted(label))"
    default: restrictionDescription
    }
  }

  private var restrictionDescription: String {
    switch self {
    case .shareCores(.new): "share cores with nobody else"
    case .shareCores(.of(let process)): "share cores with process \(process) and its like"
    case .makeLandlockRuleset(let files, let ports, let scopes):
      "deny by Landlock " + LandlockRight.list([(files, .files), (ports, .ports), (scopes, .scopes)])
    case .allowBeneath(let path, let access, _):
      "allow \(LandlockRight.list([(access, .files)])) below \(quoted(path))"
    case .allowPort(let port, let access): "allow \(LandlockRight.list([(access, .ports)])) at port \(port)"
    case .enforceLandlock: "put Landlock's rules in force"
    default: "\(kind)"
    }
  }
}

extension LandlockRight {
  /// The names of bits, table by table.
  fileprivate static func list(_ sets: [(bits: UInt64, kind: Kind)]) -> String {
    sets.flatMap { set in set.kind.rights.filter { set.bits & $0.bit != 0 }.map(\.name) }
      .joined(separator: ",")
  }

  fileprivate enum Kind {
    case files, ports, scopes

    var rights: [LandlockRight] {
      switch self {
      case .files: LandlockRight.files
      case .ports: LandlockRight.ports
      case .scopes: LandlockRight.scopes
      }
    }
  }
}

extension SchedulerAttributes: CustomStringConvertible {
  /// One line.
  public var description: String {
    "policy \(policy) flags \(flags) nice \(nice) priority \(priority)"
      + (policy == SchedulerAttributes.deadlinePolicy
        ? " runtime \(runtime) deadline \(deadline) period \(period)" : "")
  }
}

extension FileSystemMount: CustomStringConvertible {
  /// One line.
  public var description: String {
    "mount \(type) \(quoted(source)) on \(quoted(destination)) \(flags)" + (data.isEmpty ? "" : " " + data)
      + (substitute.map { " \($0.isFallback ? "or, where refused," : "made in") slot \($0.tree.rawValue)" }
        ?? "")
  }
}

extension BindMount: CustomStringConvertible {
  /// One line.
  public var description: String {
    var text = "\(recursive ? "rbind" : "bind") \(quoted(path)) on \(quoted(destination)) \(flags)"
    if !treeSet.isEmpty || !treeCleared.isEmpty { text += ", tree +\(treeSet) -\(treeCleared)" }
    return text + BindMount.Traits.names.filter { traits.contains($0.trait) }.map { ", " + $0.name }.joined()
  }
}

extension BindMount.Traits {
  fileprivate static let names: [(trait: BindMount.Traits, name: String)] = [
    (.idMapped, "id-mapped"), (.copiesLink, "a link copied"), (.coversTargetLink, "on the link itself"),
  ]
}

extension DeviceNode: CustomStringConvertible {
  /// One line.
  public var description: String {
    "make \(kind.rawValue) \(major):\(minor) \(quoted(path)) mode \(octal(mode)) owner \(uid):\(gid)"
  }
}

extension SlotSource: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .mountTree(let tree):
      "mount tree\(tree.recursive ? ", recursive," : "") of \(quoted(tree.path))"
        + (tree.followsLink ? "" : " itself") + (tree.mapping.map { ", \($0)" } ?? "")
    case .fileSystem(let made): "new \(made.type) \(quoted(made.source)), \(made.mapping)"
    case .hostPath(let path): "host path \(quoted(path))"
    case .execFifo: "exec fifo"
    case .connection(let path): "connection to \(quoted(path))"
    case .consolePair: "console pair"
    case .target: "process whose namespaces are entered"
    }
  }
}

extension NamespaceSet: CustomStringConvertible {
  /// The kinds, sorted.
  public var description: String {
    "[" + NamespaceType.allCases.filter { contains($0) }.map(\.rawValue).joined(separator: ",") + "]"
  }
}

extension CapabilitySet: CustomStringConvertible {
  /// The bits in hexadecimal, as `/proc/PID/status` shows them.
  public var description: String { "0x" + String(rawValue, radix: 16) }
}

extension MountFlags: CustomStringConvertible {
  /// The names, in the kernel's order.
  public var description: String {
    "[" + MountFlags.names.filter { contains($0.flag) }.map(\.name).joined(separator: ",") + "]"
  }

  private static let names: [(flag: MountFlags, name: String)] = [
    (.readOnly, "ro"), (.noSetUserID, "nosuid"), (.noDevices, "nodev"), (.noExecution, "noexec"),
    (.synchronous, "sync"), (.remount, "remount"), (.mandatoryLocks, "mand"),
    (.synchronousDirectories, "dirsync"), (.noSymbolicLinks, "nosymfollow"), (.noAccessTime, "noatime"),
    (.noDirectoryAccessTime, "nodiratime"), (.bind, "bind"), (.move, "move"), (.recursive, "recursive"),
    (.silent, "silent"), (.unbindable, "unbindable"), (.privatePropagation, "private"),
    (.slavePropagation, "slave"), (.sharedPropagation, "shared"), (.relativeAccessTime, "relatime"),
    (.inodeVersion, "iversion"), (.strictAccessTime, "strictatime"), (.lazyTime, "lazytime"),
  ]
}

private func quoted(_ text: String) -> String { "\"" + text + "\"" }

private func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }
