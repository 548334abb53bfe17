import CLinux
public import Domain
public import Ports

/// The exec fifo, from the side of `start`.
public final class FifoStartGate: StartGate {
  /// Makes one; it holds nothing.
  public init() {}

  public func open(directory: String, for process: ProcessIdentity) throws(StartError) {
    let path = directory + "/exec.fifo"
    do throws(FailedCall) {
      let target = try FailedCall.naming("pidfd_open") { () throws(Errno) in try ProcessHandle(process) }
      let fifo = try FailedCall.naming("openat") { () throws(Errno) in
        let opened = try Files.open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
        guard try Files.status(opened.number).st_mode & UInt32(S_IFMT) == UInt32(S_IFIFO) else {
          throw .invalidArgument
        }
        return opened
      }
      try FailedCall.naming("read") { () throws(Errno) in try take(fifo, target, path) }
    } catch {
      throw error.asStartError(path)
    }
    try finish(path, process)
  }

  /// What the init process said before it went on.
  private var said: [UInt8] = []

  private func take(_ fifo: borrowing Descriptor, _ process: borrowing ProcessHandle, _ path: String)
    throws(Errno)
  {
    said = []
    var isTaken = false
    while said.count < 17 {
      // Before the first byte the end of the process counts too: nobody would ever write.
      guard try process.waitForEnd(orReadable: fifo.number) else { throw .noSuchProcess }
      var chunk: (UInt64, UInt64, UInt8) = (0, 0, 0)
      let number = fifo.number
      let left = 17 - said.count
      let bytes: Result<[UInt8], Errno> = withUnsafeMutableBytes(of: &chunk) { buffer in
        do throws(Errno) {
          let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<left])
          return .success([UInt8](part[..<(try Files.read(number, into: part))]))
        } catch {
          return .failure(error)
        }
      }
      let got = try bytes.get()
      if got.isEmpty { return }
      said += got
      if !isTaken {
        isTaken = true
        try Files.remove(path)
      }
    }
  }

  private func finish(_ path: String, _ process: ProcessIdentity) throws(StartError) {
    guard let first = said.first else { throw .alreadyStarted }
    guard first == UInt8(ascii: "0"), said.count == 17 else {
      if said.count == 1 { return }
      throw .system(SystemFailure(call: "read", subject: path, errno: .ioError))
    }
    throw .step(
      StepFailure(
        index: Int(word(at: 1)), errno: Errno(rawValue: Int32(bitPattern: word(at: 5))),
        call: StepCall(rawValue: UInt16(truncatingIfNeeded: word(at: 9))) ?? .none, detail: word(at: 13)))
  }

  private func word(at index: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(said[index + $1]) << (8 * UInt32($1)) }
  }
}

extension FailedCall {
  fileprivate func asStartError(_ path: String) -> StartError {
    switch errno {
    case .noSuchProcess: .processGone
    case .noSuchFileOrDirectory: .alreadyStarted
    default: .system(SystemFailure(call: call, subject: path, errno: errno))
    }
  }
}
