import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel: MountKernel {
  func setTreePropagation(_ flags: MountFlags) throws(StepFault) {
    treePropagation = flags
    // On hosts that share all their mounts, one that stayed a peer of the host's could not be pivoted away
    // from, would carry the container's mounts to the host, and take the host's along when it is unmounted.
    // So the old tree keeps no peer, whatever is asked of the new one.
    let keepsPeers = flags.contains(.sharedPropagation) || !flags.contains(.recursive)
    let old: MountFlags = keepsPeers ? [.slavePropagation, .recursive] : flags
    let slash: StaticString = "/"
    try attempt(.mount, SYS_mount, 0, word(slash.utf8Start), 0, Int(truncatingIfNeeded: old.rawValue), 0)
  }

  func attachRoot(_ slot: Slot, path: PlanText) throws(StepFault) {
    let tree = try descriptor(slot)
    let target = try openRootTarget(path)
    do throws(StepFault) {
      // A clone of the host's mounts is a peer of theirs until it is told otherwise. Where the document
      // asks for sharing, the root is shared once it has been entered: what is mounted before is not the
      // host's business.
      try isolate(tree, recursive: true)
      try attach(tree, to: target.number)
      root.replace(try naming(.dup) { () throws(Errno) in try duplicate(tree) })
    } catch {
      guard lacksCall(error) else { throw error }
      try attachRootInSteps(tree, path, on: target.number)
    }
  }

  /// A kernel that lacks calls: the root is told not to give its mounts back once it is attached.
  private func attachRootInSteps(_ tree: Int32, _ path: PlanText, on target: Int32) throws(StepFault) {
    do throws(StepFault) {
      try attach(tree, to: target)
      root.replace(try naming(.dup) { () throws(Errno) in try duplicate(tree) })
    } catch {
      guard lacksCall(error) else { throw error }
      // It is bound on itself.
      isOverOldRoot = false
      let own = try openAgain(path, as: tree)
      try bindByName(own.number, on: own.number, recursive: true)
      root.replace(try openAgain(path, as: tree))
    }
    try setPropagation(root.number, isolation.union(.recursive))
  }

  /// How a tree of the host propagates in the container: never back.
  var isolation: MountFlags {
    let asked = treePropagation.intersection(.propagation)
    return asked == .privatePropagation || asked == .unbindable ? .privatePropagation : .slavePropagation
  }

  /// The root's own place, if it can be reached with the ids of a user namespace; else "/".
  private func openRootTarget(_ path: PlanText) throws(StepFault) -> Descriptor {
    do throws(Errno) {
      return try Files.open(path.pointer, O_PATH | O_DIRECTORY)
    } catch {
      guard error == .permissionDenied else { throw StepFault(.open, error) }
    }
    isOverOldRoot = true
    return try naming(.open) { () throws(Errno) in try Files.open("/", O_PATH | O_DIRECTORY) }
  }

  private func duplicate(_ number: Int32) throws(Errno) -> Descriptor {
    Descriptor(owning: Int32(try call(Int32(SYS_fcntl), Int(number), Int(F_DUPFD_CLOEXEC), 3)))
  }

  func mount(_ mount: FileSystemMountOperands) throws(StepFault) {
    var isMade = false
    let target = try openDirectory(mount.destination, mount.plainTarget ? .noLinks : [], isMade: &isMade)
    if let made = mount.substitute, !made.isFallback {
      if mount.inheritMode, !isMade { try copyMode(of: target.number, to: try descriptor(made.tree)) }
      try attach(try descriptor(made.tree), to: target.number)
      if mount.copyUp { try copyUp(from: target.number, to: mount.destination) }
      return
    }
    let data = try mountData(mount, target: target.number, isMade: isMade)
    if mount.copyUp {
      try mountCopyingUp(mount, on: target.number, data: data)
    } else if let fallback = mount.substitute {
      try self.mount(mount, orAttach: fallback.tree, on: target.number, data: data)
    } else {
      try self.mount(mount.type, mount.source, on: target.number, mount.flags, data: data)
    }
  }

  /// A new file system that was made elsewhere takes the mode of what it covers. The corresponding system call
  /// is `fchmodat`, since the descriptor of a mount lets nothing be changed itself.
  private func copyMode(of covered: Int32, to made: Int32) throws(StepFault) {
    let mode = try naming(.fstat) { () throws(Errno) in try Files.status(covered).st_mode }
    try attempt(.fchmod, SYS_fchmodat, Int(procfs), word(name(of: made)), Int(mode & 0o7777))
  }

  /// Where the kernel refuses the file system to this process, a part of the host's stands for it.
  private func mount(
    _ mount: FileSystemMountOperands, orAttach fallback: Slot, on target: Int32,
    data: UnsafePointer<CChar>?
  ) throws(StepFault) {
    do throws(StepFault) {
      try self.mount(mount.type, mount.source, on: target, mount.flags, data: data)
    } catch {
      guard error.call == .mount, error.errno == .notPermitted || error.errno == .busy else { throw error }
      try attach(substitute: try descriptor(fallback), to: target, mount)
    }
  }

  private func attach(
    substitute tree: Int32, to target: Int32, _ mount: FileSystemMountOperands
  ) throws(StepFault) {
    let flags = mount.flags.intersection(MountAttributes.settable)
    do throws(StepFault) {
      try isolate(tree, recursive: true)
      try setAttributes(tree, set: flags, cleared: [], recursive: false)
      try attach(tree, to: target)
      return
    } catch {
      guard lacksCall(error) else { throw error }
    }
    do throws(StepFault) {
      try attach(tree, to: target)
    } catch {
      throw error.errno == .invalidArgument ? StepFault(.openTree, .noSystemCall) : error
    }
    try setPropagation(tree, isolation.union(.recursive))
    try remountByName(tree, try currentFlags(of: tree).union(flags))
  }

  /// Opens, or makes, the directory to mount on; the root itself is never one.
  func openDirectory(
    _ path: PlanText, _ links: RootFD.Options, isMade: inout Bool
  ) throws(StepFault) -> Descriptor {
    let target = try naming(.openat2) { () throws(Errno) in
      try root.openMaking(path.pointer, links, isMade: &isMade)
    }
    if try naming(.fstat, { () throws(Errno) in try root.isRoot(target.number) }) {
      throw StepFault(.verify, .invalidArgument)
    }
    try refuseProcfs(target.number, path)
    return target
  }

  /// The file system's options, with the mode of the covered directory where the step asks for it. One that
  /// is made only to be covered has no mode that anyone chose.
  private func mountData(
    _ mount: FileSystemMountOperands, target: Int32, isMade: Bool
  ) throws(StepFault) -> UnsafePointer<CChar>? {
    guard mount.inheritMode, !isMade else { return mount.data.count > 0 ? mount.data.pointer : nil }
    let mode = try naming(.fstat) { () throws(Errno) in try Files.status(target).st_mode }
    guard mount.data.count < LinuxKernel.bufferSize - 32 else { throw StepFault(.mount, .invalidArgument) }
    let key: StaticString = "mode="
    memcpy(buffer, key.utf8Start, key.utf8CodeUnitCount)
    var end = key.utf8CodeUnitCount
    end += write(UInt64(mode & 0o7777), radix: 8, to: buffer + end)
    if mount.data.count > 0 {
      buffer[end] = CChar(UInt8(ascii: ","))
      memcpy(buffer + end + 1, mount.data.pointer, mount.data.count + 1)
    }
    return UnsafePointer(buffer)
  }

  func remount(
    _ destination: PlanText, flags: MountFlags, cleared: MountFlags, data: PlanText
  ) throws(StepFault) {
    let mounted = try naming(.openat2) { () throws(Errno) in try root.open(destination.pointer) }
    do throws(StepFault) {
      try remount(mounted.number, flags, data)
    } catch {
      guard error.errno == .notPermitted,
        let kept = MountAttributes.keeping(
          try currentFlags(of: mounted.number), in: flags, cleared: cleared), kept != flags
      else { throw error }
      try remount(mounted.number, kept, data)
    }
  }

  private func remount(_ mounted: Int32, _ flags: MountFlags, _ data: PlanText) throws(StepFault) {
    let all = flags.union(.remount)
    try attempt(
      .mount, SYS_mount, 0, word(name(of: mounted)), 0, Int(truncatingIfNeeded: all.rawValue),
      word(data.pointer))
  }

  func setTreeAttributes(_ destination: PlanText, set: MountFlags, cleared: MountFlags) throws(StepFault) {
    let mounted = try naming(.openat2) { () throws(Errno) in try root.open(destination.pointer) }
    try setAttributes(mounted.number, set: set, cleared: cleared, recursive: true)
  }

  func setPropagation(_ destination: PlanText, _ flags: MountFlags) throws(StepFault) {
    let mounted = try naming(.openat2) { () throws(Errno) in try root.open(destination.pointer) }
    try setPropagation(mounted.number, flags)
  }
}
