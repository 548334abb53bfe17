import CLinux
public import Domain

/// The process that the runtime itself is, and files of the host by path.
public enum Host {
  /// A variable of the environment; nil when it is not set.
  public static func variable(_ name: String) -> String? {
    clinux_getenv(name).map { String(cString: $0) }
  }

  /// The effective user id. The corresponding system call is `geteuid`.
  public static var userID: UInt32 { geteuid() }

  /// This process's id. The corresponding system call is `getpid`.
  public static var processID: Int32 { getpid() }

  /// The effective group id. The corresponding system call is `getegid`.
  public static var groupID: UInt32 { getegid() }

  /// The present time. The corresponding system call is `clock_gettime`.
  public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      seconds: Int64(time.tv_sec), nanoseconds: UInt32(truncatingIfNeeded: time.tv_nsec))
  }

  /// The working directory, absolute and without links. The corresponding system call is `getcwd`.
  public static func currentDirectory() throws(Errno) -> String {
    var buffer = [CChar](repeating: 0, count: 4097)
    guard getcwd(&buffer, 4096) != nil else { throw lastErrno() }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Changes the working directory. The corresponding system call is `chdir`.
  public static func changeDirectory(_ path: String) throws(Errno) {
    guard chdir(path) == 0 else { throw lastErrno() }
  }

  /// Keeps others, and what is born of this process, from looking into it. The corresponding call is
  /// `PR_SET_DUMPABLE`.
  public static func becomeUndumpable() {
    _ = clinux_call(Int(SYS_prctl), Int(PR_SET_DUMPABLE), 0, 0, 0, 0, 0)
  }

  /// Adopts orphans of the processes below. The corresponding call is `PR_SET_CHILD_SUBREAPER`.
  public static func becomeSubreaper() {
    _ = clinux_call(Int(SYS_prctl), Int(PR_SET_CHILD_SUBREAPER), 1, 0, 0, 0, 0)
  }

  /// Closes a descriptor that came as a number. The corresponding system call is `close`.
  public static func close(_ descriptor: Int32) {
    _ = Descriptor(owning: descriptor)
  }

  /// Goes back to a file's begin. The corresponding system call is `lseek`.
  public static func rewind(_ descriptor: Int32) throws(Errno) {
    _ = try call(Int32(SYS_lseek), Int(descriptor), 0, Int(SEEK_SET))
  }

  /// Where a link leads. The corresponding system call is `readlinkat`.
  public static func readLink(_ path: UnsafePointer<CChar>) throws(Errno) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = try call(
      Int32(SYS_readlinkat), Int(Linux.currentDirectory), word(path), word(&buffer), buffer.count)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Opens the null device for those of the standard streams that the caller left closed: what is opened
  /// next would come to stand there, and be read, written and passed on as one. The corresponding system
  /// calls are `fcntl` and `openat`.
  public static func openMissingStreams() throws(Errno) {
    for number in 0..<3 as Range<Int32> where !isOpen(number) {
      let null: StaticString = "/dev/null"
      _ = try call(Int32(SYS_openat), Int(Linux.currentDirectory), word(null.utf8Start), Int(O_RDWR))
    }
  }

  /// Has the ends of this process's children told to it, also where its caller ignores them: the kernel would reap
  /// them unseen, and nobody would learn how they ended. The corresponding call is `signal`.
  public static func heedChildren() {
    clinux_restore(SIGCHLD)
  }

  /// Whether the host's first process is systemd, by the directory that it makes for whoever asks.
  public static var isManagedBySystemd: Bool {
    (try? checkDirectory("/run/systemd/system")) != nil
  }

  /// Whether a descriptor is a terminal. The corresponding call is `TCGETS`.
  public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Whether a descriptor is the caller's, not one of our own, which are all close-on-exec. The corresponding call is
  /// `F_GETFD`.
  public static func isInherited(_ descriptor: Int32) -> Bool {
    clinux_call(Int(SYS_fcntl), Int(descriptor), Int(F_GETFD), 0, 0, 0, 0) == 0
  }

  /// Whether a descriptor is open. The corresponding call is `F_GETFD`.
  private static func isOpen(_ descriptor: Int32) -> Bool {
    clinux_call(Int(SYS_fcntl), Int(descriptor), Int(F_GETFD), 0, 0, 0, 0) >= 0
  }

  /// Whether ids mean others than on the host; false where procfs does not tell.
  public static var isInUserNamespace: Bool {
    guard let map = try? Procfs().read("self/uid_map", limit: 1 << 16) else { return false }
    return map.split(separator: UInt8(ascii: "\n")).first.map { line in
      line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        != ["0", "0", "4294967295"]
    } ?? false
  }

  /// Changes the mode of a file or directory. The corresponding system call is `fchmodat`.
  public static func changeMode(_ path: UnsafePointer<CChar>, _ mode: UInt32) throws(Errno) {
    _ = try call(Int32(SYS_fchmodat), Int(Linux.currentDirectory), word(path), Int(mode))
  }

  /// Sends a datagram to a service that listens at a path, which is waited for no longer than a second.
  public static func tell(_ text: String, _ path: String) throws(Errno) {
    let socket = try DatagramSocket.connect(path)
    let number = socket.number
    do throws(Errno) {
      try DatagramSocket.send(Array(text.utf8), on: number)
    } catch {
      guard error == .again else { throw error }
      var waited = [pollfd(fd: number, events: Int16(POLLOUT), revents: 0)]
      guard try Waiting.poll(&waited, timeout: 1000) else { throw .timedOut }
      try DatagramSocket.send(Array(text.utf8), on: number)
    }
  }

  /// Fails unless a path is a directory.
  public static func checkDirectory(_ path: String) throws(Errno) {
    _ = try Files.open(path, O_PATH | O_DIRECTORY)
  }

  /// Reads a whole file, at most `limit` bytes. A fifo without a writer reads as empty instead of waiting.
  public static func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
    let file = try Files.open(path, O_RDONLY | O_NONBLOCK)
    return try Files.readAll(file.number, limit: limit)
  }

  /// Appends a text to a file, which is made where it is missing.
  public static func append(_ text: String, to path: String) throws(Errno) {
    let file = try Files.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    try Files.writeAll(file.number, text)
  }

  /// Writes a new file; `fileExists` when there is one.
  public static func create(_ path: String, _ bytes: [UInt8], mode: UInt32) throws(Errno) {
    let file = try Files.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
    try write(bytes, to: file)
  }

  /// Opens a file for writing, made where it is missing, emptied where it is there.
  public static func openEmpty(_ path: String, mode: UInt32) throws(Errno) -> Descriptor {
    try Files.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
  }

  /// Replaces a file as a whole: a reader sees the old one or the new one.
  public static func replace(_ path: String, _ bytes: [UInt8], mode: UInt32) throws(Errno) {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let temporary = path[..<slash] + "." + path[slash...] + ".\(Processes.current)"
    let name = String(temporary)
    // A process of this number that died half way left it.
    try? Files.remove(name)
    let file = try Files.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
    do {
      try write(bytes, to: file)
      try Files.rename(name, at: Linux.currentDirectory, to: path, at: Linux.currentDirectory)
    } catch {
      _ = try? Files.remove(name)
      throw error
    }
  }

  private static func write(_ bytes: [UInt8], to file: borrowing Descriptor) throws(Errno) {
    let number = file.number
    let result = bytes.withUnsafeBytes { buffer -> Result<Void, Errno> in
      do throws(Errno) { return .success(try Files.writeAll(number, buffer)) } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}
