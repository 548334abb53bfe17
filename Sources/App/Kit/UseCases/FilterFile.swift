import Domain
import Linux
import Ports

/// The compiled seccomp filter beside a container's state: 4 bytes `MBPF`, the flags as 4 bytes, the
/// program; native byte order.
enum FilterFile {
  private static let magic: [UInt8] = [0x4D, 0x42, 0x50, 0x46]

  /// The longest filter: 4,096 instructions of 8 bytes each is the kernel's limit for one, and each of
  /// them may have been split.
  private static let limit = 1 << 20

  private static func path(_ directory: String) -> String {
    directory + "/seccomp.bpf"
  }

  static func encode(_ filter: CompiledFilter) -> [UInt8] {
    var bytes = magic
    for shift in 0..<UInt32(4) { bytes.append(UInt8(truncatingIfNeeded: filter.flags >> (8 * shift))) }
    return bytes + filter.program
  }

  static func decode(_ bytes: [UInt8]) -> CompiledFilter? {
    guard bytes.count >= 8, bytes.count % 8 == 0, Array(bytes[..<4]) == magic else { return nil }
    let flags = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[4 + $1]) << (8 * UInt32($1)) }
    return CompiledFilter(program: Array(bytes[8...]), flags: flags)
  }

  static func write(_ filter: CompiledFilter, in directory: String) throws(Failure) {
    do throws(Errno) {
      try Host.create(path(directory), encode(filter), mode: 0o600)
    } catch {
      throw .system(SystemFailure(call: "open", subject: path(directory), errno: error))
    }
  }

  static func read(in directory: String) throws(Failure) -> CompiledFilter {
    let path = path(directory)
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try Host.read(path, limit: limit)
    } catch {
      throw .system(SystemFailure(call: "open", subject: path, errno: error))
    }
    guard let filter = decode(bytes) else {
      throw .state(.malformed(path: path, reason: "is no seccomp filter"))
    }
    return filter
  }
}
