import CLinux
public import Domain

/// Descriptors that a process has inherited, and that its next program is not to have.
public enum InheritedDescriptors {
  /// Makes all from a number on close-on-exec. Nothing here allocates. The corresponding system call is
  /// `close_range` with `CLOSE_RANGE_CLOEXEC`; where the kernel lacks either, each is marked that procfs lists,
  /// whose root `procfs` is.
  public static func mark(from first: Int, procfs: Int32) throws(Errno) {
    do throws(Errno) {
      _ = try call(Int32(SYS_close_range), first, Int(UInt32.max), Int(CLOSE_RANGE_CLOEXEC))
      return
    } catch {
      guard error.meansMissing || error == .invalidArgument else { throw error }
    }
    let list = try Files.open("self/fd", at: procfs, O_RDONLY | O_DIRECTORY)
    var failure: Errno?
    withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 8) { buffer in
      do throws(Errno) {
        while true {
          let size = try call(Int32(SYS_getdents64), Int(list.number), word(buffer.baseAddress), buffer.count)
          if size == 0 { return }
          markEntries(UnsafeRawBufferPointer(rebasing: buffer[..<size]), from: first)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// `struct linux_dirent64`: its size at 16, its name from 19 on, ended by a zero byte.
  private static func markEntries(_ entries: UnsafeRawBufferPointer, from first: Int) {
    var offset = 0
    while offset + 19 < entries.count, let base = entries.baseAddress {
      let size = Int(entries.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
      guard size > 19 else { return }
      let number = Int(atoi((base + offset + 19).assumingMemoryBound(to: CChar.self)))
      if number >= first { _ = clinux_call(Int(SYS_fcntl), number, Int(F_SETFD), Int(FD_CLOEXEC), 0, 0, 0) }
      offset += size
    }
  }
}
