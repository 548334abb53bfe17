import Domain

/// Processes that are known by their numbers alone, from a list that is old by the time it is used: a number in it may
/// have passed on to a stranger.
public enum ListedProcesses {
  /// Signals processes. Each is held on to, then the list is made anew: who holds a number that stands in it still, and
  /// lives, is who is meant. Whoever is gone needs no signal.
  /// - Parameter listed: makes the list anew; nil when that fails, which ends it.
  /// - Returns: the first failure, when there was one.
  public static func signal(
    _ processes: [Int32], _ signal: Int32, listed: () -> [Int32]?
  ) -> FailedCall? {
    var failure: FailedCall?
    var rest = processes[...]
    while !rest.isEmpty {
      let held = rest.prefix(batch).compactMap { hold($0, &failure) }
      rest = rest.dropFirst(batch)
      guard let present = listed().map(Set.init) else { return failure }
      for process in held where present.contains(process.pid) { process.signal(signal, &failure) }
    }
    return failure
  }

  /// How many are held at once: each is a descriptor.
  private static let batch = 128

  /// 0 stands for a process that the caller cannot see.
  private static func hold(_ pid: Int32, _ failure: inout FailedCall?) -> Held? {
    guard pid > 0 else { return nil }
    do throws(Errno) {
      return Held(pid, try ProcessHandle(pid))
    } catch {
      note("pidfd_open", error, &failure)
      return nil
    }
  }

  fileprivate static func note(_ call: String, _ errno: Errno, _ failure: inout FailedCall?) {
    if errno != .noSuchProcess, failure == nil { failure = FailedCall(call, errno) }
  }

  private final class Held {
    let pid: Int32
    private let handle: ProcessHandle

    init(_ pid: Int32, _ handle: consuming ProcessHandle) {
      self.pid = pid
      self.handle = handle
    }

    func signal(_ signal: Int32, _ failure: inout FailedCall?) {
      do throws(Errno) {
        try handle.signal(signal)
      } catch {
        ListedProcesses.note("pidfd_send_signal", error, &failure)
      }
    }
  }
}
