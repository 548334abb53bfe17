/// Where a container is among the units of systemd: a scope below a slice.
public struct UnitPlace: Equatable, Sendable {
  /// The slice, such as `system.slice`; `-.slice` is the root.
  public var slice: String
  /// The scope, such as `martlet-web.scope`.
  public var unit: String

  /// Why a place cannot be used.
  public enum Violation: Error, Equatable, Sendable {
    /// A path that is not of the form `slice:prefix:name`.
    case notUnitPath(String)
    /// A slice whose name systemd would refuse.
    case slice(String)
    /// A name that ends in `.slice`, where the path asks for a slice instead of a scope in one.
    case notScope(String)
    /// A name that is too long for a unit.
    case tooLong(String)
  }

  /// What precedes the container's name in the names of units, where the document leaves it to the runtime.
  public static let defaultPrefix = "martlet"

  /// The place for a container: `slice:prefix:name` of the document, in which an empty slice is the default
  /// one, an empty name the container's, and an empty prefix none.
  public init(
    id: ContainerID, path: String?, rootDigest: String?, defaultSlice: String
  ) throws(Violation) {
    guard let path, !path.isEmpty else {
      let name = rootDigest.map { id.text + "-" + $0 } ?? id.text
      slice = defaultSlice
      unit = try UnitPlace.scope(UnitPlace.defaultPrefix, name)
      return
    }
    let parts = path.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
    guard UnitPlace.isUnitPath(path), parts.count == 3 else { throw .notUnitPath(path) }
    slice = parts[0].isEmpty ? defaultSlice : parts[0]
    guard UnitPlace.isSlice(slice) else { throw .slice(slice) }
    let name = parts[2].isEmpty ? id.text : parts[2]
    guard !name.hasByteSuffix(".slice") else { throw .notScope(path) }
    unit = try UnitPlace.scope(parts[1], name)
  }

  /// Whether a path is of the form `slice:prefix:name`: two colons and no slash.
  public static func isUnitPath(_ path: String) -> Bool {
    var colons = 0
    for byte in path.utf8 {
      if byte == UInt8(ascii: "/") { return false }
      if byte == UInt8(ascii: ":") { colons += 1 }
    }
    return colons == 2
  }

  /// The longest name of a unit, `UNIT_NAME_MAX` without its zero byte.
  static let longestName = 255

  private static func scope(_ prefix: String, _ name: String) throws(Violation) -> String {
    let unit = escaped(prefix.isEmpty ? name : prefix + "-" + name) + ".scope"
    guard unit.utf8.count <= longestName else { throw .tooLong(unit) }
    return unit
  }

  /// The text with every byte that the name of a unit must not have, and a dot at its begin, as `\xNN`: the
  /// escapes of `systemd-escape`, but that a dash and a backslash stay, for callers give whole names.
  public static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    for (index, byte) in text.utf8.enumerated() {
      if isPlain(byte), index > 0 || byte != UInt8(ascii: ".") {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digit(byte >> 4), digit(byte & 15)]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// What stands for itself in the name of a unit.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "@"),
      UInt8(ascii: "\\"):
      true
    default: false
    }
  }

  /// Whether a name is that of a slice: components between single dashes, and `.slice` behind them.
  public static func isSlice(_ name: String) -> Bool {
    guard name.hasByteSuffix(".slice"), name.utf8.count <= longestName else { return false }
    if name == "-.slice" { return true }
    let stem = name.utf8.dropLast(6)
    guard stem.allSatisfy(isPlain), !stem.contains(UInt8(ascii: "@")) else { return false }
    return stem.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty
    }
  }

  /// The cgroup of a slice below that of the service manager: `a-b.slice` is `/a.slice/a-b.slice`, and the
  /// root slice is nothing.
  public static func path(ofSlice slice: String) -> String {
    guard slice != "-.slice" else { return "" }
    let stem = Array(slice.utf8.dropLast(6))
    var path = ""
    for (index, byte) in stem.enumerated() where byte == UInt8(ascii: "-") {
      path += "/" + String(decoding: stem[..<index], as: UTF8.self) + ".slice"
    }
    return path + "/" + slice
  }

  /// The cgroup of the unit below that of the service manager.
  public var controlGroup: String { UnitPlace.path(ofSlice: slice) + "/" + unit }
}
