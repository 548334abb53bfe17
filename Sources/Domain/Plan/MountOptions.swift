/// The mount options of one entry of `mounts`, sorted by what they do.
///
/// The table is the specification's; what is not in it is data for the file system.
public struct MountOptions: Equatable, Sendable {
  /// Flags to set.
  public private(set) var set: MountFlags = []
  /// Flags cleared by name and not set again later.
  public private(set) var cleared: MountFlags = []
  /// Attributes to set on the whole tree (`rro` and its like).
  public private(set) var treeSet: MountFlags = []
  /// Attributes to clear on the whole tree.
  public private(set) var treeCleared: MountFlags = []
  /// Propagation changes, each one call.
  public private(set) var propagation: [MountFlags] = []
  /// `bind` or `rbind` was given; nil otherwise.
  public private(set) var bind: Binding?
  /// `tmpcopyup` was given.
  public private(set) var copyUp = false
  /// `idmap` or `ridmap` was given, with or without mappings of its own; nil otherwise.
  public private(set) var idMap: IDMap?
  /// `copy-symlink`: a source that is a symbolic link is made anew instead of being bound.
  public private(set) var copiesLink = false
  /// `src-nofollow`: a source that is a symbolic link is bound itself.
  public private(set) var bindsSourceLink = false
  /// `dest-nofollow`: a destination that is a symbolic link is covered itself.
  public private(set) var coversTargetLink = false
  /// `remount` was given.
  public private(set) var remount = false
  /// Everything else, joined by commas.
  public private(set) var data = ""

  /// How much of a tree is bound.
  public enum Binding: Sendable {
    case single, recursive
  }

  /// What `idmap` and `ridmap` say.
  public struct IDMap: Equatable, Sendable {
    /// The mounts below are mapped too (`ridmap`).
    public var isRecursive: Bool
    /// What follows `idmap=`; empty when nothing does.
    public var ranges: String

    /// Makes one.
    public init(isRecursive: Bool, ranges: String) {
      self.isRecursive = isRecursive
      self.ranges = ranges
    }
  }

  /// Sorts options in the order in which they are written: a later one wins.
  public init(_ options: [String]) {
    for option in options where !option.isEmpty {
      if let effect = MountOptions.effect(of: option) {
        apply(effect)
      } else if let map = MountOptions.idMap(option) {
        idMap = map
      } else {
        data += data.isEmpty ? option : "," + option
      }
    }
  }

  /// `idmap=…` and `ridmap=…`, which carry ranges as crun's option does.
  private static func idMap(_ option: String) -> IDMap? {
    for (prefix, isRecursive) in [("idmap=", false), ("ridmap=", true)] where option.hasBytePrefix(prefix) {
      return IDMap(
        isRecursive: isRecursive, ranges: String(Substring(option.utf8.dropFirst(prefix.utf8.count))))
    }
    return nil
  }

  private mutating func apply(_ effect: Effect) {
    switch effect {
    case .set(let flags):
      if !flags.isDisjoint(with: .accessTimes) { set.subtract(.accessTimes) }
      set.formUnion(flags)
      cleared.subtract(flags)
    case .clear(let flags):
      set.subtract(flags)
      cleared.formUnion(flags)
    case .setTree(let flags):
      if !flags.isDisjoint(with: .accessTimes) { treeSet.subtract(.accessTimes) }
      treeSet.formUnion(flags)
      treeCleared.subtract(flags)
    case .clearTree(let flags):
      treeCleared.formUnion(flags)
      treeSet.subtract(flags)
    case .propagate(let flags): propagation.append(flags)
    case .bind(let binding): bind = binding
    case .copyUp: copyUp = true
    case .idMap(let isRecursive): idMap = IDMap(isRecursive: isRecursive, ranges: "")
    case .copyLink: copiesLink = true
    case .bindSourceLink: bindsSourceLink = true
    case .coverTargetLink: coversTargetLink = true
    case .remount: remount = true
    case .nothing: break
    }
  }

