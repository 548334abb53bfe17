import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel {
  func bind(_ bind: BindMountOperands) throws(StepFault) {
    let source = try descriptor(bind.source)
    let kind = try naming(.fstat) { () throws(Errno) in try Files.status(source).st_mode & 0o170000 }
    if kind == 0o120000, bind.traits.contains(.copiesLink) {
      return try copyLink(source, to: bind.destination)
    }
    let target = try openBindTarget(bind, isDirectory: kind == 0o040000)
    try refuseFalseProcfs(source, bind.destination)
    do throws(StepFault) {
      // In a tree that is to share its mounts with the host, a bind does so, too.
      if !treePropagation.contains(.sharedPropagation) {
        try setPropagation(source, isolation.union(bind.recursive ? .recursive : []))
      }
      // All before it is attached: nobody sees it as it was.
      try setBindFlags(source, bind)
      try setTreeAttributes(source, bind)
      try attach(source, to: target.number)
    } catch {
      // By its name a tree would come without its mapping, and a link would be followed.
      guard error.errno == .noSystemCall || error.errno == .invalidArgument,
        !bind.traits.contains(.idMapped), kind != 0o120000
      else { throw error }
      try bindByPath(bind, target: target.number)
    }
  }

  private func openBindTarget(
    _ bind: BindMountOperands, isDirectory: Bool
  ) throws(StepFault) -> Descriptor {
    let links: RootFD.Options = bind.traits.contains(.coversTargetLink) ? .ownLink : []
    var isMade = false
    if isDirectory { return try openDirectory(bind.destination, links, isMade: &isMade) }
    let target = try naming(.openat2) { () throws(Errno) in
      try root.open(bind.destination.pointer, links.union(.createFile))
    }
    try refuseProcfs(target.number, bind.destination)
    return target
  }

  /// Makes the link anew (`copy-symlink`); one that is there already has to lead to the same place.
  private func copyLink(_ source: Int32, to destination: PlanText) throws(StepFault) {
    let length = try naming(.readlink) { () throws(Errno) in
      try Files.readLink("", at: source, into: buffer, capacity: Int(PATH_MAX) - 1)
    }
    buffer[length] = 0
    let place = try naming(.openat2) { () throws(Errno) in
      try root.openParent(destination.pointer, .createDirectories)
    }
    let result = clinux_call(
      Int(SYS_symlinkat), word(buffer), Int(place.directory), word(place.name), 0, 0, 0)
    guard result < 0 else { return }
    let failure = Errno(rawValue: Int32(truncatingIfNeeded: -result))
    guard failure == .fileExists else { throw StepFault(.symlink, failure) }
    let second = buffer + Int(PATH_MAX)
    let found = try? Files.readLink(
      place.name, at: place.directory, into: second, capacity: Int(PATH_MAX) - 1)
    guard found == length, memcmp(buffer, second, length) == 0 else { throw StepFault(.symlink, failure) }
  }

  /// As a remount would: flags that are not asked for are cleared, unless they are locked; a locked one
  /// that the document clears by name is an error.
  private func setBindFlags(_ mount: Int32, _ bind: BindMountOperands) throws(StepFault) {
    guard !bind.flags.union(bind.cleared).isEmpty else { return }
    let set = bind.flags.intersection(MountAttributes.settable.union(.accessTimes))
    var cleared = MountAttributes.settable
    // Access times stay as they are unless one is named.
    if bind.flags.union(bind.cleared).isDisjoint(with: MountAttributes.times) {
      cleared.remove(.noDirectoryAccessTime)
    }
    do throws(StepFault) {
      try setAttributes(mount, set: set, cleared: cleared.subtracting(set), recursive: false)
    } catch {
      guard error.errno == .notPermitted,
        try currentFlags(of: mount).isDisjoint(with: bind.cleared)
      else { throw error }
      try setAttributes(mount, set: set, cleared: [], recursive: false)
    }
  }

  private func setTreeAttributes(_ mount: Int32, _ bind: BindMountOperands) throws(StepFault) {
    guard !bind.treeSet.union(bind.treeCleared).isEmpty else { return }
    try setAttributes(mount, set: bind.treeSet, cleared: bind.treeCleared, recursive: true)
  }

  /// A kernel without the descriptor calls. The source is the host's path, the target is a descriptor.
  private func bindByPath(_ bind: BindMountOperands, target: Int32) throws(StepFault) {
    let flags = MountFlags.bind.union(bind.recursive ? .recursive : [])
    try attempt(
      .mount, SYS_mount, word(bind.path.pointer), word(name(of: target)), 0,
      Int(truncatingIfNeeded: flags.rawValue), 0)
    guard !bind.flags.union(bind.cleared).union(bind.treeSet).union(bind.treeCleared).isEmpty else { return }
    let links: RootFD.Options = bind.traits.contains(.coversTargetLink) ? .ownLink : []
    let mounted = try naming(.openat2) { () throws(Errno) in
      try root.open(bind.destination.pointer, links)
    }
    if !bind.flags.union(bind.cleared).isEmpty { try remount(mounted.number, like: bind) }
    guard !bind.treeSet.union(bind.treeCleared).isEmpty else { return }
    try setAttributes(mounted.number, set: bind.treeSet, cleared: bind.treeCleared, recursive: true)
  }

  private func remount(_ mounted: Int32, like bind: BindMountOperands) throws(StepFault) {
    do throws(StepFault) {
      try remountByName(mounted, bind.flags)
    } catch {
      guard error.errno == .notPermitted,
        let kept = MountAttributes.keeping(
          try currentFlags(of: mounted), in: bind.flags, cleared: bind.cleared)
      else { throw error }
      try remountByName(mounted, kept)
    }
  }
}
