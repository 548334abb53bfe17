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
      if !sharesTree { try isolate(source, recursive: bind.recursive) }
      // All before it is attached: nobody sees it as it was.
      try setBindFlags(source, bind)
      try setTreeAttributes(source, bind)
      try attach(source, to: target.number)
    } catch {
      guard lacksCall(error) else { throw error }
      try bindInSteps(bind, source, on: target.number, after: error)
    }
  }

  /// The tree of mounts is to share with the host's.
  private var sharesTree: Bool { treePropagation.contains(.sharedPropagation) }

  /// A call is missing, or was given what the parent could not clone: a file of the host's own mounts.
  func lacksCall(_ fault: StepFault) -> Bool {
    fault.errno.meansMissing || fault.errno == .invalidArgument
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

  /// A kernel that lacks calls: what could not be done to the tree before is done once it is attached. Nobody is in
  /// the container yet.
  private func bindInSteps(
    _ bind: BindMountOperands, _ source: Int32, on target: Int32, after fault: StepFault
  ) throws(StepFault) {
    do throws(StepFault) {
      try attach(source, to: target)
    } catch {
      // By its name a tree would come without its mapping.
      guard lacksCall(error), !bind.traits.contains(.idMapped) else { throw error }
      let own = try openAgain(bind.path, as: source)
      try bindByName(own.number, on: target, recursive: bind.recursive)
    }
    let links: RootFD.Options = bind.traits.contains(.coversTargetLink) ? .ownLink : []
    let mounted = try naming(.openat2) { () throws(Errno) in
      try root.open(bind.destination.pointer, links)
    }
    if !sharesTree {
      try setPropagation(mounted.number, isolation.union(bind.recursive ? .recursive : []))
    }
    if !bind.flags.union(bind.cleared).isEmpty { try remount(mounted.number, like: bind, after: fault) }
    try setTreeAttributes(mounted.number, bind)
  }

  /// Opens a file of the host by its path in this process's own mount namespace; it has to be the one that the parent
  /// opened.
  func openAgain(_ path: PlanText, as source: Int32) throws(StepFault) -> Descriptor {
    let wanted = try naming(.fstat) { () throws(Errno) in try Files.status(source) }
    let isLink = wanted.st_mode & 0o170000 == 0o120000
    let own = try openReachable(path.pointer, isLink ? O_PATH | O_NOFOLLOW : O_PATH)
    let found = try naming(.fstat) { () throws(Errno) in try Files.status(own.number) }
    guard found.st_ino == wanted.st_ino, found.st_dev == wanted.st_dev else {
      throw StepFault(.verify, .noSuchFileOrDirectory)
    }
    return own
  }

  /// What these ids cannot reach only the parent could have bound.
  private func openReachable(
    _ path: UnsafePointer<CChar>, _ flags: Int32
  ) throws(StepFault) -> Descriptor {
    do throws(Errno) {
      return try Files.open(path, flags)
    } catch {
      throw error == .permissionDenied ? StepFault(.openTree, .noSystemCall) : StepFault(.open, error)
    }
  }

  private func remount(
    _ mounted: Int32, like bind: BindMountOperands, after fault: StepFault
  ) throws(StepFault) {
    var flags = bind.flags
    let named = flags.union(bind.cleared)
    if named.contains(.noDirectoryAccessTime), named.isDisjoint(with: .accessTimes) {
      // Any word on access times sets all of them.
      let times = try currentFlags(of: mounted).intersection(.accessTimes)
      flags.formUnion(times.isEmpty ? .strictAccessTime : times)
    }
    do throws(StepFault) {
      try remountByName(mounted, flags)
    } catch {
      guard error.errno == .notPermitted else { throw error }
      guard
        let kept = MountAttributes.keeping(try currentFlags(of: mounted), in: flags, cleared: bind.cleared)
      else { throw fault.errno == .notPermitted ? fault : error }
      try remountByName(mounted, kept)
    }
  }
}