  /// What one option does.
  enum Effect {
    case set(MountFlags), clear(MountFlags), setTree(MountFlags), clearTree(MountFlags)
    case propagate(MountFlags), bind(Binding), copyUp, idMap(recursive: Bool), remount, nothing
    case copyLink, bindSourceLink, coverTargetLink
  }

  /// The names that are options of mount itself, sorted: what `features` reports.
  public static var names: [String] { table.map(\.name) }

  private static func effect(of name: String) -> Effect? {
    // A list that the compiler lays out: a dictionary would be filled anew at every start.
    for entry in table where entry.name.isBytewise(name) { return entry.effect }
    return nil
  }

  static let table: [(name: String, effect: Effect)] = [
    ("async", .clear(.synchronous)),
    ("atime", .clear(.noAccessTime)),
    ("bind", .bind(.single)),
    ("copy-symlink", .copyLink),
    ("defaults", .nothing),
    ("dest-nofollow", .coverTargetLink),
    ("dev", .clear(.noDevices)),
    ("diratime", .clear(.noDirectoryAccessTime)),
    ("dirsync", .set(.synchronousDirectories)),
    ("exec", .clear(.noExecution)),
    ("idmap", .idMap(recursive: false)),
    ("iversion", .set(.inodeVersion)),
    ("lazytime", .set(.lazyTime)),
    ("loud", .clear(.silent)),
    ("mand", .set(.mandatoryLocks)),
    ("noatime", .set(.noAccessTime)),
    ("nodev", .set(.noDevices)),
    ("nodiratime", .set(.noDirectoryAccessTime)),
    ("noexec", .set(.noExecution)),
    ("noiversion", .clear(.inodeVersion)),
    ("nolazytime", .clear(.lazyTime)),
    ("nomand", .clear(.mandatoryLocks)),
    ("norelatime", .clear(.relativeAccessTime)),
    ("nostrictatime", .clear(.strictAccessTime)),
    ("nosuid", .set(.noSetUserID)),
    ("nosymfollow", .set(.noSymbolicLinks)),
    ("private", .propagate(.privatePropagation)),
    ("ratime", .clearTree(.noAccessTime)),
    ("rbind", .bind(.recursive)),
    ("rdev", .clearTree(.noDevices)),
    ("rdiratime", .clearTree(.noDirectoryAccessTime)),
    ("relatime", .set(.relativeAccessTime)),
    ("remount", .remount),
    ("rexec", .clearTree(.noExecution)),
    ("ridmap", .idMap(recursive: true)),
    ("rnoatime", .setTree(.noAccessTime)),
    ("rnodev", .setTree(.noDevices)),
    ("rnodiratime", .setTree(.noDirectoryAccessTime)),
    ("rnoexec", .setTree(.noExecution)),
    ("rnorelatime", .clearTree(.relativeAccessTime)),
    ("rnostrictatime", .clearTree(.strictAccessTime)),
    ("rnosuid", .setTree(.noSetUserID)),
    ("rnosymfollow", .setTree(.noSymbolicLinks)),
    ("ro", .set(.readOnly)),
    ("rprivate", .propagate([.privatePropagation, .recursive])),
    ("rrelatime", .setTree(.relativeAccessTime)),
    ("rro", .setTree(.readOnly)),
    ("rrw", .clearTree(.readOnly)),
    ("rshared", .propagate([.sharedPropagation, .recursive])),
    ("rslave", .propagate([.slavePropagation, .recursive])),
    ("rstrictatime", .setTree(.strictAccessTime)),
    ("rsuid", .clearTree(.noSetUserID)),
    ("rsymfollow", .clearTree(.noSymbolicLinks)),
    ("runbindable", .propagate([.unbindable, .recursive])),
    ("rw", .clear(.readOnly)),
    ("shared", .propagate(.sharedPropagation)),
    ("silent", .set(.silent)),
    ("slave", .propagate(.slavePropagation)),
    ("src-nofollow", .bindSourceLink),
    ("strictatime", .set(.strictAccessTime)),
    ("suid", .clear(.noSetUserID)),
    ("symfollow", .clear(.noSymbolicLinks)),
    ("sync", .set(.synchronous)),
    ("tmpcopyup", .copyUp),
    ("unbindable", .propagate(.unbindable)),
  ]
}
