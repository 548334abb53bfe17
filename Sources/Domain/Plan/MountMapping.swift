/// How the ids of a mount are mapped. The corresponding call is `mount_setattr` with `MOUNT_ATTR_IDMAP`.
public struct MountMapping: Equatable, Sendable {
  /// Where the mapping comes from.
  public var source: Source
  /// The mounts below are mapped too.
  public var recursive: Bool

  /// Where a mapping comes from.
  public enum Source: Equatable, Sendable {
    /// Ranges of its own: ids of the file system, and the host's ids that stand for them.
    case ranges(uids: [IDMapping], gids: [IDMapping])
    /// The container's new user namespace.
    case container
    /// An existing user namespace.
    case namespace(path: String)
  }

  /// Makes a mapping.
  public init(_ source: Source, recursive: Bool) {
    self.source = source
    self.recursive = recursive
  }

  /// Why a mount's ids cannot be mapped as it asks.
  public enum Problem: Error, Equatable, Sendable {
    /// Users without groups, or groups without users.
    case incomplete
    /// Neither ranges nor a user namespace to take them from.
    case noUserNamespace
    /// The text after `idmap=` makes no sense.
    case malformed(String)
    /// More ranges than the kernel takes.
    case tooMany(limit: Int)
    /// A range counts from the container's user namespace, which does not have it.
    case outside(String)
  }

  /// What an entry of `mounts` asks for; nil when its ids stay what they are.
  public static func of(
    _ mount: Mount, _ options: MountOptions, _ linux: LinuxSettings
  ) throws(Problem) -> MountMapping? {
    let recursive = options.idMap?.isRecursive ?? false
    if let text = options.idMap?.ranges, !text.isEmpty {
      return MountMapping(try MountMappingText(text).source(linux), recursive: recursive)
    }
    if !mount.uidMappings.isEmpty || !mount.gidMappings.isEmpty {
      guard !mount.uidMappings.isEmpty, !mount.gidMappings.isEmpty else { throw .incomplete }
      return MountMapping(
        .ranges(uids: mount.uidMappings, gids: mount.gidMappings), recursive: recursive)
    }
    guard options.idMap != nil else { return nil }
    guard let namespace = linux.namespaces.first(where: { $0.type == .user }) else { throw .noUserNamespace }
    guard let path = namespace.path, !path.isEmpty else {
      return MountMapping(.container, recursive: recursive)
    }
    return MountMapping(.namespace(path: path), recursive: recursive)
  }
}

/// The ranges of crun's option `idmap=uids=C-H-N#…;gids=…`: C is an id of the file system, H the host's id
/// that stands for it, N how many. With `@` before C, H is an id of the container's user namespace, in the
/// range that holds C.
struct MountMappingText {
  private var uids: [Range] = []
  private var gids: [Range] = []

  private struct Range {
    var mapping: IDMapping
    var isRelative: Bool
    var text: String
  }

  init(_ text: String) throws(MountMapping.Problem) {
    for part in text.fields(at: ";") {
      if part.hasBytePrefix("uids=") {
        uids += try MountMappingText.ranges(Substring(part.utf8.dropFirst(5)))
      } else if part.hasBytePrefix("gids=") {
        gids += try MountMappingText.ranges(Substring(part.utf8.dropFirst(5)))
      } else {
        throw .malformed(String(part))
      }
    }
    guard !uids.isEmpty, !gids.isEmpty else { throw .incomplete }
  }

  func source(_ linux: LinuxSettings) throws(MountMapping.Problem) -> MountMapping.Source {
    .ranges(
      uids: try MountMappingText.absolute(uids, linux.uidMappings),
      gids: try MountMappingText.absolute(gids, linux.gidMappings))
  }

  private static func ranges(_ text: Substring) throws(MountMapping.Problem) -> [Range] {
    var ranges: [Range] = []
    for part in text.fields(at: "#", maxSplits: IDMapping.countLimit) {
      guard ranges.count < IDMapping.countLimit else { throw .tooMany(limit: IDMapping.countLimit) }
      let isRelative = part.hasBytePrefix("@")
      let ids = Substring(part.utf8.dropFirst(isRelative ? 1 : 0))
      let numbers = ids.fields(at: "-", omittingEmpty: false).map { UInt32($0) }
      guard numbers.count == 3, let first = numbers[0], let host = numbers[1], let size = numbers[2] else {
        throw .malformed(String(part))
      }
      let mapping = IDMapping(containerID: first, hostID: host, size: size)
      ranges.append(Range(mapping: mapping, isRelative: isRelative, text: String(part)))
    }
    return ranges
  }

  private static func absolute(
    _ ranges: [Range], _ container: [IDMapping]
  ) throws(MountMapping.Problem) -> [IDMapping] {
    var result: [IDMapping] = []
    for range in ranges {
      var mapping = range.mapping
      if range.isRelative {
        guard
          let outer = container.prefix(IDMapping.countLimit).first(where: { $0.holds(mapping.containerID) })
        else {
          throw .outside(range.text)
        }
        let host = Int64(mapping.hostID) + Int64(outer.hostID) - Int64(outer.containerID)
        guard let shifted = UInt32(exactly: host) else { throw .outside(range.text) }
        mapping.hostID = shifted
      }
      result.append(mapping)
    }
    return result
  }
}

extension MountMapping: CustomStringConvertible {
  /// A few words, without the ranges.
  public var description: String {
    let whose =
      switch source {
      case .ranges(let uids, let gids): "of \(uids.count) user and \(gids.count) group ranges"
      case .container: "of the container"
      case .namespace(let path): "of the user namespace \(path)"
      }
    return "ids mapped by those \(whose)" + (recursive ? ", recursive" : "")
  }
}

extension MountMapping.Problem: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .incomplete: "an id-mapped mount needs mappings of both users and groups"
    case .noUserNamespace: "an id-mapped mount needs mappings, or a user namespace to take them from"
    case .malformed(let text): "\(text.quoted) is no range of ids"
    case .tooMany(let limit): "more than \(limit) ranges of ids"
    case .outside(let text): "\(text.quoted) is not mapped in the container's user namespace"
    }
  }
}
