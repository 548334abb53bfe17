import CLinux
public import Domain

/// Which mount a descriptor is on.
public enum MountIdentity {
  /// The mount's number in `mountinfo`. The corresponding system call is `statx` with `STATX_MNT_ID`; a kernel
  /// without it tells in `self/fdinfo` of procfs, whose root `procfs` is.
  public static func of(_ descriptor: Int32, procfs: Int32) throws(Errno) -> UInt64 {
    if let identity = try byStatx(descriptor) { return identity }
    let file = try Files.open("self/fdinfo/\(descriptor.decimal)", at: procfs, O_RDONLY | O_NOFOLLOW)
    let bytes = try Files.readAll(file.number, limit: 1 << 16)
    guard let identity = identity(descriptorInfo: bytes) else { throw .notSupported }
    return identity
  }

  /// The number that a mount has for as long as it is there, and that no later one gets where the kernel has such
  /// numbers. It allocates nothing. The corresponding system call is `statx` with `STATX_MNT_ID_UNIQUE`.
  public static func lasting(_ descriptor: Int32) throws(Errno) -> UInt64 {
    if let identity = try byStatx(descriptor, wantsUnique) { return identity }
    if let identity = try byStatx(descriptor) { return identity }
    throw .notSupported
  }

  /// The line `mnt_id:` of a descriptor's `fdinfo`.
  static func identity(descriptorInfo bytes: [UInt8]) -> UInt64? {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard line.starts(with: "mnt_id:".utf8) else { continue }
      let digits = line.dropFirst(7).filter { $0 != 32 && $0 != 9 }
      if let identity = UInt64(String(decoding: digits, as: UTF8.self)) { return identity }
    }
    return nil
  }

  /// Nil where the kernel cannot tell.
  private static func byStatx(_ descriptor: Int32, _ wanted: Int = wantsIdentity) throws(Errno) -> UInt64? {
    let none: StaticString = ""
    return try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) {
      (status) throws(Errno) -> UInt64? in
      do throws(Errno) {
        _ = try call(
          Int32(SYS_statx), Int(descriptor), word(none.utf8Start), Int(AT_EMPTY_PATH), wanted,
          word(status.baseAddress))
      } catch {
        guard error.meansMissing else { throw error }
        return nil
      }
      guard status.load(as: UInt32.self) & UInt32(wanted) != 0 else { return nil }
      return status.load(fromByteOffset: 144, as: UInt64.self)
    }
  }

  /// `STATX_MNT_ID_UNIQUE`.
  private static let wantsUnique = 0x4000
  /// `STATX_MNT_ID`.
  private static let wantsIdentity = 0x1000
}
