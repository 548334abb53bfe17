extension String {
  /// It begins with a slash.
  var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

  /// The path from the root, without repeated slashes, `.` and `..`; nothing is looked up.
  public var cleanedPath: String {
    if isCleanPath { return self }
    var kept: [Substring] = []
    for component in split(separator: "/") where component != "." {
      if component == ".." { _ = kept.popLast() } else { kept.append(component) }
    }
    return "/" + kept.joined(separator: "/")
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
