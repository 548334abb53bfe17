/// One entry of `linux.netDevices`: a network device that moves into the container.
public struct NetDevice: Equatable, Sendable {
  /// Its name in the runtime's network namespace.
  public var hostName: String
  /// Its name in the container's; nil keeps it.
  public var name: String?

  /// Makes a device.
  public init(_ hostName: String, name: String? = nil) {
    self.hostName = hostName
    self.name = name
  }

  /// What it is called in the container.
  public var finalName: String { name ?? hostName }
}

extension NetDevice {
  /// `netDevices`: an object by name. The name alone already asks.
  static func list(_ json: JSON) throws(DecodingError) -> [NetDevice] {
    let entries = try json.entries { value throws(DecodingError) in
      try value.mustBeObject()
      return try value.filledText("name")
    }
    var devices: [NetDevice] = []
    for (hostName, name) in entries {
      guard !hostName.utf8.contains(0) else { throw DecodingError(.holdsNUL).inside(hostName) }
      devices.append(NetDevice(hostName, name: name))
    }
    return devices
  }

  static func json(_ devices: [NetDevice]) -> JSON? {
    guard !devices.isEmpty else { return nil }
    return .object(
      devices.map { device in
        var object = ObjectBuilder()
        object.add("name", text: device.name)
        return JSON.Member(device.hostName, object.json)
      })
  }
}
