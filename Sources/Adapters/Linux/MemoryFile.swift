import CLinux
public import Domain

/// Files without a name, in memory where the kernel has such.
public enum MemoryFile {
  /// Makes one. The corresponding system call is `memfd_create`; where the kernel lacks it, an unnamed file in a
  /// temporary directory stands for it.
  public static func make(_ name: UnsafePointer<CChar>) throws(Errno) -> Descriptor {
    do throws(Errno) {
      return try create(name, 0)
    } catch {
      guard error.meansMissing else { throw error }
    }
    return try makeUnnamed()
  }

  /// Copies a program into one that can be executed by everybody, and read by its owner alone: in a user namespace
  /// that does not know the owner, its process can then be looked into by nobody of that namespace. No more can be
  /// written to it. The corresponding system calls are `memfd_create`, `sendfile` and `F_ADD_SEALS`.
  public static func copyProgram(_ program: Int32) throws(Errno) -> Descriptor {
    let copy: Descriptor
    var isSealable = true
    do throws(Errno) {
      copy = try makeSealable()
    } catch {
      guard error.meansMissing else { throw error }
      copy = try makeUnnamed(executable: true)
      isSealable = false
    }
    try fill(copy.number, from: program)
    _ = try call(Int32(SYS_fchmod), Int(copy.number), 0o711)
    if isSealable {
      _ = try call(Int32(SYS_fcntl), Int(copy.number), addSeals, allSeals)
      return copy
    }
    // Nobody has it open for writing from here on, and no other process is ever made of it.
    return try Procfs().openMagicLink(directory: "self/fd", copy.number.decimal, O_RDONLY)
  }

  /// A host may forbid programs in memory to whoever does not ask for one; older kernels do not know the question.
  private static func makeSealable() throws(Errno) -> Descriptor {
    do throws(Errno) {
      return try create("martlet", allowSealing | executable)
    } catch {
      guard error == .invalidArgument else { throw error }
    }
    return try create("martlet", allowSealing)
  }

  private static func create(_ name: UnsafePointer<CChar>, _ flags: Int) throws(Errno) -> Descriptor {
    Descriptor(owning: Int32(try call(Int32(SYS_memfd_create), word(name), flags | Int(MFD_CLOEXEC))))
  }

  /// Programs are refused by some of the places.
  private static func makeUnnamed(executable: Bool = false) throws(Errno) -> Descriptor {
    for place in places {
      guard let made = try? Files.open(place, O_RDWR | clinux_unnamed(), mode: 0o600) else { continue }
      var status = statfs()
      guard executable else { return made }
      if fstatfs(made.number, &status) == 0, Int(status.f_flags) & noExecution == 0 { return made }
    }
    throw .noSystemCall
  }

  private static func fill(_ copy: Int32, from program: Int32) throws(Errno) {
    let size = Int(try Files.status(program).st_size)
    var copied = 0
    while copied < size {
      let sent = try retrying(Int32(SYS_sendfile), Int(copy), Int(program), 0, size - copied)
      guard sent > 0 else { throw .ioError }
      copied += sent
    }
  }

  /// What was written to it, up to a limit: it may be a container's. The corresponding system call is
  /// `pread64`.
  public static func contents(of descriptor: Int32, limit: Int = .max) throws(Errno) -> [UInt8] {
    let size = min(Int(try Files.status(descriptor).st_size), limit)
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      do throws(Errno) {
        while count < size {
          let got = try retrying(
            Int32(SYS_pread64), Int(descriptor), word(buffer.baseAddress) + count, size - count, count)
          if got == 0 { return }
          count += got
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// `ST_NOEXEC`.
  private static let noExecution = 8
  /// Where files without a name are made.
  private static let places = ["/dev/shm", "/run", "/tmp", "/var/tmp"]
  /// `MFD_ALLOW_SEALING` and `MFD_EXEC`.
  private static let allowSealing = 2
  private static let executable = 0x10
  /// `F_ADD_SEALS`, and seal, shrink, grow and write of `F_SEAL_…`.
  private static let addSeals = 1033
  private static let allSeals = 15
}
