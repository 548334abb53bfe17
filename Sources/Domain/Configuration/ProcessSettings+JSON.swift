extension ProcessSettings {
  /// Takes a process out of parsed JSON: `process` of a document, or the file of `exec --process`.
  public init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    terminal = try json.optional("terminal", JSON.flag) ?? false
    consoleSize = try json.optional("consoleSize", ConsoleSize.decoded) ?? nil
    user = try json.optional("user", User.init(decoding:)) ?? User()
    args = try json.list("args", JSON.text)
    env = try json.list("env", JSON.text)
    cwd = try json.optional("cwd", JSON.text) ?? ""
    capabilities = try json.optional("capabilities", CapabilitySettings.init(decoding:))
    rlimits = try json.list("rlimits", ResourceLimit.init(decoding:))
    noNewPrivileges = try json.optional("noNewPrivileges", JSON.flag) ?? false
    oomScoreAdj = try json.optional("oomScoreAdj", JSON.integer)
    apparmorProfile = try json.filledText("apparmorProfile")
    selinuxLabel = try json.filledText("selinuxLabel")
    scheduler = try json.optional("scheduler", Scheduler.decoded) ?? nil
    ioPriority = try json.optional("ioPriority", IOPriority.decoded) ?? nil
    execCPUAffinity = try json.optional("execCPUAffinity", ExecCPUAffinity.decoded) ?? nil
  }

  /// The process as JSON, in the specification's order.
  public var json: JSON {
    var object = ObjectBuilder()
    if terminal { object.add("terminal", flag: true) }
    object.add("consoleSize", consoleSize?.json)
    object.add("user", user.json)
    object.add("args", texts: args)
    object.add("env", filled: env)
    object.add("cwd", text: cwd)
    object.add("capabilities", capabilities?.json)
    object.add("rlimits", list: rlimits) { $0.json }
    if noNewPrivileges { object.add("noNewPrivileges", flag: true) }
    object.add("apparmorProfile", text: apparmorProfile)
    object.add("oomScoreAdj", number: oomScoreAdj.map { Int64($0) })
    object.add("selinuxLabel", text: selinuxLabel)
    object.add("scheduler", scheduler?.json)
    object.add("ioPriority", ioPriority?.json)
    object.add("execCPUAffinity", execCPUAffinity?.json)
    return object.json
  }
}

extension ConsoleSize {
  /// A size of nothing by nothing asks nothing.
  static func decoded(_ json: JSON) throws(DecodingError) -> ConsoleSize? {
    let size = try ConsoleSize(decoding: json)
    return size.height == 0 && size.width == 0 ? nil : size
  }

  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    height = try json.optional("height", JSON.integer) ?? 0
    width = try json.optional("width", JSON.integer) ?? 0
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("height", number: UInt32(height))
    object.add("width", number: UInt32(width))
    return object.json
  }
}

extension User {
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    uid = try json.optional("uid", JSON.integer) ?? 0
    gid = try json.optional("gid", JSON.integer) ?? 0
    umask = try json.optional("umask", JSON.integer)
    additionalGids = try json.list("additionalGids", JSON.integer)
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("uid", number: uid)
    object.add("gid", number: gid)
    object.add("umask", number: umask)
    object.add("additionalGids", list: additionalGids) { .integer(Int64($0)) }
    return object.json
  }
}

extension CapabilitySettings {
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    bounding = try json.list("bounding", JSON.text)
    effective = try json.list("effective", JSON.text)
    inheritable = try json.list("inheritable", JSON.text)
    permitted = try json.list("permitted", JSON.text)
    ambient = try json.list("ambient", JSON.text)
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("bounding", filled: bounding)
    object.add("effective", filled: effective)
    object.add("inheritable", filled: inheritable)
    object.add("permitted", filled: permitted)
    object.add("ambient", filled: ambient)
    return object.json
  }
}

extension ResourceLimit {
  init(decoding json: JSON) throws(DecodingError) {
    type = try json.required("type", JSON.text)
    hard = try json.optional("hard", JSON.integer) ?? 0
    soft = try json.optional("soft", JSON.integer) ?? 0
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("type", text: type)
    object.add("hard", number: hard)
    object.add("soft", number: soft)
    return object.json
  }
}
