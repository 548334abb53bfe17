import CLinux
public import Domain

/// Files that exist in memory only.
public enum MemoryFile {
  /// Makes one. The corresponding system call is `memfd_create`.
  public static func make(_ name: UnsafePointer<CChar>, flags: UInt32 = 0) throws(Errno) -> Descriptor {
    Descriptor(
      owning: Int32(try call(Int32(SYS_memfd_create), word(name), Int(flags) | Int(MFD_CLOEXEC))))
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
}
