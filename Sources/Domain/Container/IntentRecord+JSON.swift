extension IntentRecord {
  /// The record as JSON.
  public var json: JSON {
    var object = ObjectBuilder()
    object.add("version", number: IntentRecord.formatVersion)
    object.add("id", text: id.text)
    object.add("bundle", text: bundle)
    object.add("created", text: created.description)
    object.add("creator_pid", number: Int64(creator.pid))
    object.add("creator_start", number: creator.startTime)
    cgroup.addOrigin(to: &object)
    object.add("cgroup_paths", cgroup.pathsJSON)
    object.add("rdt", rdt?.json)
    return object.json
  }

  /// Takes a record out of parsed JSON.
  public init(decoding json: JSON) throws(DecodingError) {
    try json.checkVersion(IntentRecord.formatVersion)
    self.init(
      id: try json.required("id", ContainerID.decoded),
      bundle: try json.required("bundle", JSON.text),
      creator: ProcessIdentity(
        pid: try json.required("creator_pid", JSON.integer),
        startTime: try json.required("creator_start", JSON.integer)),
      created: try json.required("created", Timestamp.decoded),
      cgroup: CgroupLocation(
        driver: try json.required("driver", CgroupLocation.Driver.decoded),
        paths: try json.required("cgroup_paths", CgroupLocation.paths), unit: try json.filledText("unit")),
      rdt: try json.optional("rdt", RdtLocation.decoded))
  }
}
