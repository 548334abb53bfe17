import CLinux

/// The arguments with which the program was executed.
public enum ProgramArguments {
  /// All of them, the program's name first. What is no UTF-8 is repaired, and will be refused as unknown.
  public static var all: [String] {
    var strings: [String] = []
    guard var next = clinux_arguments() else { return strings }
    while let argument = next.pointee {
      strings.append(String(cString: argument))
      next += 1
    }
    return strings
  }

  /// The number in `martlet init N` and `martlet init N M`; nil for any other command.
  public static var initSocket: Int32? {
    guard let arguments = clinux_arguments(), arguments[0] != nil, let command = arguments[1],
      strcmp(command, "init") == 0, let number = arguments[2],
      arguments[3] == nil || arguments[4] == nil
    else { return nil }
    return Int32(exactly: atol(number))
  }

  /// The second number of `martlet init N M`; -1 where there is none.
  public static var initTimeline: Int32 {
    guard initSocket != nil, let number = clinux_arguments()?[3] else { return -1 }
    return Int32(exactly: atol(number)) ?? -1
  }
}
