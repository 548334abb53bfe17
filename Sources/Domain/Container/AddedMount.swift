/// A mount that was added to a running container.
public struct AddedMount: Equatable, Sendable {
  /// The mount as it was asked for.
  public var mount: Mount
  /// The kernel's number of it: where the kernel has them, one that no other mount ever gets.
  public var identity: UInt64
  /// A command has begun to add or remove it, and did not get to say that it is done: it may be there or not.
  public var isUnsettled: Bool

  /// Makes one.
  public init(_ mount: Mount, identity: UInt64, isUnsettled: Bool) {
    self.mount = mount
    self.identity = identity
    self.isUnsettled = isUnsettled
  }

  /// Its place, by the text of its destination alone.
  public var place: String { mount.place }
}

extension AddedMount {
  var json: JSON {
    var object = ObjectBuilder()
    object.add("mount", mount.json)
    object.add("identity", number: identity)
    object.add("unsettled", flag: isUnsettled ? true : nil)
    return object.json
  }

  init(decoding json: JSON) throws(DecodingError) {
    self.init(
      try json.required("mount", Mount.init(decoding:)),
      identity: try json.required("identity", JSON.integer),
      isUnsettled: try json.optional("unsettled", JSON.flag) ?? false)
  }
}

extension Mount {
  /// Takes a list of mounts, as `mounts` of a document is one, out of parsed JSON.
  public static func list(decoding json: JSON) throws(DecodingError) -> [Mount] {
    try json.elements(Mount.init(decoding:))
  }
}
