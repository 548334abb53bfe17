/// The state of a container as the specification has it, with runc's members for commands' output.
public struct ContainerState: Equatable, Sendable {
  /// The container.
  public var id: ContainerID
  /// Its status.
  public var status: Status
  /// Its init process; nil when there is none.
  public var pid: Int32?
  /// The absolute bundle directory.
  public var bundle: String
  /// The document's annotations.
  public var annotations: [Annotation]

  /// Makes a state.
  public init(id: ContainerID, status: Status, pid: Int32?, bundle: String, annotations: [Annotation] = []) {
    self.id = id
    self.status = status
    self.pid = pid
    self.bundle = bundle
    self.annotations = annotations
  }

  /// The state that hooks get on standard input.
  public var json: JSON {
    var object = ObjectBuilder()
    object.add("ociVersion", text: Specification.version)
    object.add("id", text: id.text)
    object.add("status", text: status.rawValue)
    object.add("pid", number: pid.map { Int64($0) })
    object.add("bundle", text: bundle)
    object.add("annotations", map: annotations)
    return object.json
  }

  /// What `state` prints, and one entry of what `list` prints.
  ///
  /// `owner` is a user name, or `#` and a number; `state` leaves it empty.
  public func report(rootfs: String, created: Timestamp, owner: String) -> JSON {
    var object = ObjectBuilder()
    object.add("ociVersion", text: Specification.version)
    object.add("id", text: id.text)
    object.add("pid", number: Int64(status == .stopped ? 0 : pid ?? 0))
    object.add("status", text: status.rawValue)
    object.add("bundle", text: bundle)
    object.add("rootfs", text: rootfs)
    object.add("created", text: created.description)
    object.add("annotations", map: annotations)
    object.add("owner", text: owner)
    return object.json
  }
}
