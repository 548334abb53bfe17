import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel {
  /// Mounts a file system and copies into it what the image has at its place (`tmpcopyup`).
  func mountCopyingUp(
    _ mount: FileSystemMountOperands, on target: Int32, data: UnsafePointer<CChar>?
  ) throws(StepFault) {
    let writable = mount.flags.subtracting(.readOnly)
    try self.mount(mount.type, mount.source, on: target, writable, data: data)
    try copyUp(from: target, to: mount.destination)
    guard mount.flags.contains(.readOnly) else { return }
    let mounted = try naming(.openat2) { () throws(Errno) in try root.open(mount.destination.pointer) }
    try setReadOnly(mounted.number)
  }

  /// Copies into what is mounted at a path what it covers.
  func copyUp(from covered: Int32, to path: PlanText) throws(StepFault) {
    let mounted = try naming(.openat2) { () throws(Errno) in try root.open(path.pointer) }
    var copier = TreeCopier(buffer: buffer)
    try copier.copy(from: covered, to: mounted.number, level: 0)
    try copyOwner(from: covered, to: mounted.number)
  }

  /// The directory itself is part of what is copied; options that name another owner are rare, and root's.
  private func copyOwner(from source: Int32, to target: Int32) throws(StepFault) {
    let (its, mine) = try naming(.fstat) { () throws(Errno) in
      (try Files.status(source), try Files.status(target))
    }
    guard mine.st_uid == 0, mine.st_gid == 0, its.st_uid != 0 || its.st_gid != 0 else { return }
    let none: StaticString = ""
    try own(word(none.utf8Start), at: target, like: its, AT_EMPTY_PATH)
  }
}

/// Gives a file its original's owner. One whom the user namespace does not know (`EINVAL`) cannot be had
/// there: the file stays its maker's.
private func own(
  _ name: Int, at directory: Int32, like original: stat, _ flags: Int32
) throws(StepFault) {
  let result = clinux_call(
    Int(SYS_fchownat), Int(directory), name, Int(original.st_uid), Int(original.st_gid), Int(flags), 0)
  guard result >= 0 || result == -Int(EINVAL) else {
    throw StepFault(.fchown, Errno(rawValue: Int32(truncatingIfNeeded: -result)))
  }
}

/// Copies a directory's content: files, directories, links and nodes, with owner, mode and extended
/// attributes. Links are copied, never followed.
struct TreeCopier: ~Copyable {
  /// Directories below directories: an image has no reason for more.
  private static let levelLimit = 64
  private let buffer: UnsafeMutablePointer<CChar>
  /// The value of an extended attribute; made when the first is met.
  private var value: Page?

  init(buffer: UnsafeMutablePointer<CChar>) {
    self.buffer = buffer
  }

  mutating func copy(from source: Int32, to target: Int32, level: Int) throws(StepFault) {
    guard level < TreeCopier.levelLimit else { throw StepFault(.getdents, .tooManySymbolicLinks) }
    let directory = try naming(.open) { () throws(Errno) in
      try Files.open(".", at: source, O_RDONLY | O_DIRECTORY)
    }
    // A listing has its own page: the buffer is shared by all levels.
    let page = try Page()
    while true {
      let size = clinux_call(
        Int(SYS_getdents64), Int(directory.number), word(page.start), page.size, 0, 0, 0)
      guard size >= 0 else { throw StepFault(.getdents, Errno(rawValue: Int32(truncatingIfNeeded: -size))) }
      if size == 0 { return }
      var offset = 0
      while offset + 19 < size {
        let record = page.start + offset
        offset += Int(record.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
        let name = (record + 19).assumingMemoryBound(to: CChar.self)
        if name[0] == 46, name[1] == 0 || (name[1] == 46 && name[2] == 0) { continue }
        try copyEntry(name, from: directory.number, to: target, level: level)
      }
    }
  }

  private mutating func copyEntry(
    _ name: UnsafePointer<CChar>, from source: Int32, to target: Int32, level: Int
  ) throws(StepFault) {
    let entry = try naming(.open) { () throws(Errno) in try Files.open(name, at: source, O_PATH | O_NOFOLLOW)
    }
    let status = try naming(.fstat) { () throws(Errno) in try Files.status(entry.number) }
    switch status.st_mode & 0o170000 {
    case 0o040000:
      try attempt(.mkdir, SYS_mkdirat, Int(target), word(name), Int(status.st_mode & 0o7777))
      let copy = try naming(.open) { () throws(Errno) in
        try Files.open(name, at: target, O_PATH | O_NOFOLLOW | O_DIRECTORY)
      }
      try self.copy(from: entry.number, to: copy.number, level: level + 1)
    case 0o120000:
      let count = try naming(.readlink) { () throws(Errno) in
        try Files.readLink("", at: entry.number, into: buffer, capacity: LinuxKernel.bufferSize - 1)
      }
      buffer[count] = 0
      try attempt(.symlink, SYS_symlinkat, word(buffer), Int(target), word(name))
    case 0o100000:
      try copyFile(name, from: entry.number, to: target, status)
    default:
      try attempt(
        .mknod, SYS_mknodat, Int(target), word(name), Int(status.st_mode),
        Int(truncatingIfNeeded: status.st_rdev))
    }
    try own(word(name), at: target, like: status, AT_SYMLINK_NOFOLLOW)
    // A change of owner clears set-id bits, which a link does not have.
    guard status.st_mode & 0o170000 != 0o120000 else { return }
    if status.st_mode & 0o6000 != 0 {
      try attempt(.fchmod, SYS_fchmodat, Int(target), word(name), Int(status.st_mode & 0o7777))
    }
    // And file capabilities, which are an extended attribute: those come last.
    try copyAttributes(name, from: entry.number, to: target)
  }

  /// Copies a file that is opened as a place only: by its descriptor, for its name may be another's by now. The
  /// working directory is procfs.
  private func copyFile(
    _ name: UnsafePointer<CChar>, from source: Int32, to target: Int32, _ status: stat
  ) throws(StepFault) {
    var path = DescriptorPath(source)
    let original = Descriptor(
      owning: Int32(
        try naming(.open) { () throws(Errno) in
          try call(Int32(SYS_openat), Int(AT_FDCWD), path.word, Int(O_RDONLY | O_NONBLOCK | O_CLOEXEC))
        }))
    let copy = try naming(.open) { () throws(Errno) in
      try Files.open(
        name, at: target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: UInt32(status.st_mode & 0o7777))
    }
    while true {
      let sent = clinux_call(
        Int(SYS_sendfile), Int(copy.number), Int(original.number), 0, 1 << 20, 0, 0)
      guard sent >= 0 else { throw StepFault(.write, Errno(rawValue: Int32(truncatingIfNeeded: -sent))) }
      if sent == 0 { return }
    }
  }
}

extension TreeCopier {
  /// The most that an extended attribute holds.
  private static let valueLimit = 65536

