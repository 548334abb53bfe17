extension Step {
  /// The number of the step's kind.
  public var kind: StepKind {
    switch self {
    case .enterNamespaces: .enterNamespaces
    case .unshare: .unshare
    case .becomeNamespaceRoot: .becomeNamespaceRoot
    case .startSession: .startSession
    case .joinSessionKeyring: .joinSessionKeyring
    case .bringUpLoopback: .bringUpLoopback
    case .setTreePropagation: .setTreePropagation
    case .attachRoot: .attachRoot
    case .mount: .mount
    case .bind: .bind
    case .remount: .remount
    case .setTreeAttributes: .setTreeAttributes
    case .setPropagation: .setPropagation
    case .makeSymbolicLink: .makeSymbolicLink
    case .makeDevice: .makeDevice
    case .openTerminal: .openTerminal
    case .reach: .reach
    case .enterRoot: .enterRoot
    case .setRootPropagation: .setRootPropagation
    case .makeDirectory: .makeDirectory
    case .remountReadOnly: .remountReadOnly
    case .protectReadOnly: .protectReadOnly
    case .mask: .mask
    case .setFileModeMask: .setFileModeMask
    case .setHostName: .setHostName
    case .setDomainName: .setDomainName
    case .writeKernelParameter: .writeKernelParameter
    case .setNoNewPrivileges: .setNoNewPrivileges
    case .installSeccompFilter: .installSeccompFilter
    case .changeDirectory: .changeDirectory
    case .verifyWorkingDirectory: .verifyWorkingDirectory
    case .limitBoundingSet: .limitBoundingSet
    case .keepCapabilities: .keepCapabilities
    case .ownStandardStreams: .ownStandardStreams
    case .setGroups: .setGroups
    case .setGroupID: .setGroupID
    case .setUserID: .setUserID
    case .setCapabilities: .setCapabilities
    case .setAmbientCapabilities: .setAmbientCapabilities
    case .findHome: .findHome
    case .findExecutable: .findExecutable
    case .closeDescriptors: .closeDescriptors
    case .awaitStart: .awaitStart
    case .leaveHost: .leaveHost
    case .execute: .execute
    case .joinCgroups: .joinCgroups
    case .joinRemainingCgroups: .joinRemainingCgroups
    case .isolateDescriptorNames: .isolateDescriptorNames
    case .setCPUAffinity: .setCPUAffinity
    case .setScheduler: .setScheduler
    case .setIOPriority: .setIOPriority
    case .setPersonality: .setPersonality
    case .setMemoryPolicy: .setMemoryPolicy
    case .setSecurityLabel: .setSecurityLabel
    case .setFileLabel: .setFileLabel
    case .shareCores: .shareCores
    case .makeLandlockRuleset: .makeLandlockRuleset
    case .allowBeneath: .allowBeneath
    case .allowPort: .allowPort
    case .enforceLandlock: .enforceLandlock
    }
  }

  /// Writes what follows the entry's header; the interpreter reads it in the same order.
  func encodeOperands(to writer: inout StepWriter) {
    switch self {
    case .joinCgroups, .joinRemainingCgroups, .isolateDescriptorNames, .startSession, .bringUpLoopback,
      .setNoNewPrivileges, .verifyWorkingDirectory:
      break
    case .enterNamespaces(let namespaces, let slot):
      writer.write(namespaces.rawValue)
      writer.write(slot.rawValue)
    case .becomeNamespaceRoot(let keepsGroups):
      writer.write(keepsGroups)
    case .unshare(let namespaces):
      writer.write(namespaces.rawValue)
    case .joinSessionKeyring(let name, let create, let userNamespace, let label):
      writer.write(name)
      writer.write(create)
      writer.write(userNamespace)
      writer.write(label)
    case .reach(let milestone):
      writer.write(milestone.rawValue)
    case .setFileModeMask(let mask):
      writer.write(mask)
    case .setHostName(let name), .setDomainName(let name):
      writer.write(name)
    case .writeKernelParameter(let key, let value):
      writer.write(key)
      writer.write(value)
    case .installSeccompFilter(let program, let flags):
      writer.write(program)
      writer.write(flags)
    case .changeDirectory(let path, let mayRetry):
      writer.write(path)
      writer.write(mayRetry)
    default:
      encodeRootOperands(to: &writer)
    }
  }

  private func encodeRootOperands(to writer: inout StepWriter) {
    switch self {
    case .setTreePropagation(let flags), .setRootPropagation(let flags):
      writer.write(flags.rawValue)
    case .attachRoot(let slot, let path):
      writer.write(slot.rawValue)
      writer.write(path)
    case .mount(let mount):
      mount.encode(to: &writer)
    case .bind(let bind):
      bind.encode(to: &writer)
    case .remount(let destination, let flags, let cleared, let data):
      writer.write(destination)
      writer.write(flags.rawValue)
      writer.write(cleared.rawValue)
      writer.write(data)
    case .setTreeAttributes(let destination, let set, let cleared):
      writer.write(destination)
      writer.write(set.rawValue)
      writer.write(cleared.rawValue)
    case .setPropagation(let destination, let flags):
      writer.write(destination)
      writer.write(flags.rawValue)
    case .makeSymbolicLink(let path, let target):
      writer.write(path)
      writer.write(target)
    case .makeDevice(let node):
      node.encode(to: &writer)
    case .openTerminal(let slot, let size, let console):
      writer.write(slot.rawValue)
      writer.write(size?.height ?? 0)
      writer.write(size?.width ?? 0)
      writer.write(console)
    case .enterRoot(let entry):
      writer.write(entry.rawValue)
    case .makeDirectory(let path, let mode):
      writer.write(path)
      writer.write(mode)
    case .remountReadOnly(let path), .protectReadOnly(let path), .mask(let path):
      writer.write(path)
    default:
      encodeProgramOperands(to: &writer)
    }
  }

  private func encodeProgramOperands(to writer: inout StepWriter) {
    switch self {
    case .limitBoundingSet(let set), .setAmbientCapabilities(let set):
      writer.write(set.rawValue)
    case .keepCapabilities(let keep):
      writer.write(keep)
    case .ownStandardStreams(let id), .setGroupID(let id), .setUserID(let id), .findHome(let id):
      writer.write(id)
    case .setGroups(let groups):
      writer.write(groups.flatMap { id in (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * UInt32($0))) } })
    case .setCapabilities(let effective, let permitted, let inheritable):
      writer.write(effective.rawValue)
      writer.write(permitted.rawValue)
      writer.write(inheritable.rawValue)
    case .findExecutable(let name, let searchPath):
      writer.write(name)
      writer.write(searchPath)
    case .closeDescriptors(let preserved):
      writer.write(preserved)
    case .awaitStart(let slot):
      writer.write(slot.rawValue)
    case .execute(let arguments, let environment):
      writer.write(arguments)
      writer.write(environment)
    default:
      encodeInheritedOperands(to: &writer)
    }
  }

  private func encodeInheritedOperands(to writer: inout StepWriter) {
    switch self {
    case .setCPUAffinity(let cpus):
      writer.write(cpus.mask)
    case .setScheduler(let attributes):
      attributes.encode(to: &writer)
    case .setIOPriority(let number), .setPersonality(let number):
      writer.write(number)
    case .setMemoryPolicy(let mode, let nodes):
      writer.write(mode)
      writer.write(nodes.mask)
    case .setSecurityLabel(let module, let label):
      writer.write(module.rawValue)
      writer.write(label)
    case .setFileLabel(let path, let label):
      writer.write(path)
      writer.write(label)
    default:
      encodeRestrictionOperands(to: &writer)
    }
  }

  private func encodeRestrictionOperands(to writer: inout StepWriter) {
    switch self {
    case .shareCores(.new):
      writer.write(0 as UInt32)
    case .shareCores(.of(let process)):
      writer.write(process)
    case .makeLandlockRuleset(let files, let ports, let scopes):
      writer.write(files)
      writer.write(ports)
      writer.write(scopes)
    case .allowBeneath(let path, let access, _):
      writer.write(path)
      writer.write(access)
    case .allowPort(let port, let access):
      writer.write(port)
      writer.write(access)
    default:
      break
    }
  }
}

