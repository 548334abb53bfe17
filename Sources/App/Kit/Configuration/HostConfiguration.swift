import Domain
import Linux
import Ports

/// What the operator of a host has chosen for all its containers.
struct HostConfiguration: Equatable {
  /// Who makes cgroups; nil lets the runtime choose.
  var cgroupManager: CgroupLocation.Driver?
  /// Containers may ask for resctrl groups.
  var intelRdt = true
  /// Where they are made; nil is where the mount table has resctrl.
  var rdtMount: RdtMount?
  /// The criu program.
  var criuPath = "criu"
  /// Compiled seccomp filters are kept.
  var keepsFilters = true
  /// Where; nil is a folder below the root of all containers, by a name that no container can have.
  var seccompCache: String?
  /// Where messages are logged, unless the command line says so.
  var log: String?

  /// Where it is, unless the command line or `MARTLET_CONFIG` says otherwise.
  static let defaultPath = "/etc/martlet/martlet.json"

  private static let limits = DocumentLimits(size: 1 << 20, depth: 16, allowsComments: true)

  /// Reads it; the default file may be missing, a named one may not.
  static func load(named path: String?, _ reader: () -> any DocumentReader) throws(ConfigurationError)
    -> HostConfiguration
  {
    let file = path ?? defaultPath
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try Host.read(file, limit: limits.size)
    } catch {
      if path == nil, error == .noSuchFileOrDirectory || error == .notDirectory { return HostConfiguration() }
      throw .unreadable(path: file, error)
    }
    let json: JSON
    do throws(DocumentError) {
      json = try reader().parse(bytes, limits: limits)
    } catch {
      throw .syntax(path: file, error)
    }
    return try decode(json, bytes, file)
  }

  /// Takes a parsed file; `bytes` tells the line of what is wrong.
  static func decode(_ json: JSON, _ bytes: [UInt8], _ file: String) throws(ConfigurationError)
    -> HostConfiguration
  {
    guard case .object(let members) = json else { throw .notAnObject(path: file) }
    var configuration = HostConfiguration()
    for member in members {
      guard known.containsBytewise(member.name) else {
        throw .unknownKey(path: file, line: line(of: member.name, bytes), member.name)
      }
      guard configuration.take(member) else {
        let value = String(decoding: member.value.text(), as: UTF8.self)
        throw .invalidValue(path: file, line: line(of: member.name, bytes), member.name, value)
      }
    }
    return configuration
  }

  static let known = ["cgroupManager", "intelRdt", "criuPath", "seccompCache", "log"]

  /// Takes one property; false when its value is none of those allowed.
  private mutating func take(_ member: JSON.Member) -> Bool {
    switch (member.name, member.value) {
    case ("cgroupManager", .string("auto")): cgroupManager = nil
    case ("cgroupManager", .string(let name)):
      guard let driver = CgroupLocation.Driver(bytewise: name) else { return false }
      cgroupManager = driver
    case ("intelRdt", .bool(let flag)): intelRdt = flag
    case ("intelRdt", .object(let members)):
      guard let mount = RdtMount(configured: members) else { return false }
      rdtMount = mount
    case ("criuPath", .string(let path)) where !path.isEmpty: criuPath = path
    case ("seccompCache", .string(let path)) where path.hasBytePrefix("/"): seccompCache = path
    case ("seccompCache", .bool(let keeps)): keepsFilters = keeps
    case ("log", .string(let text)) where LogTarget(text).isFixed: log = text
    default: return false
    }
    return true
  }

  /// The line on which a key stands outside comments and other strings, counted from 1.
  static func line(of key: String, _ bytes: [UInt8]) -> Int {
    var line = 1
    var scanner = KeyScanner(bytes)
    while let found = scanner.nextText() {
      line = found.line
      if found.isKey, found.text.elementsEqual(key.utf8) { return line }
    }
    return line
  }
}

extension RdtMount {
  /// `mount` is an absolute path. `unverified` accepts a file system that is not resctrl and plays it: for tests.
  fileprivate init?(configured members: [JSON.Member]) {
    self.init(path: "")
    for member in members {
      switch (member.name, member.value) {
      case ("mount", .string(let path)) where path.hasBytePrefix("/"): self.path = path
      case ("unverified", .bool(let flag)): isUnverified = flag
      default: return nil
      }
    }
    if path.isEmpty { return nil }
  }
}

/// Walks the strings of a JSON text with comments.
private struct KeyScanner {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func nextText() -> (text: ArraySlice<UInt8>, isKey: Bool, line: Int)? {
    while let byte = peek(0) {
      if byte == UInt8(ascii: "\"") { return text() }
      if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") { skip(to: "\n") }
      if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") { skipBlock() }
      advance()
    }
    return nil
  }

  private func peek(_ offset: Int) -> UInt8? {
    position + offset < bytes.count ? bytes[position + offset] : nil
  }

  private mutating func advance() {
    if peek(0) == UInt8(ascii: "\n") { line += 1 }
    position = min(position + 1, bytes.count)
  }

  private mutating func skip(to end: Unicode.Scalar) {
    while let byte = peek(0), byte != UInt8(truncatingIfNeeded: end.value) { advance() }
  }

  private mutating func skipBlock() {
    advance()
    while peek(0) != nil, !(peek(0) == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) { advance() }
    advance()
  }

  private mutating func text() -> (text: ArraySlice<UInt8>, isKey: Bool, line: Int) {
    advance()
    let (start, startLine) = (position, line)
    while let byte = peek(0), byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") { advance() }
      advance()
    }
    let end = position
    advance()
    var ahead = 0
    while let byte = peek(ahead), byte == 32 || byte == 9 || byte == 10 || byte == 13 { ahead += 1 }
    return (bytes[start..<end], peek(ahead) == UInt8(ascii: ":"), startLine)
  }
}

/// Why the configuration of a host cannot be used.
enum ConfigurationError: Error, Equatable {
  case unreadable(path: String, Errno)
  case syntax(path: String, DocumentError)
  case notAnObject(path: String)
  case unknownKey(path: String, line: Int, String)
  case invalidValue(path: String, line: Int, String, String)
}

extension ConfigurationError: CustomStringConvertible {
  /// One line that names the file and the place.
  var description: String {
    switch self {
    case .unreadable(let path, let errno): "open \(path): \(errno)"
    case .syntax(let path, let error): "\(path): \(error.phrase)"
    case .notAnObject(let path): "\(path): is no JSON object"
    case .unknownKey(let path, let line, let key): "\(path): line \(line): unknown key \(key.quoted)"
    case .invalidValue(let path, let line, let key, let value):
      "\(path): line \(line): invalid value \(value) for \(key.quoted)"
    }
  }
}
