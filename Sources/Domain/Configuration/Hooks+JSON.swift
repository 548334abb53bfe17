extension Hooks {
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    prestart = try json.list("prestart", Hook.init(decoding:))
    createRuntime = try json.list("createRuntime", Hook.init(decoding:))
    createContainer = try json.list("createContainer", Hook.init(decoding:))
    startContainer = try json.list("startContainer", Hook.init(decoding:))
    poststart = try json.list("poststart", Hook.init(decoding:))
    poststop = try json.list("poststop", Hook.init(decoding:))
  }

  /// The six kinds by property name, in the order of the life cycle.
  var kinds: [(name: String, hooks: [Hook])] {
    [
      ("prestart", prestart), ("createRuntime", createRuntime), ("createContainer", createContainer),
      ("startContainer", startContainer), ("poststart", poststart), ("poststop", poststop),
    ]
  }

  var json: JSON? {
    if isEmpty { return nil }
    var object = ObjectBuilder()
    for (name, hooks) in kinds {
      object.add(name, list: hooks) { $0.json }
    }
    return object.json
  }
}

extension Hook {
  init(decoding json: JSON) throws(DecodingError) {
    path = try json.required("path", JSON.text)
    let args = try json.list("args", JSON.text)
    // An empty list is as good as none, as in runc: the program is called by its path.
    self.args = args.isEmpty ? nil : args
    env = try json.optional("env", JSON.texts)
    timeout = try json.optional("timeout", JSON.integer)
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("path", text: path)
    object.add("args", texts: args)
    object.add("env", texts: env)
    object.add("timeout", number: timeout.map { Int64($0) })
    return object.json
  }
}
