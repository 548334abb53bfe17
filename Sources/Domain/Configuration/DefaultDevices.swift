extension Document {
  /// The names of the default devices, the last of which has no node.
  public static let defaultDeviceNames = ["null", "zero", "full", "random", "urandom", "tty", "tun"]

  /// The default devices that the container does not get.
  var omittedDevices: [String] {
    guard let kept = keptDevices else { return [] }
    return Document.defaultDeviceNames.filter { !kept.contains($0) }
  }

  /// The names that the annotation keeps; nil when there is none.
  var keptDevices: [String]? {
    text(of: .defaultDevices)?.split(separator: ",").map(String.init)
  }

  /// The rules of the document, and that nobody uses a default device that it does without. A rule that
  /// names one device holds against the default ones.
  public var deviceRules: [DeviceRule] {
    (linux?.resources.devices ?? []) + omittedDeviceRules
  }

  /// The limits in force, with these device rules.
  public var enforcedResources: Resources {
    var resources = linux?.resources ?? Resources()
    resources.devices = deviceRules
    return resources
  }

  /// Rules behind those of a document, that keep default devices away which the container does without.
  public var omittedDeviceRules: [DeviceRule] {
    omittedDevices.compactMap { name in
      Document.defaultNumbers.first { $0.name == name }.map {
        DeviceRule(allow: false, kind: .character, major: $0.major, minor: $0.minor, access: [.read, .write])
      }
    }
  }

  private static let defaultNumbers: [(name: String, major: UInt32, minor: UInt32)] = [
    ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ("tun", 10, 200),
  ]
}
