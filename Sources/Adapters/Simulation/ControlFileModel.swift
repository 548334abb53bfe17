import Domain

/// A control file of cgroup v2 as far as limits need it: one value, or lines by name whose settings change one
/// by one.
public struct ControlFileModel: Equatable, Sendable {
  private enum Shape: Equatable { case value, lines, settings }

  private let shape: Shape
  private var value: String
  private var lines: [String: [String: String]] = [:]

  /// The file of a new cgroup.
  public init(_ name: String) {
    let known = ControlFileModel.values.first { $0.name == name }
    value = known?.value ?? "max"
    switch name {
    case "misc.max":
      shape = .lines
      lines = ["a": ["": "max"]]
    case "io.max", "rdma.max": shape = .settings
    case "io.weight", "io.bfq.weight", "dmem.max": shape = .lines
    default: shape = .value
    }
  }

  private static let values: [(name: String, value: String)] = [
    ("cpu.max", "max 100000"), ("cpu.weight", "100"), ("cpu.idle", "0"), ("cpu.max.burst", "0"),
    ("memory.low", "0"), ("memory.min", "0"), ("cpuset.cpus", ""), ("cpuset.mems", ""),
    ("io.weight", "100"), ("io.bfq.weight", "100"),
  ]

  /// Whether the model has such a file: those of version 1 it has not.
  static func exists(_ name: String) -> Bool { name != "cpu.shares" }

  /// What a reader sees.
  public var text: String {
    let sorted = lines.sorted { $0.key < $1.key }
    switch shape {
    case .value: return value
    case .lines:
      return (["default \(value)"] + sorted.map { "\($0.key) \($0.value["", default: ""])" })
        .joined(separator: "\n")
    case .settings:
      return sorted.map { line in
        line.value.sorted { $0.key < $1.key }.reduce(line.key) { "\($0) \($1.key)=\($1.value)" }
      }.joined(separator: "\n")
    }
  }

  /// Takes one write.
  mutating func write(_ text: String) {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map { String($0) }
    guard shape != .value, let name = words.first else {
      value = words.joined(separator: " ")
      return
    }
    if shape == .lines {
      if words.count == 1 || name == "default" {
        value = words.last ?? value
      } else {
        lines[name] = words[1] == "default" ? nil : ["": words[1]]
      }
      return
    }
    var line = lines[name] ?? [:]
    for word in words.dropFirst() {
      let parts = word.fields(at: "=", maxSplits: 1)
      guard parts.count == 2 else { continue }
      line[String(parts[0])] = parts[1] == "max" ? nil : String(parts[1])
    }
    lines[name] = line.isEmpty ? nil : line
  }
}
