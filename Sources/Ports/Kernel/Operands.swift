public import Domain

/// The operands of `Step.mount`, borrowed.
public struct FileSystemMountOperands {
  /// The kernel's name of the file system.
  public let type: PlanText
  /// The source as the kernel takes it.
  public let source: PlanText
  /// Where.
  public let destination: PlanText
  /// Flags.
  public let flags: MountFlags
  /// Options of the file system.
  public let data: PlanText
  /// The target must be a plain directory.
  public let plainTarget: Bool
  /// The image's content is copied into the new file system.
  public let copyUp: Bool
  /// A tmpfs takes the mode of the directory that it covers.
  public let inheritMode: Bool
  /// What is attached instead of a new file system.
  public let substitute: FileSystemMount.Substitute?
}

/// The operands of `Step.bind`, borrowed.
public struct BindMountOperands {
  /// The opened source.
  public let source: Slot
  /// The source's path.
  public let path: PlanText
  /// Where.
  public let destination: PlanText
  /// Submounts come along.
  public let recursive: Bool
  /// Flags to set.
  public let flags: MountFlags
  /// Flags cleared by name.
  public let cleared: MountFlags
  /// Attributes set on the whole tree.
  public let treeSet: MountFlags
  /// Attributes cleared on the whole tree.
  public let treeCleared: MountFlags
  /// What is special about it.
  public let traits: BindMount.Traits
}

/// The operands of `Step.makeDevice`, borrowed.
public struct DeviceOperands {
  /// Where.
  public let path: PlanText
  /// `S_IF…` bits.
  public let nodeType: UInt32
  /// Major number.
  public let major: UInt32
  /// Minor number.
  public let minor: UInt32
  /// Permission bits.
  public let mode: UInt32
  /// Owner inside the container.
  public let uid: UInt32
  /// Group inside the container.
  public let gid: UInt32
}
