/// The annotation `io.martlet.core-scheduling`: who may run beside the container's processes on the same core of
/// a processor. The corresponding call is `PR_SCHED_CORE`.
public enum CoreScheduling: String, Sendable, CaseIterable {
  /// The container's processes, those of `exec` among them, and nobody else.
  case container
  /// What the container's own program starts; each `exec` is apart.
  case process
}

/// Where a process gets the mark from that its core is shared by.
public enum CoreCookie: Equatable, Sendable {
  /// One that nobody else has.
  case new
  /// That of a process, whose id is that of the process namespace they share.
  case of(process: Int32)
}

extension Document {
  /// What the annotation asks; nil when there is none, or its text is unknown.
  public var coreScheduling: CoreScheduling? {
    text(of: .coreScheduling).flatMap { CoreScheduling(bytewise: $0) }
  }
}
