import Domain
public import Ports

/// Gives descriptors away over Unix stream sockets.
public final class SocketDescriptorSender: DescriptorSender {
  /// Opens nothing.
  public init() {}

  public func send(_ descriptor: Int32, with text: [UInt8], to path: String) throws(SystemFailure) {
    do throws(FailedCall) {
      let socket = try FailedCall.naming("connect") { () throws(Errno) in
        try UnixSocket.connect(path)
      }
      let number = socket.number
      try FailedCall.naming("sendmsg") { () throws(Errno) in
        let sent = try UnixSocket.send(text, with: descriptor, on: number)
        try Files.write(Array(text[sent...]), to: number)
      }
    } catch {
      throw SystemFailure(call: error.call, subject: path, errno: error.errno)
    }
  }
}
