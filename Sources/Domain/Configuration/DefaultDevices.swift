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
    text(of: .defaultDevices)?.fields(at: ",").map(String.init)
  }

  /// The rules of the document, and that nobody uses a default device that it does without. A rule that
  /// names one device holds against the default ones.
  public var deviceRules: [DeviceRule] { placed(linux?.resources.devices ?? []) }

  /// Rules between those that keep default devices away: a device of the document at a default one's path
  /// brings its own rule along, if any; one that the container does without is nobody's.
  public func placed(_ rules: [DeviceRule]) -> [DeviceRule] {
    let replaced = (linux?.devices ?? []).compactMap { $0.defaultName }
    return Document.denials(of: replaced) + rules + Document.denials(of: omittedDevices)
  }

  /// The limits in force, with these device rules.
  public var enforcedResources: Resources {
    var resources = linux?.resources ?? Resources()
    resources.devices = deviceRules
    return resources
  }

  private static func denials(of names: [String]) -> [DeviceRule] {
    names.compactMap { name in
      defaultNumbers.first { $0.name == name }.map {
        DeviceRule(allow: false, kind: .character, major: $0.major, minor: $0.minor, access: [.read, .write])
      }
    }
  }

  private static let defaultNumbers: [(name: String, major: UInt32, minor: UInt32)] = [
    ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ("tun", 10, 200),
  ]
}

extension Device {
  /// The name of the default device in whose place this one stands; nil when it stands in none's.
  var defaultName: String? {
    Document.defaultDeviceNames.first { "/dev/" + $0 == path }
  }
}
