/// What the two records share.
extension Timestamp {
  static func decoded(_ json: JSON) throws(DecodingError) -> Timestamp {
    let text = try JSON.text(json)
    guard let moment = Timestamp(text) else { throw DecodingError(.malformed(text)) }
    return moment
  }
}

extension ContainerID {
  static func decoded(_ json: JSON) throws(DecodingError) -> ContainerID {
    let text = try JSON.text(json)
    do throws(Violation) { return try ContainerID(text) } catch { throw DecodingError(.malformed(text)) }
  }
}

extension JSON {
  /// Fails when the record is of a later format than the one that is known.
  func checkVersion(_ known: Int64) throws(DecodingError) {
    let found: Int64 = try required("version", JSON.integer)
    guard found <= known else {
      throw DecodingError(.laterVersion(found: found, known: known)).inside("version")
    }
  }
}

extension CgroupLocation.Driver {
  static func decoded(_ json: JSON) throws(DecodingError) -> CgroupLocation.Driver {
    try JSON.word(json, "cgroup driver")
  }
}

extension CgroupLocation {
  static func paths(_ json: JSON) throws(DecodingError) -> [Path] {
    try json.entries(JSON.text).map { Path(controller: $0.name, directory: $0.value) }
  }

  /// libcontainer's `cgroup_paths`.
  var pathsJSON: JSON {
    .object(paths.map { JSON.Member($0.controller, .string($0.directory)) })
  }

  /// Adds what `cgroup_paths` does not tell.
  func addOrigin(to object: inout ObjectBuilder) {
    object.add("driver", text: driver.rawValue)
    object.add("unit", text: unit)
  }
}
