extension LinuxSettings {
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    namespaces = try json.list("namespaces", Namespace.init(decoding:))
    uidMappings = try json.list("uidMappings", IDMapping.init(decoding:))
    gidMappings = try json.list("gidMappings", IDMapping.init(decoding:))
    timeOffsets = try json.optional("timeOffsets", TimeOffset.list) ?? []
    devices = try json.list("devices", Device.init(decoding:))
    cgroupsPath = try json.filledText("cgroupsPath")
    resources = try json.optional("resources", Resources.init(decoding:)) ?? Resources()
    rootfsPropagation = try json.filledText("rootfsPropagation")
    seccomp = try json.optional("seccomp", SeccompProfile.decoded) ?? nil
    sysctl = try json.optional("sysctl", Annotation.parameters) ?? []
    maskedPaths = try json.list("maskedPaths", JSON.text)
    readonlyPaths = try json.list("readonlyPaths", JSON.text)
    mountLabel = try json.filledText("mountLabel")
    personality = try json.optional("personality", Personality.decoded) ?? nil
    memoryPolicy = try json.optional("memoryPolicy", MemoryPolicy.decoded) ?? nil
    netDevices = try json.optional("netDevices", NetDevice.list) ?? []
    intelRdt = try json.optional("intelRdt", IntelRdt.decoded) ?? nil
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("uidMappings", list: uidMappings) { $0.json }
    object.add("gidMappings", list: gidMappings) { $0.json }
    object.add("sysctl", map: sysctl)
    object.add("resources", resources.json)
    object.add("cgroupsPath", text: cgroupsPath)
    object.add("namespaces", list: namespaces) { $0.json }
    object.add("devices", list: devices) { $0.json }
    object.add("seccomp", seccomp?.json)
    object.add("rootfsPropagation", text: rootfsPropagation)
    object.add("maskedPaths", filled: maskedPaths)
    object.add("readonlyPaths", filled: readonlyPaths)
    object.add("mountLabel", text: mountLabel)
    object.add("personality", personality?.json)
    object.add("memoryPolicy", memoryPolicy?.json)
    object.add("netDevices", NetDevice.json(netDevices))
    object.add("intelRdt", intelRdt?.json)
    object.add("timeOffsets", TimeOffset.json(timeOffsets))
    return object.json
  }
}

extension Annotation {
  /// `linux.sysctl`: names and values that become paths and file contents.
  static func parameters(_ json: JSON) throws(DecodingError) -> [Annotation] {
    var parameters: [Annotation] = []
    for (name, value) in try json.entries(JSON.text) {
      guard !name.utf8.contains(0) else { throw DecodingError(.holdsNUL).inside(name) }
      parameters.append(Annotation(name: name, value: value))
    }
    return parameters
  }
}

extension Namespace {
  init(decoding json: JSON) throws(DecodingError) {
    type = try json.required("type") { value throws(DecodingError) in try JSON.word(value, "namespace") }
    path = try json.filledText("path")
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("type", text: type.rawValue)
    object.add("path", text: path)
    return object.json
  }
}

extension TimeOffset {
  /// `linux.timeOffsets`: an object by clock.
  static func list(_ json: JSON) throws(DecodingError) -> [TimeOffset] {
    for (name, _) in try json.entries({ value throws(DecodingError) in value })
    where Clock(bytewise: name) == nil {
      throw DecodingError(.unknownValue(found: name, name: "clock")).inside(name)
    }
    var offsets: [TimeOffset] = []
    for clock in Clock.allCases {
      let offset = try json.optional(clock.rawValue) { value throws(DecodingError) in
        try TimeOffset(decoding: value, of: clock)
      }
      if let offset { offsets.append(offset) }
    }
    return offsets
  }

  private init(decoding json: JSON, of clock: Clock) throws(DecodingError) {
    try json.mustBeObject()
    self.clock = clock
    seconds = try json.optional("secs", JSON.integer) ?? 0
    nanoseconds = try json.optional("nanosecs", JSON.integer) ?? 0
  }

  static func json(_ offsets: [TimeOffset]) -> JSON? {
    var object = ObjectBuilder()
    for offset in offsets {
      var values = ObjectBuilder()
      values.add("secs", number: offset.seconds)
      values.add("nanosecs", number: offset.nanoseconds)
      object.add(offset.clock.rawValue, values.json)
    }
    return object.filled
  }
}

extension Device {
  init(decoding json: JSON) throws(DecodingError) {
    kind = try json.required("type") { value throws(DecodingError) in try JSON.word(value, "device type") }
    path = try json.required("path", JSON.text)
    if kind != .fifo {
      major = try json.required("major", JSON.integer)
      minor = try json.required("minor", JSON.integer)
    }
    fileMode = try json.optional("fileMode", JSON.integer)
    uid = try json.optional("uid", JSON.integer)
    gid = try json.optional("gid", JSON.integer)
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("path", text: path)
    object.add("type", text: kind.rawValue)
    object.add("major", number: major)
    object.add("minor", number: minor)
    object.add("fileMode", number: fileMode)
    object.add("uid", number: uid)
    object.add("gid", number: gid)
    return object.json
  }
}
