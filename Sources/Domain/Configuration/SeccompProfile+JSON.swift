extension SeccompProfile {
  /// Takes a profile out of parsed JSON; nil when it asks nothing, having neither default nor rules.
  static func decoded(_ json: JSON) throws(DecodingError) -> SeccompProfile? {
    try json.mustBeObject()
    let hasDefault = try json.filledText("defaultAction") != nil
    let rules = try json.list("syscalls", SeccompRule.init(decoding:))
    if !hasDefault && rules.isEmpty { return nil }
    var profile = SeccompProfile(defaultAction: try json.required("defaultAction", SeccompAction.decoded))
    profile.defaultErrnoRet = try json.optional("defaultErrnoRet", JSON.integer)
    profile.architectures = try json.list("architectures", JSON.text)
    profile.flags = try json.optional("flags", JSON.texts)
    profile.listenerPath = try json.filledText("listenerPath")
    profile.listenerMetadata = try json.filledText("listenerMetadata")
    profile.syscalls = rules
    return profile
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("defaultAction", text: defaultAction.rawValue)
    object.add("defaultErrnoRet", number: defaultErrnoRet)
    object.add("architectures", filled: architectures)
    object.add("flags", texts: flags)
    object.add("listenerPath", text: listenerPath)
    object.add("listenerMetadata", text: listenerMetadata)
    object.add("syscalls", list: syscalls) { $0.json }
    return object.json
  }
}

extension SeccompAction {
  static func decoded(_ json: JSON) throws(DecodingError) -> SeccompAction {
    try JSON.word(json, "seccomp action")
  }
}

extension SeccompRule {
  init(decoding json: JSON) throws(DecodingError) {
    names = try json.required("names", JSON.texts)
    action = try json.required("action", SeccompAction.decoded)
    errnoRet = try json.optional("errnoRet", JSON.integer)
    args = try json.list("args", SeccompArgument.init(decoding:))
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("names", texts: names)
    object.add("action", text: action.rawValue)
    object.add("errnoRet", number: errnoRet)
    object.add("args", list: args) { $0.json }
    return object.json
  }
}

extension SeccompArgument {
  init(decoding json: JSON) throws(DecodingError) {
    index = try json.required("index", JSON.integer)
    value = try json.required("value", JSON.integer)
    valueTwo = try json.optional("valueTwo", JSON.integer) ?? 0
    op = try json.required("op") { value throws(DecodingError) in try JSON.word(value, "seccomp operator") }
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("index", number: index)
    object.add("value", number: value)
    if valueTwo != 0 { object.add("valueTwo", number: valueTwo) }
    object.add("op", text: op.rawValue)
    return object.json
  }
}
