extension MemoryPolicy {
  /// An object of zero and empty values asks nothing.
  static func decoded(_ json: JSON) throws(DecodingError) -> MemoryPolicy? {
    try json.mustBeObject()
    guard json.asksSomething else { return nil }
    let mode: Mode = try json.required("mode") { value throws(DecodingError) in
      try JSON.word(value, "memory policy mode")
    }
    let flags: [Flag] = try json.list("flags") { value throws(DecodingError) in
      try JSON.word(value, "memory policy flag")
    }
    return MemoryPolicy(mode, nodes: try json.optional("nodes", JSON.text) ?? "", flags: flags)
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("mode", text: mode.rawValue)
    if !nodes.isEmpty { object.add("nodes", text: nodes) }
    object.add("flags", filled: flags.map(\.rawValue))
    return object.json
  }
}

extension Personality {
  /// An object of empty values asks nothing.
  static func decoded(_ json: JSON) throws(DecodingError) -> Personality? {
    try json.mustBeObject()
    guard json.asksSomething else { return nil }
    let domain: Domain = try json.required("domain") { value throws(DecodingError) in
      try JSON.word(value, "personality domain")
    }
    return Personality(domain, flags: try json.list("flags", JSON.text))
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("domain", text: domain.rawValue)
    object.add("flags", filled: flags)
    return object.json
  }
}