extension SchedulerAttributes {
  func encode(to writer: inout StepWriter) {
    writer.write(policy)
    writer.write(flags)
    writer.write(UInt32(bitPattern: nice))
    writer.write(priority)
    writer.write(runtime)
    writer.write(deadline)
    writer.write(period)
  }
}

extension FileSystemMount {
  func encode(to writer: inout StepWriter) {
    writer.write(type)
    writer.write(source)
    writer.write(destination)
    writer.write(flags.rawValue)
    writer.write(data)
    writer.write(plainTarget)
    writer.write(copyUp)
    writer.write(inheritMode)
    // Slots begin at 1 here, 0 being none.
    writer.write(substitute.map { UInt64($0.tree.rawValue) + 1 } ?? 0)
    writer.write(substitute?.isFallback ?? false)
  }
}

extension BindMount {
  func encode(to writer: inout StepWriter) {
    writer.write(source.rawValue)
    writer.write(path)
    writer.write(destination)
    writer.write(recursive)
    writer.write(flags.rawValue)
    writer.write(cleared.rawValue)
    writer.write(treeSet.rawValue)
    writer.write(treeCleared.rawValue)
    writer.write(traits.rawValue)
  }
}

extension DeviceNode {
  func encode(to writer: inout StepWriter) {
    writer.write(path)
    writer.write(kind.nodeType)
    writer.write(major)
    writer.write(minor)
    writer.write(mode)
    writer.write(uid)
    writer.write(gid)
  }
}
