import CLinux
public import Domain

/// A root file system by descriptor: the only way to reach anything inside it.
///
/// Paths are the container's. Symbolic links are followed inside the root, `..` never leads out of it, and
/// no path of the host is ever made of them. After it is made nothing here allocates.
public final class RootFD {
  /// The root directory, borrowed by whoever mounts or pivots.
  public private(set) var number: Int32 = -1

  /// The longest path with all that symbolic links add to it.
  private static let capacity = 2 * Int(PATH_MAX)
  private static let linkLimit = 40
  private static let depthLimit = 256

  private let pending: UnsafeMutablePointer<CChar>
  private let scratch: UnsafeMutablePointer<CChar>
  private let parentPath: UnsafeMutablePointer<CChar>
  private let stack: UnsafeMutablePointer<Int32>
  private var depth = 0
  /// The last one opened.
  private var parent: (number: Int32, length: Int, options: Options)?
  /// The root directory's, once somebody asked.
  private var identity: (device: UInt, inode: UInt)?
  /// Whether the kernel's own resolution is used; a test takes it away.
  package var usesOpenat2 = true

  /// What a walk does where a component is missing, or a link.
  public struct Options: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Takes bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Missing directories are made, the last component included.
    public static let createDirectories = Options(rawValue: 1)
    /// A missing last component is made as an empty file.
    public static let createFile = Options(rawValue: 2)
    /// A symbolic link anywhere is `tooManySymbolicLinks`.
    public static let noLinks = Options(rawValue: 4)
    /// A symbolic link as the last component is opened itself.
    public static let ownLink = Options(rawValue: 8)
  }

  /// A root that is not there yet.
  public init() {
    pending = .allocate(capacity: RootFD.capacity)
    scratch = .allocate(capacity: RootFD.capacity)
    parentPath = .allocate(capacity: Int(PATH_MAX))
    stack = .allocate(capacity: RootFD.depthLimit)
  }

  deinit {
    pending.deallocate()
    scratch.deallocate()
    parentPath.deallocate()
    forgetParent()
    stack.deallocate()
    if number >= 0 { _ = Descriptor(owning: number) }
  }

  /// Takes over the descriptor of the root directory.
  public func replace(_ root: consuming Descriptor) {
    close()
    number = root.release()
    identity = nil
  }

  /// Lets go of the root; nothing can be reached from here on.
  public func close() {
    forgetParent()
    if number >= 0 { _ = Descriptor(owning: number) }
    number = -1
  }

  /// Opens by `O_PATH` what stands at a path, the last component's link followed unless told otherwise. The
  /// corresponding system call is `openat2` with `RESOLVE_IN_ROOT`; a kernel without it gets a verified walk.
  public func open(
    _ path: UnsafePointer<CChar>, _ options: Options = [], mode: UInt32 = 0o755
  ) throws(Errno) -> Descriptor {
    forgetParent()
    var resolve = UInt64(RESOLVE_IN_ROOT)
    if options.contains(.noLinks) { resolve |= UInt64(RESOLVE_NO_SYMLINKS) }
    do throws(Errno) {
      guard usesOpenat2 else { throw .noSystemCall }
      let flags = options.contains(.ownLink) ? O_PATH | O_NOFOLLOW : O_PATH
      return try Files.open(path, at: number, flags, resolve: resolve)
    } catch {
      let creates = !options.isDisjoint(with: [.createDirectories, .createFile])
      // A walk of single components is not disturbed by renames. `EPERM` is the answer of a seccomp filter
      // that does not know the call.
      let walks = error == .noSystemCall || error == .again || error == .notPermitted
      guard walks || (error == .noSuchFileOrDirectory && creates) else { throw error }
    }
    return try walk(path, options, mode: mode)
  }

  /// Opens a directory as `open` does, and makes it, with its parents, where it is missing; `isMade` tells.
  public func openMaking(
    _ path: UnsafePointer<CChar>, _ options: Options = [], isMade: inout Bool
  ) throws(Errno) -> Descriptor {
    do throws(Errno) {
      return try open(path, options)
    } catch {
      guard error == .noSuchFileOrDirectory else { throw error }
    }
    isMade = true
    if let made = makeInExistingParent(path, options) { return made }
    return try walk(path, options.union(.createDirectories), mode: 0o755)
  }

  /// The usual case of a missing directory, in few calls; nil for whatever is another one.
  private func makeInExistingParent(_ path: UnsafePointer<CChar>, _ options: Options) -> Descriptor? {
    do throws(Errno) {
      let parent = try openParent(path, options.subtracting(.ownLink))
      if parent.name[0] == RootFD.dot, parent.name[1] == 0 || parent.name[1] == RootFD.dot { return nil }
      try Files.makeDirectory(parent.name, at: parent.directory, mode: 0o755)
      return try Files.open(parent.name, at: parent.directory, O_PATH | O_NOFOLLOW | O_DIRECTORY)
    } catch {
      return nil
    }
  }

  /// Whether a descriptor is the root itself.
  public func isRoot(_ descriptor: Int32) throws(Errno) -> Bool {
    let its = try Files.status(descriptor)
    if identity == nil {
      let mine = try Files.status(number)
      identity = (mine.st_dev, mine.st_ino)
    }
    guard let identity else { return false }
    return its.st_ino == identity.inode && its.st_dev == identity.device
  }

  /// The directory of a path's last component, and where the component begins in the path.
  public struct Parent {
    /// The directory, the root's until something else below it is opened.
    public let directory: Int32
    /// The component, borrowed from the path.
    public let name: UnsafePointer<CChar>
  }

  /// Opens the directory of a path's last component. Asked for the same one again it opens nothing: the nodes
  /// and links of `/dev` come one after the other.
  public func openParent(
    _ path: UnsafePointer<CChar>, _ options: Options
  ) throws(Errno) -> Parent {
    var length = strlen(path)
    while length > 1, path[length - 1] == RootFD.slash { length -= 1 }
    var nameStart = length
    while nameStart > 0, path[nameStart - 1] != RootFD.slash { nameStart -= 1 }
    guard path[length] == 0, nameStart < length, nameStart < Int(PATH_MAX) else { throw .invalidArgument }
    if let parent, parent.options == options, parent.length == nameStart,
      memcmp(parentPath, path, nameStart) == 0
    {
      return Parent(directory: parent.number, name: path + nameStart)
    }
    parentPath.update(from: path, count: nameStart)
    parentPath[nameStart] = 0
    let opened = nameStart == 0 ? try open("/", options) : try open(parentPath, options)
    let number = opened.release()
    parent = (number, nameStart, options)
    return Parent(directory: number, name: path + nameStart)
  }

  /// What is opened next may change what stands at the path.
  private func forgetParent() {
    if let parent { _ = Descriptor(owning: parent.number) }
    parent = nil
  }

  // MARK: The verified walk

  /// Walks component by component, each opened without following it; `..` goes back to the descriptor that
  /// it came from, so that a directory moved meanwhile leads nowhere else.
  private func walk(
    _ path: UnsafePointer<CChar>, _ options: Options, mode: UInt32
  ) throws(Errno) -> Descriptor {
    let length = strlen(path)
    guard length < Int(PATH_MAX) else { throw .nameTooLong }
    pending.update(from: path, count: length + 1)
    defer { pop(to: 0) }
    var next = 0
    var links = 0
    while true {
      while pending[next] == RootFD.slash { next += 1 }
      if pending[next] == 0 { break }
      var end = next
      while pending[end] != 0, pending[end] != RootFD.slash { end += 1 }
      let isLast = onlySlashes(from: end)
      let saved = pending[end]
      pending[end] = 0
      let link = try step(pending + next, isLast: isLast, options, mode: mode)
      pending[end] = saved
      next = end
      if link, !(isLast && options.contains(.ownLink)) {
        links += 1
        guard links <= RootFD.linkLimit, !options.contains(.noLinks) else { throw .tooManySymbolicLinks }
        try splice(at: &next)
      }
    }
    guard depth > 0 else { return try Files.open(".", at: number, O_PATH) }
    // The walk ended at the top of the stack, which goes to the caller.
    depth -= 1
    return Descriptor(owning: stack[depth])
  }

  private var top: Int32 { depth > 0 ? stack[depth - 1] : number }

  private func onlySlashes(from index: Int) -> Bool {
    var index = index
    while pending[index] == RootFD.slash { index += 1 }
    return pending[index] == 0
  }

  /// Takes one component; true when it is a link, which stands on top of the stack.
  private func step(
    _ name: UnsafeMutablePointer<CChar>, isLast: Bool, _ options: Options, mode: UInt32
  ) throws(Errno) -> Bool {
    if name[0] == RootFD.dot, name[1] == 0 { return false }
    if name[0] == RootFD.dot, name[1] == RootFD.dot, name[2] == 0 {
      if depth > 0 { pop(to: depth - 1) }
      return false
    }
    guard depth < RootFD.depthLimit else { throw .nameTooLong }
    let opened = try openOrMake(name, isLast: isLast, options, mode: mode)
    let status = try Files.status(opened.number)
    stack[depth] = opened.release()
    depth += 1
    return status.st_mode & 0o170000 == 0o120000
  }

  private func openOrMake(
    _ name: UnsafePointer<CChar>, isLast: Bool, _ options: Options, mode: UInt32
  ) throws(Errno) -> Descriptor {
    do throws(Errno) {
      return try Files.open(name, at: top, O_PATH | O_NOFOLLOW)
    } catch {
      guard error == .noSuchFileOrDirectory else { throw error }
    }
    do throws(Errno) {
      if isLast, options.contains(.createFile) {
        _ = try Files.open(name, at: top, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o644)
      } else if options.contains(.createDirectories) || (options.contains(.createFile) && !isLast) {
        try Files.makeDirectory(name, at: top, mode: isLast ? mode : 0o755)
      } else {
        throw .noSuchFileOrDirectory
      }
    } catch {
      // Somebody else was faster: what is there is opened, and judged, like anything else.
      guard error == .fileExists else { throw error }
    }
    return try Files.open(name, at: top, O_PATH | O_NOFOLLOW)
  }

  /// Replaces the link on top of the stack by its target, in front of what is still pending.
  private func splice(at next: inout Int) throws(Errno) {
    try refuseMagic()
    let count = try Files.readLink("", at: top, into: scratch, capacity: Int(PATH_MAX) - 1)
    pop(to: depth - 1)
    guard count > 0 else { throw .noSuchFileOrDirectory }
    let rest = strlen(pending + next)
    guard count + 1 + rest + 1 <= RootFD.capacity else { throw .nameTooLong }
    if scratch[0] == RootFD.slash { pop(to: 0) }
    scratch[count] = RootFD.slash
    (scratch + count + 1).update(from: pending + next, count: rest + 1)
    pending.update(from: scratch, count: count + 1 + rest + 1)
    next = 0
  }

  /// A link of procfs that is not at its top leads wherever its process is: the kernel follows none below a root.
  private func refuseMagic() throws(Errno) {
    guard try Files.fileSystemType(top) == Int(PROC_SUPER_MAGIC) else { return }
    let above = depth > 1 ? stack[depth - 2] : number
    guard try Files.status(above).st_ino == 1 else { throw .crossDevice }
  }

  private func pop(to level: Int) {
    while depth > max(level, 0) {
      depth -= 1
      _ = Descriptor(owning: stack[depth])
    }
  }

  private static let slash = CChar(UInt8(ascii: "/"))
  private static let dot = CChar(UInt8(ascii: "."))
}
