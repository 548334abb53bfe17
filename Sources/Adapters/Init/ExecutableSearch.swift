import CLinux
import Domain
import Linux
import Ports

/// Finds a program as a shell would, and says why it is not to be had.
enum ExecutableSearch {
  /// `detail` of a fault: the name had no slash, and no directory of the search path has it.
  static let inPath: UInt32 = 1
  /// `detail` of a fault: the name is a path.
  static let byName: UInt32 = 2

  /// Why a path cannot be executed with the present credentials; nil when it can.
  static func refusal(_ path: UnsafePointer<CChar>) -> Errno? {
    var status = stat()
    guard stat(path, &status) == 0 else { return lastErrno() }
    if status.st_mode & 0o170000 == 0o040000 { return .isDirectory }
    // The effective ids and capabilities count; a kernel without the newer call compares the real ones,
    // which are the same by now.
    var result = clinux_call(
      Int(SYS_faccessat2), Int(currentDirectory), word(path), Int(X_OK), Int(AT_EACCESS), 0, 0)
    // `EPERM` is the answer of a filter that does not know the newer call.
    if result == -Int(ENOSYS) || result == -Int(EPERM) {
      result = clinux_call(Int(SYS_faccessat), Int(currentDirectory), word(path), Int(X_OK), 0, 0, 0)
    }
    return result >= 0 ? nil : Errno(rawValue: Int32(truncatingIfNeeded: -result))
  }

  /// Tries each directory of a search path; an empty one is the working directory. A directory, or a file
  /// that may not be executed, is passed over.
  static func search(
    _ name: PlanText, _ searchPath: PlanText, into result: UnsafeMutablePointer<CChar>, capacity: Int
  ) throws(StepFault) {
    // Without a search path there is no directory at all; only an empty entry is the working directory.
    var start = searchPath.count == 0 ? 1 : 0
    var wasDenied = false
    while start <= searchPath.count {
      var end = start
      while end < searchPath.count, searchPath.pointer[end] != CChar(UInt8(ascii: ":")) { end += 1 }
      let length = end - start
      if length + name.count + 2 <= capacity {
        memcpy(result, searchPath.pointer + start, length)
        result[length] = CChar(UInt8(ascii: "/"))
        let offset = length == 0 ? 0 : length + 1
        memcpy(result + offset, name.pointer, name.count + 1)
        switch refusal(result) {
        case nil: return
        case .permissionDenied: wasDenied = true
        default: break
        }
      }
      start = end + 1
    }
    result[0] = 0
    throw StepFault(.execve, wasDenied ? .permissionDenied : .noSuchFileOrDirectory, detail: inPath)
  }
}
