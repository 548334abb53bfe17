extension Document {
  /// The user of the host that the container's cgroup of version 2 is given to; nil where it is nobody's but the
  /// runtime's. It is the container's user where the container sees its own cgroup as the root, and may write
  /// there (config-linux.md#cgroup-ownership).
  public var cgroupOwner: UInt32? {
    guard let linux, linux.namespaces.contains(where: { $0.type == .cgroup && ($0.path ?? "").isEmpty }),
      let user = process?.user.uid, mounts.contains(where: \.isWritableCgroup)
    else { return nil }
    guard let namespace = linux.namespaces.first(where: { $0.type == .user }) else {
      return user == 0 ? nil : user
    }
    // The mappings of a namespace that is joined are not known.
    guard (namespace.path ?? "").isEmpty else { return nil }
    return linux.uidMappings.lazy.compactMap { $0.outside(user) }.first
  }
}

extension Mount {
  fileprivate var isWritableCgroup: Bool {
    (type == "cgroup" || type == "cgroup2") && destination.cleanedPath == "/sys/fs/cgroup"
      && options.last { $0 == "ro" || $0 == "rw" || $0 == "rro" }.map { $0 == "rw" } ?? true
  }
}

extension IDMapping {
  /// The id outside of a namespace that one inside stands for; nil when it is not of this range.
  fileprivate func outside(_ inside: UInt32) -> UInt32? {
    guard inside >= containerID, inside - containerID < size else { return nil }
    let (sum, overflow) = hostID.addingReportingOverflow(inside - containerID)
    return overflow ? nil : sum
  }
}
