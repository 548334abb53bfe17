/// `linux.intelRdt`: shares of a processor's cache and memory bandwidth, and their monitoring.
public struct IntelRdt: Equatable, Sendable {
  /// `closID`: the class of service; nil is one of the container's own.
  public var closID: String?
  /// `schemata`: lines for the class's file of that name.
  public var schemata: [String] = []
  /// `l3CacheSchema`: lines of the L3 cache.
  public var l3CacheSchema: String?
  /// `memBwSchema`: the line of the memory bandwidth.
  public var memBwSchema: String?
  /// `enableMonitoring`: the container has a monitoring group.
  public var enableMonitoring = false

  /// A class of the container's own, as it comes.
  public init() {}
}

extension IntelRdt {
  /// What is asked for after a change of schemata: all of it as lines of `schemata`, which are the last word.
  /// - Parameter lines: what was asked for before; each domain once.
  public func changed(by given: RdtSchemata, from lines: RdtSchemata) -> IntelRdt {
    var changed = self
    (changed.l3CacheSchema, changed.memBwSchema) = (nil, nil)
    changed.schemata = lines.merging(given).lines
    return changed
  }

  /// An object of zero and empty values asks nothing.
  static func decoded(_ json: JSON) throws(DecodingError) -> IntelRdt? {
    try json.mustBeObject()
    guard json.asksSomething else { return nil }
    var rdt = IntelRdt()
    rdt.closID = try json.filledText("closID")
    rdt.schemata = try json.list("schemata", JSON.text)
    rdt.l3CacheSchema = try json.filledText("l3CacheSchema")
    rdt.memBwSchema = try json.filledText("memBwSchema")
    rdt.enableMonitoring = try json.optional("enableMonitoring", JSON.flag) ?? false
    // An object whose members are all unknown asks nothing either.
    return rdt == IntelRdt() ? nil : rdt
  }

  var json: JSON {
    var object = ObjectBuilder()
    object.add("closID", text: closID)
    object.add("schemata", filled: schemata)
    object.add("l3CacheSchema", text: l3CacheSchema)
    object.add("memBwSchema", text: memBwSchema)
    if enableMonitoring { object.add("enableMonitoring", flag: true) }
    return object.json
  }
}