  /// Copies extended attributes. What the new file system cannot hold, or the kernel does not let this
  /// process set, stays behind: none of it is needed to read the files. The working directory is procfs.
  private mutating func copyAttributes(
    _ name: UnsafePointer<CChar>, from source: Int32, to target: Int32
  ) throws(StepFault) {
    var path = DescriptorPath(source)
    let size = clinux_call(Int(SYS_listxattr), path.word, word(buffer), LinuxKernel.bufferSize, 0, 0, 0)
    guard size > 0 else {
      guard size == 0 || size == -Int(EOPNOTSUPP) else {
        throw StepFault(.getxattr, Errno(rawValue: Int32(truncatingIfNeeded: -size)))
      }
      return
    }
    let copy = try naming(.open) { () throws(Errno) in
      try Files.open(name, at: target, O_PATH | O_NOFOLLOW)
    }
    var copyPath = DescriptorPath(copy.number)
    if value == nil { value = try Page(size: TreeCopier.valueLimit) }
    guard let start = value?.start else { throw StepFault(.getxattr, .noMemory) }
    var attribute = UnsafePointer(buffer)
    while attribute < buffer + size {
      let length = clinux_call(
        Int(SYS_getxattr), path.word, word(attribute), word(start), TreeCopier.valueLimit, 0, 0)
      guard length >= 0 else {
        throw StepFault(.getxattr, Errno(rawValue: Int32(truncatingIfNeeded: -length)))
      }
      let result = clinux_call(Int(SYS_setxattr), copyPath.word, word(attribute), word(start), length, 0, 0)
      guard result >= 0 || result == -Int(EOPNOTSUPP) || result == -Int(EPERM) else {
        throw StepFault(.setxattr, Errno(rawValue: Int32(truncatingIfNeeded: -result)))
      }
      attribute += strlen(attribute) + 1
    }
  }
}

/// `self/fd/N`, which from procfs as the working directory leads to what is behind a descriptor.
private struct DescriptorPath {
  private var bytes: (UInt64, UInt64, UInt64) = (0, 0, 0)

  init(_ descriptor: Int32) {
    let text: StaticString = "self/fd/"
    withUnsafeMutableBytes(of: &bytes) { bytes in
      guard let base = bytes.baseAddress else { return }
      memcpy(base, text.utf8Start, text.utf8CodeUnitCount)
      let digits = (base + text.utf8CodeUnitCount).assumingMemoryBound(to: CChar.self)
      _ = write(UInt64(max(descriptor, 0)), radix: 10, to: digits)
    }
  }

  /// Its address, for the time of one call.
  var word: Int {
    mutating get { withUnsafeMutableBytes(of: &bytes) { Int(bitPattern: $0.baseAddress) } }
  }
}

/// Memory of its own, given back with its owner. The corresponding system call is `mmap`.
struct Page: ~Copyable {
  let start: UnsafeMutableRawPointer
  let size: Int

  init(size: Int = 32768) throws(StepFault) {
    let flags = Int(MAP_PRIVATE) | Int(MAP_ANONYMOUS)
    let address = try naming(.open) { () throws(Errno) in
      try call(Int32(SYS_mmap), 0, size, Int(PROT_READ | PROT_WRITE), flags, -1, 0)
    }
    guard let start = UnsafeMutableRawPointer(bitPattern: address) else { throw StepFault(.open, .noMemory) }
    self.start = start
    self.size = size
  }

  deinit {
    _ = clinux_call(Int(SYS_munmap), word(start), size, 0, 0, 0, 0)
  }
}
