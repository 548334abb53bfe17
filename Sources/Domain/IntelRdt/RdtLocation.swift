/// Where a container's processes get their share of caches and memory bandwidth: all that a later command needs
/// to find it again, and to remove what was made for the container and nothing else.
///
/// It is computed before anything is made, so that the intent record can hold it; the identities are known once
/// it is made, and are in the state record.
public struct RdtLocation: Equatable, Sendable {
  /// The resctrl file system.
  public var mount: RdtMount
  /// The class's name; empty is the default class.
  public var group: String
  /// The class was not there when it was looked for: a creation makes it.
  public var isNew: Bool
  /// The class was named by the document: it outlives the container.
  public var isShared: Bool
  /// The name of the container's own monitoring group in the class.
  public var monitoring: String?
  /// What tells the class that was made for the container from a later one of its name.
  public var identity: UInt64?
  /// The same of the monitoring group.
  public var monitoringIdentity: UInt64?

  /// Makes a location.
  public init(
    mount: RdtMount, group: String, isNew: Bool, isShared: Bool, monitoring: String? = nil,
    identity: UInt64? = nil, monitoringIdentity: UInt64? = nil
  ) {
    self.mount = mount
    self.group = group
    self.isNew = isNew
    self.isShared = isShared
    self.monitoring = monitoring
    self.identity = identity
    self.monitoringIdentity = monitoringIdentity
  }

  /// libcontainer's `intel_rdt_path`: the class's directory.
  public var path: String { group.isEmpty ? mount.path : mount.path + "/" + group }

  /// libcontainer's `intel_rdt_mon_path`: the monitoring group's directory.
  public var monitoringPath: String? { monitoring.map { path + "/mon_groups/" + $0 } }

  /// The same before anything was made: nothing in it proves what is whose.
  public var unproven: RdtLocation {
    var location = self
    (location.identity, location.monitoringIdentity) = (nil, nil)
    return location
  }

  /// Something is removed with the container.
  public var hasOwn: Bool { isNew || monitoring != nil }
}

/// A mounted resctrl file system.
public struct RdtMount: Equatable, Sendable {
  /// Where it is mounted.
  public var path: String
  /// The host's configuration says that it may be another file system, which plays resctrl.
  public var isUnverified: Bool

  /// Names a mount.
  public init(path: String, isUnverified: Bool = false) {
    self.path = path
    self.isUnverified = isUnverified
  }
}

extension RdtLocation {
  /// The location as the records keep it.
  var json: JSON {
    var object = ObjectBuilder()
    object.add("mount", text: mount.path)
    if mount.isUnverified { object.add("unverified", flag: true) }
    object.add("group", text: group)
    object.add("new", flag: isNew)
    object.add("shared", flag: isShared)
    object.add("monitoring", text: monitoring)
    object.add("identity", number: identity)
    object.add("monitoring_identity", number: monitoringIdentity)
    return object.json
  }

  /// Takes a location out of parsed JSON: names that lead out of the file system are refused.
  static func decoded(_ json: JSON) throws(DecodingError) -> RdtLocation {
    let group = try json.required("group", JSON.text)
    guard group.isEmpty || RdtGroup.isName(group) else {
      throw DecodingError(.malformed(group)).inside("group")
    }
    let monitoring = try json.filledText("monitoring")
    if let monitoring, !RdtGroup.isName(monitoring) {
      throw DecodingError(.malformed(monitoring)).inside("monitoring")
    }
    return RdtLocation(
      mount: RdtMount(
        path: try json.required("mount", JSON.text),
        isUnverified: try json.optional("unverified", JSON.flag) ?? false),
      group: group, isNew: try json.required("new", JSON.flag),
      isShared: try json.required("shared", JSON.flag),
      monitoring: monitoring, identity: try json.optional("identity", JSON.integer),
      monitoringIdentity: try json.optional("monitoring_identity", JSON.integer))
  }
}
