import CLinux
public import Domain

/// The Unix stream socket between a process on its way through a plan and its parent. Nothing here
/// allocates.
public enum SyncChannel {
  /// How many descriptors travel with one frame at most.
  public static let batch = 250

  /// Bytes of `struct cmsghdr`, which are aligned to 8.
  private static let header = 16

  /// Makes both ends, close-on-exec. The corresponding system call is `socketpair`.
  public static func pair() throws(Errno) -> (first: Int32, second: Int32) {
    var ends: (Int32, Int32) = (-1, -1)
    _ = try call(Int32(SYS_socketpair), Int(AF_UNIX), 1 | 0o2000000, 0, word(&ends))
    return (ends.0, ends.1)
  }

  /// Sends a frame, the bytes that follow it, and descriptors with it. The corresponding system call
  /// is `sendmsg`; a peer that is gone is `brokenPipe`, never a signal.
  public static func send(
    _ frame: SyncFrame,
    followedBy bytes: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
    descriptors: UnsafeBufferPointer<Int32> = UnsafeBufferPointer(start: nil, count: 0), on socket: Int32
  ) throws(Errno) {
    guard descriptors.count <= batch else { throw .invalidArgument }
    var words = frame.words
    let payload = descriptors.count * 4
    let sent = withUnsafeTemporaryAllocation(byteCount: header + 4 * batch + 8, alignment: 8) {
      control -> Int in
      control.storeBytes(of: header + payload, toByteOffset: 0, as: Int.self)
      control.storeBytes(of: Int32(SOL_SOCKET), toByteOffset: 8, as: Int32.self)
      control.storeBytes(of: 1, toByteOffset: 12, as: Int32.self)
      for (index, descriptor) in descriptors.enumerated() {
        control.storeBytes(of: descriptor, toByteOffset: header + 4 * index, as: Int32.self)
      }
      var parts = (
        iovec(iov_base: nil, iov_len: SyncFrame.size),
        iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
      )
      return withUnsafeMutablePointer(to: &words) { frame in
        parts.0.iov_base = UnsafeMutableRawPointer(frame)
        return withUnsafeMutablePointer(to: &parts) { parts in
          var message = msghdr()
          message.msg_iov = UnsafeMutableRawPointer(parts).assumingMemoryBound(to: iovec.self)
          message.msg_iovlen = bytes.isEmpty ? 1 : 2
          if !descriptors.isEmpty {
            message.msg_control = control.baseAddress
            message.msg_controllen = (header + payload + 7) & ~7
          }
          return repeating(Int32(SYS_sendmsg), socket, &message, Int(MSG_NOSIGNAL))
        }
      }
    }
    guard sent >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -sent)) }
    try sendRest(words, bytes, from: sent, on: socket)
  }

  /// Sends what a first call left over: a signal, or a full socket, may cut a stream anywhere.
  private static func sendRest(
    _ words: (UInt32, UInt32, UInt32, UInt32), _ bytes: UnsafeRawBufferPointer, from start: Int,
    on socket: Int32
  ) throws(Errno) {
    var done = start
    var words = words
    while done < SyncFrame.size + bytes.count {
      let isFrame = done < SyncFrame.size
      let base = isFrame ? word(&words) + done : word(bytes.baseAddress) + done - SyncFrame.size
      let count = isFrame ? SyncFrame.size - done : SyncFrame.size + bytes.count - done
      done += try retrying(
        Int32(SYS_sendto), Int(socket), base, count, Int(MSG_NOSIGNAL))
    }
  }

  /// Receives a frame; nil at the end of the stream. Descriptors that come with it are written to
  /// `descriptors`, close-on-exec, and `received` says how many; more than fit are closed by the kernel
  /// and fail with `overflow`. Half a frame, or one of an unknown kind, is `ioError`.
  public static func receive(
    on socket: Int32,
    descriptors: UnsafeMutableBufferPointer<Int32> = UnsafeMutableBufferPointer(start: nil, count: 0),
    received: inout Int
  ) throws(Errno) -> SyncFrame? {
    var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    received = 0
    let capacity = min(descriptors.count, batch)
    var count = 0
    let first = withUnsafeTemporaryAllocation(byteCount: header + 4 * batch + 8, alignment: 8) {
      control -> Int in
      withUnsafeMutablePointer(to: &words) { frame in
        var part = iovec(iov_base: UnsafeMutableRawPointer(frame), iov_len: SyncFrame.size)
        return withUnsafeMutablePointer(to: &part) { part in
          var message = msghdr()
          message.msg_iov = part
          message.msg_iovlen = 1
          if capacity > 0 {
            message.msg_control = control.baseAddress
            message.msg_controllen = header + 4 * capacity
          }
          let result = repeating(Int32(SYS_recvmsg), socket, &message, Int(MSG_CMSG_CLOEXEC))
          guard result >= 0 else { return result }
          count = take(control, message, into: descriptors)
          return message.msg_flags & Int32(MSG_CTRUNC) == 0 ? result : -Int(EOVERFLOW)
        }
      }
    }
    received = count
    guard first >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -first)) }
    if first == 0 { return nil }
    try receiveRest(&words, from: first, on: socket)
    guard let frame = SyncFrame(words) else { throw .ioError }
    return frame
  }

  /// Sends a frame and waits for one; nil when the peer is gone. It takes no calls but `write` and `read`.
  public static func ask(_ frame: SyncFrame, on socket: Int32) throws(Errno) -> SyncFrame? {
    var words = frame.words
    try withUnsafeBytes(of: &words) { (bytes) throws(Errno) in try Files.writeAll(socket, bytes) }
    let first = try retrying(Int32(SYS_read), Int(socket), word(&words), SyncFrame.size)
    if first == 0 { return nil }
    try receiveRest(&words, from: first, on: socket)
    guard let answer = SyncFrame(words) else { throw .ioError }
    return answer
  }

  /// Receives exactly as many bytes as the buffer has; the end of the stream before that is `ioError`.
  public static func receive(on socket: Int32, into bytes: UnsafeMutableRawBufferPointer) throws(Errno) {
    var done = 0
    while done < bytes.count {
      let got = try retrying(Int32(SYS_read), Int(socket), word(bytes.baseAddress) + done, bytes.count - done)
      guard got > 0 else { throw .ioError }
      done += got
    }
  }

  private static func receiveRest(
    _ words: inout (UInt32, UInt32, UInt32, UInt32), from start: Int, on socket: Int32
  ) throws(Errno) {
    var done = start
    while done < SyncFrame.size {
      let got = try retrying(Int32(SYS_read), Int(socket), word(&words) + done, SyncFrame.size - done)
      guard got > 0 else { throw .ioError }
      done += got
    }
  }

  /// Copies the descriptors out of the one control message that the kernel makes of them.
  private static func take(
    _ control: UnsafeMutableRawBufferPointer, _ message: msghdr,
    into descriptors: UnsafeMutableBufferPointer<Int32>
  ) -> Int {
    guard message.msg_controllen >= header,
      control.load(fromByteOffset: 8, as: Int32.self) == SOL_SOCKET,
      control.load(fromByteOffset: 12, as: Int32.self) == 1
    else { return 0 }
    let length = control.load(fromByteOffset: 0, as: Int.self)
    let count = min(max(0, (min(length, Int(message.msg_controllen)) - header) / 4), descriptors.count)
    for index in 0..<count {
      descriptors[index] = control.load(fromByteOffset: header + 4 * index, as: Int32.self)
    }
    return count
  }

  private static func repeating(_ number: Int32, _ socket: Int32, _ message: inout msghdr, _ flags: Int)
    -> Int
  {
    while true {
      let result = clinux_call(Int(number), Int(socket), word(&message), flags, 0, 0, 0)
      if result != -Int(EINTR) { return result }
    }
  }
}
