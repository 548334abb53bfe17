import Domain
import Linux

/// Descriptors that the caller passes on to the container's process.
extension Context {
  /// More than a process can have open is a slip.
  private static let limit = 1 << 20

  /// The number that `--preserve-fds` asks for, after `first` others; the caller must have passed on each of them.
  func preservedDescriptors(after first: Int = 0) throws(Failure) -> Int {
    let count = invocation.number(.preserveFds)
    guard count <= Context.limit else { throw .argument(.preservedDescriptor(count)) }
    let start = 3 + first
    for number in start..<(start + count) where !Host.isInherited(Int32(clamping: number)) {
      throw .argument(.preservedDescriptor(number))
    }
    return count
  }

  /// The number of sockets that a service manager passes on by `LISTEN_FDS`. They are meant for the process
  /// that `LISTEN_PID` names, and for no other.
  func activationSockets() throws(Failure) -> Int {
    guard let text = Host.variable("LISTEN_FDS"), let count = Int(text), count > 0 else { return 0 }
    guard let pid = Host.variable("LISTEN_PID").flatMap({ Int32($0) }), pid == Host.processID else {
      return 0
    }
    guard count <= Context.limit else { throw .argument(.preservedDescriptor(count)) }
    for number in 3..<(3 + count) where !Host.isInherited(Int32(clamping: number)) {
      throw .argument(.preservedDescriptor(number))
    }
    return count
  }
}

extension Document {
  /// The document whose process finds sockets as its service manager would have passed them on. Of their names
  /// there has to be one for each.
  func passingOn(sockets count: Int, names: String?) -> Document {
    guard count > 0 else { return self }
    var changed = self
    changed.process?.env += ["LISTEN_FDS=\(count)", "LISTEN_PID=1"]
    if let names, names.utf8.count(where: { $0 == UInt8(ascii: ":") }) == count - 1 {
      changed.process?.env.append("LISTEN_FDNAMES=" + names)
    }
    return changed
  }
}
