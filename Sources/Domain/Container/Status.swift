/// A container's status as `state` reports it.
public enum Status: String, Sendable, CaseIterable {
  case creating, created, running, paused, stopped
}

extension Status {
  /// What can be seen of a container from outside, in the order in which it decides.
  public struct Evidence: Equatable, Sendable {
    /// Only the intent record exists.
    public var isBeingCreated: Bool
    /// The cgroup is frozen.
    public var isFrozen: Bool
    /// The init process lives, and is the one that was recorded.
    public var initIsAlive: Bool
    /// The exec fifo exists: nobody has called `start`.
    public var awaitsStart: Bool

    /// Collects evidence.
    public init(isBeingCreated: Bool, isFrozen: Bool, initIsAlive: Bool, awaitsStart: Bool) {
      self.isBeingCreated = isBeingCreated
      self.isFrozen = isFrozen
      self.initIsAlive = initIsAlive
      self.awaitsStart = awaitsStart
    }
  }

  /// The status that the evidence shows. It is always derived, never stored.
  public init(_ evidence: Evidence) {
    if evidence.isBeingCreated {
      self = .creating
    } else if evidence.isFrozen && evidence.initIsAlive {
      self = .paused
    } else if !evidence.initIsAlive {
      self = .stopped
    } else {
      self = evidence.awaitsStart ? .created : .running
    }
  }
}
