extension BlockIOLimits {
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    weight = try json.filledInteger("weight")
    leafWeight = try json.filledInteger("leafWeight")
    weightDevices = try json.list("weightDevice", DeviceWeight.init(decoding:))
    readBytes = try json.list("throttleReadBpsDevice", DeviceRate.init(decoding:))
    writeBytes = try json.list("throttleWriteBpsDevice", DeviceRate.init(decoding:))
    readOperations = try json.list("throttleReadIOPSDevice", DeviceRate.init(decoding:))
    writeOperations = try json.list("throttleWriteIOPSDevice", DeviceRate.init(decoding:))
  }

  var json: JSON? {
    var object = ObjectBuilder()
    object.add("weight", number: weight.map { UInt32($0) })
    object.add("leafWeight", number: leafWeight.map { UInt32($0) })
    object.add("weightDevice", list: weightDevices) { $0.json }
    object.add("throttleReadBpsDevice", list: readBytes) { $0.json }
    object.add("throttleWriteBpsDevice", list: writeBytes) { $0.json }
    object.add("throttleReadIOPSDevice", list: readOperations) { $0.json }
    object.add("throttleWriteIOPSDevice", list: writeOperations) { $0.json }
    return object.filled
  }
}

extension BlockIOLimits.DeviceWeight {
  init(decoding json: JSON) throws(DecodingError) {
    major = try json.required("major", JSON.integer)
    minor = try json.required("minor", JSON.integer)
    weight = try json.filledInteger("weight")
    leafWeight = try json.filledInteger("leafWeight")
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("major", number: major)
    object.add("minor", number: minor)
    object.add("weight", number: weight.map { UInt32($0) })
    object.add("leafWeight", number: leafWeight.map { UInt32($0) })
    return object.json
  }
}

extension BlockIOLimits.DeviceRate {
  init(decoding json: JSON) throws(DecodingError) {
    major = try json.required("major", JSON.integer)
    minor = try json.required("minor", JSON.integer)
    rate = try json.optional("rate", JSON.integer) ?? 0
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("major", number: major)
    object.add("minor", number: minor)
    object.add("rate", number: rate)
    return object.json
  }
}

extension HugepageLimit {
  /// An entry of zero and empty values asks nothing.
  static func decoded(_ json: JSON) throws(DecodingError) -> HugepageLimit? {
    try json.mustBeObject()
    guard json.asksSomething else { return nil }
    return HugepageLimit(
      pageSize: try json.required("pageSize", JSON.text), limit: try json.required("limit", JSON.integer))
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("pageSize", text: pageSize)
    object.add("limit", number: limit)
    return object.json
  }
}

extension RdmaLimit {
  /// `rdma`: an object by device.
  static func list(_ json: JSON) throws(DecodingError) -> [RdmaLimit] {
    let entries = try json.entries { value throws(DecodingError) in
      try value.mustBeObject()
      let handles: UInt32? = try value.optional("hcaHandles", JSON.integer)
      let objects: UInt32? = try value.optional("hcaObjects", JSON.integer)
      return RdmaLimit(device: "", handles: handles, objects: objects)
    }
    return entries.map { RdmaLimit(device: $0.name, handles: $0.value.handles, objects: $0.value.objects) }
  }

  static func json(_ limits: [RdmaLimit]) -> JSON? {
    guard !limits.isEmpty else { return nil }
    return .object(
      limits.map { limit in
        var object = ObjectBuilder()
        object.add("hcaHandles", number: limit.handles)
        object.add("hcaObjects", number: limit.objects)
        return JSON.Member(limit.device, object.json)
      })
  }
}

extension NetworkLimits {
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    classID = try json.filledInteger("classID")
    priorities = try json.list("priorities") { value throws(DecodingError) in
      Priority(
        name: try value.required("name", JSON.text), priority: try value.required("priority", JSON.integer))
    }
  }

  var json: JSON? {
    var object = ObjectBuilder()
    object.add("classID", number: classID)
    object.add("priorities", list: priorities) { priority in
      .object([
        JSON.Member("name", .string(priority.name)),
        JSON.Member("priority", .integer(Int64(priority.priority))),
      ])
    }
    return object.filled
  }
}
