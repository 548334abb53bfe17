import CLinux
public import Domain

/// Files of the kernel's own file systems (procfs, cgroupfs), below a directory and on its very mount: whatever
/// is mounted over a part of it is not the kernel's word.
public enum KernelFiles {
  /// Which links are followed.
  public enum Links: Sendable {
    /// None.
    case none
    /// Those that procfs has at its top, such as `self`; magic ones never.
    case plain
  }

  /// Opens a file below, crossing no mount. The corresponding system call is `openat2`; a kernel without it gets
  /// a walk that verifies each step, for which it may need the root of `procfs`.
  public static func open(
    _ name: UnsafePointer<CChar>, at root: Int32, _ flags: Int32, links: Links, procfs: Int32
  ) throws(Errno) -> Descriptor {
    let forbidden = links == .none ? RESOLVE_NO_SYMLINKS : RESOLVE_NO_MAGICLINKS
    do throws(Errno) {
      return try Files.open(
        name, at: root, flags, resolve: UInt64(RESOLVE_BENEATH | RESOLVE_NO_XDEV | forbidden))
    } catch {
      guard error.meansMissing else { throw error }
    }
    return try open(name, byWalkingFrom: root, flags, links: links, procfs: procfs)
  }

  /// The walk: each component is opened by itself, and has to be on the root's mount.
  package static func open(
    _ name: UnsafePointer<CChar>, byWalkingFrom root: Int32, _ flags: Int32, links: Links, procfs: Int32
  ) throws(Errno) -> Descriptor {
    var walk = Walk(
      root: root, mount: try MountIdentity.of(root, procfs: procfs), links: links, procfs: procfs)
    try walk.enter(name, last: flags)
    return try walk.finish()
  }

  /// Where a walk is.
  private struct Walk: ~Copyable {
    private let root: Int32
    private let mount: UInt64
    private let links: Links
    private let procfs: Int32
    private var place: Descriptor?
    private var linksLeft = 4

    init(root: Int32, mount: UInt64, links: Links, procfs: Int32) {
      (self.root, self.mount, self.links, self.procfs) = (root, mount, links, procfs)
    }

    consuming func finish() throws(Errno) -> Descriptor {
      if let place { return place }
      throw .invalidArgument
    }

    /// Goes down a path; its last component is opened with `last`, nil standing for one in between.
    mutating func enter(_ path: UnsafePointer<CChar>, last: Int32?) throws(Errno) {
      guard path[0] != KernelFiles.slash else { throw .crossDevice }
      var rest = path
      while true {
        rest += strspn(rest, "/")
        let length = strcspn(rest, "/")
        if length == 0 { break }
        let isLast = rest[length + strspn(rest + length, "/")] == 0
        try step(rest, length, isLast ? last : nil)
        rest += length
      }
      if place == nil { try move(".", last) }
    }

    private mutating func step(
      _ name: UnsafePointer<CChar>, _ length: Int, _ flags: Int32?
    ) throws(Errno) {
      if length == 1, name[0] == KernelFiles.dot { return }
      guard length != 2 || name[0] != KernelFiles.dot || name[1] != KernelFiles.dot else {
        throw .crossDevice
      }
      guard length <= 255 else { throw .nameTooLong }
      var component: [CChar] = Array(UnsafeBufferPointer(start: name, count: length))
      component.append(0)
      let found = try Files.open(component, at: here, O_PATH | O_NOFOLLOW)
      if try Files.status(found.number).st_mode & 0o170000 == 0o120000 {
        return try follow(found.number, flags)
      }
      try move(component, flags)
    }

    /// A link at the top of procfs leads to a place below it.
    private mutating func follow(_ link: Int32, _ flags: Int32?) throws(Errno) {
      guard links == .plain, place == nil, linksLeft > 0 else { throw .tooManySymbolicLinks }
      try check(link)
      linksLeft -= 1
      var target = [CChar](repeating: 0, count: 256)
      let length = try Files.readLink("", at: link, into: &target, capacity: 255)
      target[length] = 0
      try enter(target, last: flags)
    }

    private mutating func move(_ name: UnsafePointer<CChar>, _ flags: Int32?) throws(Errno) {
      let opened = try Files.open(name, at: here, (flags ?? O_PATH | O_DIRECTORY) | O_NOFOLLOW)
      try check(opened.number)
      place = consume opened
    }

    private func check(_ descriptor: Int32) throws(Errno) {
      guard try MountIdentity.of(descriptor, procfs: procfs) == mount else { throw .crossDevice }
    }

    private var here: Int32 {
      switch place {
      case .some(let place): place.number
      case .none: root
      }
    }
  }

  private static let slash = CChar(UInt8(ascii: "/"))
  private static let dot = CChar(UInt8(ascii: "."))
}
