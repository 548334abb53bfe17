/// What a container says of itself to the manager of services that started the runtime, as far as it is passed
/// on: lines of `NAME=value`, as in sd_notify(3).
///
/// A container may say anything. Only lines of a known name and form go on, and a process id, which means
/// another process outside, is never the container's word.
public struct ServiceNotice: Equatable, Sendable {
  /// The most bytes that a datagram may have: that of pipes that are written at once, as service managers have it.
  public static let sizeLimit = 4096

  /// Where a container finds the directory of its socket.
  public static let directory = "/run/notify"

  /// The name of the socket in there.
  public static let socketName = "notify.sock"

  /// The variable that tells a program of its socket.
  public static let variable = "NOTIFY_SOCKET"

  /// The lines, each with its end.
  public let text: [UInt8]

  /// It says that the service has started up.
  public let isReady: Bool

  /// Takes out of a datagram what is passed on; nil when that is nothing. `mainProcess` is the service's main
  /// process as its manager knows it.
  public init?(_ datagram: [UInt8], mainProcess: Int32) {
    guard datagram.count <= ServiceNotice.sizeLimit else { return nil }
    var (lines, isReady, namesProcess): ([UInt8], Bool, Bool) = ([], false, false)
    for line in datagram.split(separator: UInt8(ascii: "\n")) {
      guard let equals = line.firstIndex(of: UInt8(ascii: "=")),
        let rule = ServiceNotice.rules.first(where: { $0.name.utf8.elementsEqual(line[..<equals]) }),
        ServiceNotice.allows(rule.form, line[(equals + 1)...])
      else { continue }
      namesProcess = namesProcess || rule.form == .process
      isReady = isReady || rule.name == "READY"
      if rule.form != .process { lines += line + [UInt8(ascii: "\n")] }
    }
    guard !lines.isEmpty || namesProcess else { return nil }
    // Whoever is ready is told of together with its process: the manager might not know it yet.
    if isReady || namesProcess { lines = Array("MAINPID=\(mainProcess)\n".utf8) + lines }
    self.text = lines
    self.isReady = isReady
  }

  /// What may stand behind a name.
  private enum Form {
    /// `1`.
    case one
    /// A decimal number.
    case number
    /// A text without control characters.
    case text
    /// A process id, which is replaced.
    case process
  }

  /// All names that are passed on.
  private static let rules: [(name: String, form: Form)] = [
    ("READY", .one), ("RELOADING", .one), ("STOPPING", .one), ("WATCHDOG", .one), ("STATUS", .text),
    ("ERRNO", .number), ("EXTEND_TIMEOUT_USEC", .number), ("MONOTONIC_USEC", .number), ("MAINPID", .process),
  ]

  private static func allows(_ form: Form, _ value: ArraySlice<UInt8>) -> Bool {
    switch form {
    case .one: value.elementsEqual([UInt8(ascii: "1")])
    case .number: (1...20).contains(value.count) && value.allSatisfy { (48...57).contains($0) }
    case .text:
      value.allSatisfy { $0 >= 0x20 && $0 != 0x7F } && String(validating: value, as: UTF8.self) != nil
    case .process: true
    }
  }
}

extension Document {
  /// The document whose process finds its socket to the manager of services.
  public var notifying: Document {
    var changed = self
    let path = ServiceNotice.directory + "/" + ServiceNotice.socketName
    changed.process?.env.append(ServiceNotice.variable + "=" + path)
    return changed
  }
}
