extension Scheduler {
  /// An object of zero and empty values asks nothing.
  static func decoded(_ json: JSON) throws(DecodingError) -> Scheduler? {
    try json.mustBeObject()
    guard json.asksSomething else { return nil }
    return try Scheduler(decoding: json)
  }

  private init(decoding json: JSON) throws(DecodingError) {
    policy = try json.required("policy") { value throws(DecodingError) in
      try JSON.word(value, "scheduler policy")
    }
    nice = try json.optional("nice", JSON.integer) ?? 0
    priority = try json.optional("priority", JSON.integer) ?? 0
    flags = try json.list("flags") { value throws(DecodingError) in try JSON.word(value, "scheduler flag") }
    runtime = try json.optional("runtime", JSON.integer) ?? 0
    deadline = try json.optional("deadline", JSON.integer) ?? 0
    period = try json.optional("period", JSON.integer) ?? 0
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("policy", text: policy.rawValue)
    if nice != 0 { object.add("nice", number: Int64(nice)) }
    if priority != 0 { object.add("priority", number: Int64(priority)) }
    object.add("flags", filled: flags.map(\.rawValue))
    if runtime != 0 { object.add("runtime", number: runtime) }
    if deadline != 0 { object.add("deadline", number: deadline) }
    if period != 0 { object.add("period", number: period) }
    return object.json
  }
}

extension IOPriority {
  /// An object of zero and empty values asks nothing.
  static func decoded(_ json: JSON) throws(DecodingError) -> IOPriority? {
    try json.mustBeObject()
    guard json.asksSomething else { return nil }
    let ioClass: Class = try json.required("class") { value throws(DecodingError) in
      try JSON.word(value, "I/O priority class")
    }
    return IOPriority(ioClass, priority: try json.optional("priority", JSON.integer) ?? 0)
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("class", text: ioClass.rawValue)
    object.add("priority", number: Int64(priority))
    return object.json
  }
}

extension ExecCPUAffinity {
  /// An object of empty values asks nothing.
  static func decoded(_ json: JSON) throws(DecodingError) -> ExecCPUAffinity? {
    try json.mustBeObject()
    let affinity = ExecCPUAffinity(
      initial: try json.filledText("initial"), final: try json.filledText("final"))
    return affinity == ExecCPUAffinity() ? nil : affinity
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("initial", text: initial)
    object.add("final", text: final)
    return object.json
  }
}
