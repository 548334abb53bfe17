extension SeccompProfile {
  /// Some calls are answered by an agent.
  public var notifies: Bool { syscalls.contains { $0.action == .notify } }
}

extension Document {
  /// Where the agent of the seccomp profile listens: `listenerPath`, or the annotation that crun has for it.
  public var seccompListener: String? {
    if let path = linux?.seccomp?.listenerPath, !path.isEmpty { return path }
    return filledText(of: .seccompReceiver)
  }
}

/// What a seccomp agent is told with the descriptor of a filter: the specification's container process
/// state.
public struct ContainerProcessState: Equatable, Sendable {
  /// The process with the filter.
  public var pid: Int32
  /// `listenerMetadata` of the profile.
  public var metadata: String?
  /// Its container.
  public var state: ContainerState
  /// What the descriptors are that come with it.
  public var descriptors = ["seccompFd"]

  /// Makes one.
  public init(pid: Int32, metadata: String?, state: ContainerState) {
    self.pid = pid
    self.metadata = metadata
    self.state = state
  }

  /// The document that goes over the socket; `fds` names the one descriptor that comes with it.
  public var json: JSON {
    var object = ObjectBuilder()
    object.add("ociVersion", text: Specification.version)
    object.add("fds", texts: descriptors)
    object.add("pid", number: Int64(pid))
    object.add("metadata", text: metadata)
    object.add("state", state.json)
    return object.json
  }
}
