import CLinux
public import Domain
import Linux
public import Ports

/// Keeps finished filters on disk by content, so that a profile is compiled once on a host.
///
/// A cached file counts only if it is a regular file of the caller's, written by nobody else, and as whole as
/// its digest says. A cache that cannot be read or written costs time, never correctness.
public final class SeccompCache: SeccompCompiler {
  private let compiler: any SeccompCompiler
  private let directory: String
  private let salt: String

  /// Caches what `compiler` makes in a directory, which is made when it is first needed. `salt` names
  /// what else a filter depends on.
  public init(_ compiler: any SeccompCompiler, directory: String, salt: String) {
    self.compiler = compiler
    self.directory = directory
    self.salt = salt
  }

  public func compile(_ profile: SeccompProfile) throws(SeccompError) -> SeccompFilter {
    guard let folder = openFolder() else { return try compiler.compile(profile) }
    let name = profile.contentName(salt: salt)
    if let filter = read(name, at: folder.number) { return filter }
    let filter = try compiler.compile(profile)
    write(filter, to: name, at: folder.number)
    return filter
  }

  /// The directory, made where it is missing; nil when it cannot be trusted: whoever may rename in it could
  /// pass one profile's filter off as another's.
  private func openFolder() -> Descriptor? {
    try? Files.makeDirectory(directory, mode: 0o700)
    guard let number = try? Files.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).release() else {
      return nil
    }
    let folder = Descriptor(owning: number)
    guard let status = try? Files.status(folder.number), status.st_uid == geteuid(),
      status.st_mode & 0o022 == 0
    else { return nil }
    return folder
  }

  /// A file begins with the SHA-256 digest of the rest.
  private static let digestSize = 32
  /// The rest begins with the flags of the system call and the size of the program, 4 bytes each; the program
  /// and the warnings follow.
  private static let headerSize = 8

  private func read(_ name: String, at folder: Int32) -> SeccompFilter? {
    guard let file = try? Files.open(name, at: folder, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
      let status = try? Files.status(file.number), isTrusted(status),
      let whole = try? Files.readAll(file.number, limit: 1 << 20)
    else { return nil }
    return SeccompCache.decode(whole)
  }

  /// The filter of a file; nil when it is not whole.
  static func decode(_ whole: [UInt8]) -> SeccompFilter? {
    guard whole.count > SeccompCache.digestSize + SeccompCache.headerSize else { return nil }
    let bytes = Array(whole[SeccompCache.digestSize...])
    guard SHA256.digest(of: bytes).elementsEqual(whole.prefix(SeccompCache.digestSize)) else { return nil }
    let (flags, size) = (word(bytes, at: 0), Int(word(bytes, at: 4)))
    let rest = bytes[SeccompCache.headerSize...]
    guard size > 0, size % 8 == 0, size <= rest.count else { return nil }
    let warnings = rest.dropFirst(size).split(separator: UInt8(ascii: "\n"))
    return SeccompFilter(
      program: Array(rest.prefix(size)), flags: flags,
      warnings: warnings.map { String(decoding: $0, as: UTF8.self) })
  }

  private static func word(_ bytes: [UInt8], at start: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
  }

  private func isTrusted(_ status: stat) -> Bool {
    status.st_mode & 0o170000 == 0o100000 && status.st_uid == geteuid() && status.st_mode & 0o022 == 0
  }

  static func encode(_ filter: SeccompFilter) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in [filter.flags, UInt32(truncatingIfNeeded: filter.program.count)] {
      bytes += [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
    bytes += filter.program + Array(filter.warnings.joined(separator: "\n").utf8)
    return SHA256.digest(of: bytes) + bytes
  }

  /// The file gets its name when it is whole: who dies before leaves nothing.
  private func write(_ filter: SeccompFilter, to name: String, at folder: Int32) {
    let bytes = SeccompCache.encode(filter)
    guard let file = try? Files.openUnnamed(at: folder, mode: 0o600) else {
      return writeNamed(bytes, to: name, at: folder)
    }
    do throws(Errno) {
      try Files.write(bytes, to: file.number)
      do throws(Errno) {
        try Files.link(file.number, to: name, at: folder)
      } catch {
        // What is there was not trusted, or somebody else was quicker.
        guard error == .fileExists else { throw error }
        try Files.remove(name, at: folder)
        try Files.link(file.number, to: name, at: folder)
      }
    } catch {}
  }

  /// On a file system whose files all have names.
  private func writeNamed(_ bytes: [UInt8], to name: String, at folder: Int32) {
    let temporary = "\(name).\(Processes.current)"
    // A process of that number that died half way left it.
    try? Files.remove(temporary, at: folder)
    guard
      let file = try? Files.open(
        temporary, at: folder, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    else { return }
    do throws(Errno) {
      try Files.write(bytes, to: file.number)
      try Files.rename(temporary, at: folder, to: name, at: folder)
    } catch {
      try? Files.remove(temporary, at: folder)
    }
  }
}
