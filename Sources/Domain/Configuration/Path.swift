/// Paths are read byte by byte, as the kernel does: a `Character` would take a slash together with a combining
/// mark behind it for one letter, and so hide a `..` in front of them.
extension String {
  /// It begins with a slash.
  public var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

  /// The path from the root, without repeated slashes, `.` and `..`; nothing is looked up.
  public var cleanedPath: String {
    if isCleanPath { return self }
    return "/" + walkedPath.components.joined(separator: "/")
  }

  /// What stands between slashes, and is not empty.
  public var pathComponents: [Substring] {
    utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
  }

  /// The components without `.`, and without each `..` and the one before it; `leaves` says that there was
  /// none before it, so that the path leads out of where it begins.
  var walkedPath: (components: [Substring], leaves: Bool) {
    var kept: [Substring] = []
    var leaves = false
    for component in pathComponents where component != "." {
      if component != ".." {
        kept.append(component)
      } else if kept.popLast() == nil {
        leaves = true
      }
    }
    return (kept, leaves)
  }

  /// Most paths are: this is found out without taking one apart.
  private var isCleanPath: Bool {
    guard isAbsolutePath else { return false }
    var (length, dots) = (0, 0)
    var isFirst = true
    for byte in utf8 {
      if byte == UInt8(ascii: "/") {
        guard isFirst || (length > 0 && !(length <= 2 && dots == length)) else { return false }
        (length, dots, isFirst) = (0, 0, false)
      } else {
        length += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
      }
    }
    return length == 0 ? utf8.count == 1 : !(length <= 2 && dots == length)
  }
}
