extension Document {
  /// Takes a document out of parsed JSON.
  ///
  /// Unknown properties are ignored, and null stands for an absent property. Unknown words of closed
  /// lists, wrong types and numbers out of range are errors that name their place.
  public init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    ociVersion = try json.optional("ociVersion", JSON.text) ?? ""
    root = try json.optional("root", Root.init(decoding:))
    process = try json.optional("process", ProcessSettings.init(decoding:))
    hostname = try json.filledText("hostname")
    domainname = try json.filledText("domainname")
    mounts = try json.list("mounts", Mount.init(decoding:))
    hooks = try json.optional("hooks", Hooks.init(decoding:)) ?? Hooks()
    annotations = try json.optional("annotations", Annotation.list) ?? []
    linux = try json.optional("linux", LinuxSettings.init(decoding:))
  }

  /// The document as JSON, in the specification's order. Members without a type of their own are lost.
  public var json: JSON {
    var object = ObjectBuilder()
    object.add("ociVersion", text: ociVersion)
    addMembers(to: &object)
    return object.json
  }

  /// Adds all but `ociVersion`.
  func addMembers(to object: inout ObjectBuilder) {
    object.add("process", process?.json)
    object.add("root", root?.json)
    object.add("hostname", text: hostname)
    object.add("domainname", text: domainname)
    object.add("mounts", list: mounts) { $0.json }
    object.add("hooks", hooks.json)
    object.add("annotations", map: annotations)
    object.add("linux", linux?.json)
  }
}

extension Root {
  init(decoding json: JSON) throws(DecodingError) {
    try json.mustBeObject()
    path = try json.optional("path", JSON.text) ?? ""
    readonly = try json.optional("readonly", JSON.flag) ?? false
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("path", text: path)
    if readonly { object.add("readonly", flag: true) }
    return object.json
  }
}

extension Annotation {
  /// `annotations`: texts that are only passed on.
  static func list(_ json: JSON) throws(DecodingError) -> [Annotation] {
    try json.entries(JSON.freeText).map { Annotation(name: $0.name, value: $0.value) }
  }
}
