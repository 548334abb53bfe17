import Ports

/// The begin of a conversation (D-Bus specification, "Authentication Protocol"): mechanism `EXTERNAL`, by which
/// the other side takes the user from the socket.
enum BusAuthentication {
  /// Who the caller says that he is.
  enum Identity: Equatable {
    /// The user of this number.
    case user(UInt32)
    /// Nobody in particular: inside a user namespace the other side knows the user by another number, and takes
    /// the one that the kernel tells if none is given.
    case unnamed
  }

  /// Introduces the user.
  ///
  /// All lines go in one message, before the answer: systemd waits for ever where the last line comes
  /// together with what follows it.
  static func perform(
    _ stream: BusStream, as identity: Identity, until deadline: BusDeadline
  ) throws(ServiceManagerProblem) {
    let lines =
      switch identity {
      case .user(let number): "AUTH EXTERNAL \(hexadecimal(number))\r\nBEGIN\r\n"
      case .unnamed: "AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"
      }
    try stream.send([0] + Array(lines.utf8), until: deadline)
    var answer = try stream.line(until: deadline)
    if identity == .unnamed, isWord("DATA", answer) { answer = try stream.line(until: deadline) }
    guard isWord("OK", answer) else { throw .notAuthenticated(answer) }
  }

  /// A line that is the word, or the word and something behind a space.
  private static func isWord(_ word: String, _ line: String) -> Bool {
    line == word || line.utf8.starts(with: (word + " ").utf8)
  }

  /// The digits of a number, each as two of its code.
  private static func hexadecimal(_ user: UInt32) -> String {
    // Decimal digits are 0x30 to 0x39.
    String(user).utf8.reduce(into: "") { $0 += "3" + String(UnicodeScalar($1)) }
  }
}
