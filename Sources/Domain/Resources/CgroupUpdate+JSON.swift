extension CgroupUpdate {
  /// What the state record keeps of an update that is under way: what was asked for, and what takes it back.
  var json: JSON {
    var object = ObjectBuilder()
    object.add("given", change.given.json)
    object.add("restoration", .array(restoration.map(\.json)))
    return object.json
  }

  /// The same, read.
  struct Record: Equatable {
    var given: Resources
    var restoration: [ControlWrite]

    init(decoding json: JSON) throws(DecodingError) {
      try json.mustBeObject()
      given = try json.optional("given", Resources.init(decoding:)) ?? Resources()
      restoration = try json.list("restoration", ControlWrite.init(decoding:))
    }

    /// The update of a container whose limits were these.
    func update(of recorded: Resources) -> CgroupUpdate {
      CgroupUpdate(
        ResourceChange(given: given, recorded: recorded), writes: [], restoration: restoration)
    }
  }
}

extension ControlWrite {
  fileprivate var json: JSON {
    var object = ObjectBuilder()
    object.add("controller", text: controller)
    object.add("file", text: file)
    object.add("text", text: text)
    return object.json
  }

  /// The file is a name in a cgroup's directory: a record that was tampered with leads nowhere else.
  fileprivate init(decoding json: JSON) throws(DecodingError) {
    let file: String = try json.required("file", JSON.text)
    guard !file.isEmpty, !file.utf8.contains(UInt8(ascii: "/")) else {
      throw DecodingError(.malformed(file)).inside("file")
    }
    self.init(
      try json.required("controller", JSON.text), file, try json.required("text", JSON.text))
  }
}
