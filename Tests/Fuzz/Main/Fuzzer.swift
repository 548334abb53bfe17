import CLinux

/// libFuzzer itself. Swift and C pass pointers alike.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The parser that is fed.
nonisolated(unsafe) private var chosen: Entry = { _ in }

/// The program's start, by the name that the package manager gives it. `MARTLET_FUZZER` names the parser, as
/// libFuzzer's processes start others of their own arguments; without it, all parsers are listed.
@_cdecl("Fuzzer_main")
public func start(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
  guard let name = getenv("MARTLET_FUZZER") else {
    for entry in entries { puts(entry.name) }
    return 0
  }
  guard let found = entry(named: String(cString: name)) else { return 2 }
  chosen = found
  var (count, arguments) = (count, arguments)
  return runFuzzer(&count, &arguments, test)
}

/// One input; a property that does not hold ends the process as a trap would.
private let test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt = { bytes, count in
  do {
    try chosen(Array(UnsafeBufferPointer(start: bytes, count: count)))
  } catch {
    _ = "PROPERTY: \(error)\n".withCString { write(2, $0, strlen($0)) }
    abort()
  }
  return 0
}
