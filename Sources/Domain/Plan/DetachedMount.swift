/// A mount that is made with the runtime's privileges, and attached nowhere yet.
public struct DetachedMount: Equatable, Sendable {
  /// What it shows.
  public enum Source: Equatable, Sendable {
    /// A clone of a tree of the host.
    case tree(MountTree)
    /// A new temporary file system with its options, joined by commas.
    case temporary(data: String)
  }

  /// What it shows.
  public var source: Source
  /// Attributes of the mount itself.
  public var set: MountFlags
  /// Attributes that it loses.
  public var cleared: MountFlags
  /// Attributes of its whole tree.
  public var treeSet: MountFlags
  /// Attributes that the whole tree loses.
  public var treeCleared: MountFlags
  /// How the whole tree propagates; on its own it gives nothing back to the host.
  public var propagation: MountFlags

  /// Why a mount cannot be added to a running container.
  public enum Problem: Error, Equatable, Sendable {
    /// A file system that would show the host's namespaces, or is not known to be safe.
    case type(String)
    /// An option that makes sense only while a root is built, or ids that are mapped.
    case option
    /// A bind mount without a source.
    case noSource
    /// Options of a file system on a bind mount.
    case data(String)
  }

  /// Takes over what a mount of a document says; relative sources count from the bundle.
  public init(_ mount: Mount, bundle: String) throws(Problem) {
    let options = mount.sortedOptions
    guard
      !options.remount, !options.copyUp, !options.copiesLink, !options.bindsSourceLink,
      !options.coversTargetLink, options.idMap == nil, mount.uidMappings.isEmpty, mount.gidMappings.isEmpty
    else { throw .option }
    if let binding = options.bind {
      guard options.data.isEmpty else { throw .data(options.data) }
      guard let source = mount.source, !source.isEmpty else { throw .noSource }
      self.source = .tree(
        MountTree(path: PlanCompiler.absolute(source, in: bundle), recursive: binding == .recursive))
    } else {
      guard mount.type == "tmpfs" else { throw .type(mount.type ?? "") }
      source = .temporary(data: options.data)
    }
    (set, cleared) = (options.set, options.cleared)
    (treeSet, treeCleared) = (options.treeSet, options.treeCleared)
    propagation = (options.propagation.last ?? .privatePropagation).intersection(.propagation)
  }
}

extension DetachedMount.Problem: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .type(let name):
      "only tmpfs, and what has the option bind or rbind, can be added to a running container, not type"
        + " \(name.quoted)"
    case .option: "has an option that cannot be given to a running container"
    case .noSource: "source is missing"
    case .data(let data): "bind mounts cannot have any filesystem-specific options applied: \(data)"
    }
  }
}
