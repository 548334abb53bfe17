extension Mount {
  init(decoding json: JSON) throws(DecodingError) {
    self.init(
      destination: try json.required("destination", JSON.text), type: try json.filledText("type"),
      source: try json.filledText("source"), options: try json.list("options", JSON.text))
    uidMappings = try json.list("uidMappings", IDMapping.init(decoding:))
    gidMappings = try json.list("gidMappings", IDMapping.init(decoding:))
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("destination", text: destination)
    object.add("type", text: type)
    object.add("source", text: source)
    object.add("options", filled: options)
    object.add("uidMappings", list: uidMappings) { $0.json }
    object.add("gidMappings", list: gidMappings) { $0.json }
    return object.json
  }
}

extension IDMapping {
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    containerID = try json.optional("containerID", JSON.integer) ?? 0
    hostID = try json.optional("hostID", JSON.integer) ?? 0
    size = try json.optional("size", JSON.integer) ?? 0
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("containerID", number: containerID)
    object.add("hostID", number: hostID)
    object.add("size", number: size)
    return object.json
  }
}
