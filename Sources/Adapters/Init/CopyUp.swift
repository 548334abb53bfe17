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
    let mounted = try naming(.openat2) { () throws(Errno) in try root.open(mount.destination.pointer) }
    var copier = TreeCopier(buffer: buffer)
    try copier.copy(from: target, to: mounted.number, level: 0)
    try copyOwner(from: target, to: mounted.number)
    if mount.flags.contains(.readOnly) { try setReadOnly(mounted.number) }
  }

  /// The directory itself is part of what is copied; options that name another owner are rare, and root's.
  private func copyOwner(from source: Int32, to target: Int32) throws(StepFault) {
    let (its, mine) = try naming(.fstat) { () throws(Errno) in
      (try Files.status(source), try Files.status(target))
    }
    guard mine.st_uid == 0, mine.st_gid == 0, its.st_uid != 0 || its.st_gid != 0 else { return }
    let none: StaticString = ""
    try attempt(
      .fchown, SYS_fchownat, Int(target), word(none.utf8Start), Int(its.st_uid), Int(its.st_gid),
      Int(AT_EMPTY_PATH))
  }
}

/// Copies a directory's content: files, directories, links and nodes, with owner and mode. Links are
/// copied, never followed.
struct TreeCopier {
  /// Directories below directories: an image has no reason for more.
  private static let levelLimit = 64
  private let buffer: UnsafeMutablePointer<CChar>

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
      try copyFile(name, from: source, to: target, status)
    default:
      try attempt(
        .mknod, SYS_mknodat, Int(target), word(name), Int(status.st_mode),
        Int(truncatingIfNeeded: status.st_rdev))
    }
    try attempt(
      .fchown, SYS_fchownat, Int(target), word(name), Int(status.st_uid), Int(status.st_gid),
      Int(AT_SYMLINK_NOFOLLOW))
    // A change of owner clears set-id bits, which a link does not have.
    guard status.st_mode & 0o170000 != 0o120000, status.st_mode & 0o6000 != 0 else { return }
    try attempt(.fchmod, SYS_fchmodat, Int(target), word(name), Int(status.st_mode & 0o7777))
  }

  private func copyFile(
    _ name: UnsafePointer<CChar>, from source: Int32, to target: Int32, _ status: stat
  ) throws(StepFault) {
    let original = try naming(.open) { () throws(Errno) in
      try Files.open(name, at: source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    }
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
