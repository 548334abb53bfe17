public import CLinux
public import Domain

/// Files by descriptor. Names are C strings, which a Swift string becomes by itself at the call.
public enum Files {
  /// Opens a file. `O_CLOEXEC` is always added. The corresponding system call is `openat`.
  @_disfavoredOverload  // a literal would be copied to the heap for a pointer
  public static func open(
    _ name: UnsafePointer<CChar>, at directory: Int32 = currentDirectory, _ flags: Int32, mode: UInt32 = 0
  ) throws(Errno) -> Descriptor {
    Descriptor(
      owning: Int32(
        try retrying(Int32(SYS_openat), Int(directory), word(name), Int(flags | O_CLOEXEC), Int(mode))))
  }

  /// Opens a file whose name the program knows, without allocating: what a child before its `execve` may call.
  /// The corresponding system call is `openat`.
  public static func open(
    _ name: StaticString, at directory: Int32 = currentDirectory, _ flags: Int32, mode: UInt32 = 0
  ) throws(Errno) -> Descriptor {
    Descriptor(
      owning: Int32(
        try retrying(
          Int32(SYS_openat), Int(directory), word(name.utf8Start), Int(flags | O_CLOEXEC), Int(mode))))
  }

  /// Opens a file with rules for its resolution. The corresponding system call is `openat2`.
  public static func open(
    _ name: UnsafePointer<CChar>, at directory: Int32, _ flags: Int32, mode: UInt32 = 0, resolve: UInt64
  ) throws(Errno) -> Descriptor {
    var how = open_how(flags: UInt64(flags | O_CLOEXEC), mode: UInt64(mode), resolve: resolve)
    var failure = Errno.again
    // The kernel answers EAGAIN when a rename raced with a resolution below a root: try again, but not for
    // as long as somebody goes on renaming.
    for _ in 0..<32 where failure == .again {
      do {
        return Descriptor(
          owning: Int32(
            try retrying(
              Int32(SYS_openat2), Int(directory), word(name), word(&how), MemoryLayout<open_how>.size)))
      } catch {
        failure = error
      }
    }
    throw failure
  }

  /// Reads at most `buffer.count` bytes. The corresponding system call is `read`.
  public static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(Errno)
    -> Int
  {
    try retrying(Int32(SYS_read), Int(descriptor), word(buffer.baseAddress), buffer.count)
  }

  /// Reads to the end, at most `limit` bytes; `overflow` when there is more.
  public static func readAll(_ descriptor: Int32, limit: Int) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    var capacity = 4096
    while try append(from: descriptor, capacity, to: &bytes) > 0 {
      guard bytes.count <= limit else { throw .overflow }
      if bytes.count >= capacity { capacity = min(capacity * 4, 1 << 20) }
    }
    return bytes
  }

  /// Reads once; returns how much.
  private static func append(
    from descriptor: Int32, _ capacity: Int, to bytes: inout [UInt8]
  ) throws(Errno) -> Int {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    defer { buffer.deallocate() }
    let count = try read(descriptor, into: buffer)
    bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    return count
  }

  /// Writes all bytes. The corresponding system call is `write`.
  public static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(Errno) {
    var done = 0
    while done < bytes.count {
      done += try retrying(
        Int32(SYS_write), Int(descriptor), word(bytes.baseAddress) + done, bytes.count - done)
    }
  }

  /// Writes all bytes.
  public static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Errno) {
    let result = bytes.withUnsafeBytes { buffer -> Result<Void, Errno> in
      do throws(Errno) {
        return .success(try writeAll(descriptor, buffer))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Writes all bytes of a text.
  public static func writeAll(_ descriptor: Int32, _ text: String) throws(Errno) {
    try write(Array(text.utf8), to: descriptor)
  }

  /// Reads where a symbolic link leads, without a zero byte; an empty name is the link behind the
  /// descriptor itself. The corresponding system call is `readlinkat`.
  public static func readLink(
    _ name: UnsafePointer<CChar>, at directory: Int32, into buffer: UnsafeMutablePointer<CChar>,
    capacity: Int
  ) throws(Errno) -> Int {
    try call(Int32(SYS_readlinkat), Int(directory), word(name), word(buffer), capacity)
  }

  /// Makes a directory. The corresponding system call is `mkdirat`.
  public static func makeDirectory(
    _ name: UnsafePointer<CChar>, at directory: Int32 = currentDirectory, mode: UInt32
  ) throws(Errno) {
    _ = try call(Int32(SYS_mkdirat), Int(directory), word(name), Int(mode))
  }

  /// Removes a file. The corresponding system call is `unlinkat`.
  public static func remove(_ name: UnsafePointer<CChar>, at directory: Int32 = currentDirectory)
    throws(Errno)
  {
    _ = try call(Int32(SYS_unlinkat), Int(directory), word(name), 0)
  }

  /// Removes an empty directory. The corresponding system call is `unlinkat` with `AT_REMOVEDIR`.
  public static func removeDirectory(
    _ name: UnsafePointer<CChar>, at directory: Int32 = currentDirectory
  ) throws(Errno) {
    _ = try call(Int32(SYS_unlinkat), Int(directory), word(name), Int(AT_REMOVEDIR))
  }

  /// Renames; with `RENAME_NOREPLACE` it fails when the new name is taken. The corresponding system
  /// call is `renameat2`.
  public static func rename(
    _ name: UnsafePointer<CChar>, at directory: Int32, to newName: UnsafePointer<CChar>,
    at newDirectory: Int32,
    flags: UInt32 = 0
  ) throws(Errno) {
    _ = try call(
      Int32(SYS_renameat2), Int(directory), word(name), Int(newDirectory), word(newName), Int(flags))
  }

  /// Makes a file without a name, which goes with its last descriptor unless `link` gives it one. The
  /// corresponding flag of `openat` is `O_TMPFILE`.
  public static func openUnnamed(at directory: Int32, mode: UInt32) throws(Errno) -> Descriptor {
    try open(".", at: directory, O_WRONLY | clinux_unnamed(), mode: mode)
  }

  /// Gives a file without a name one that nobody has. The corresponding system call is `linkat`.
  public static func link(
    _ descriptor: Int32, to name: UnsafePointer<CChar>, at directory: Int32
  ) throws(Errno) {
    _ = try call(
      Int32(SYS_linkat), Int(currentDirectory), word("/proc/self/fd/\(descriptor)"), Int(directory),
      word(name),
      Int(AT_SYMLINK_FOLLOW))
  }

  /// Whether there is something of that name, a link not being followed. The corresponding system call is
  /// `fstatat`.
  public static func exists(_ name: UnsafePointer<CChar>, at directory: Int32) -> Bool {
    var status = stat()
    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// What a descriptor is. The corresponding system call is `fstat`.
  public static func status(_ descriptor: Int32) throws(Errno) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw lastErrno() }
    return status
  }

  /// What number a file has on its file system.
  public static func inode(_ descriptor: Int32) throws(Errno) -> UInt { try status(descriptor).st_ino }

  /// What kind of file system a descriptor is on (`…_MAGIC`). The corresponding system call is `fstatfs`.
  public static func fileSystemType(_ descriptor: Int32) throws(Errno) -> Int {
    var status = statfs()
    guard fstatfs(descriptor, &status) == 0 else { throw lastErrno() }
    return Int(status.f_type)
  }
}
