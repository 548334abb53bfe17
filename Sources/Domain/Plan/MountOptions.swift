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
  /// `idmap` or `ridmap` was given.
  public private(set) var idMapped = false
  /// `remount` was given.
  public private(set) var remount = false
  /// Everything else, joined by commas.
  public private(set) var data = ""

  /// How much of a tree is bound.
  public enum Binding: Sendable {
    case single, recursive
  }

  /// Sorts options in the order in which they are written: a later one wins.
  public init(_ options: [String]) {
    for option in options where !option.isEmpty {
      guard let effect = MountOptions.effect(of: option) else {
        data += data.isEmpty ? option : "," + option
        continue
      }
      apply(effect)
    }
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
      treeSet.formUnion(flags)
      treeCleared.subtract(flags)
    case .clearTree(let flags):
      treeCleared.formUnion(flags)
      treeSet.subtract(flags)
    case .propagate(let flags): propagation.append(flags)
    case .bind(let binding): bind = binding
    case .copyUp: copyUp = true
    case .idMap: idMapped = true
    case .remount: remount = true
    case .nothing: break
    }
  }

  /// What one option does.
  enum Effect {
    case set(MountFlags), clear(MountFlags), setTree(MountFlags), clearTree(MountFlags)
    case propagate(MountFlags), bind(Binding), copyUp, idMap, remount, nothing
  }

  /// The names that are options of mount itself, sorted: what `features` reports.
  public static var names: [String] { table.map(\.name) }

  private static func effect(of name: String) -> Effect? {
    // A list that the compiler lays out: a dictionary would be filled anew at every start.
    for entry in table where entry.name == name { return entry.effect }
    return nil
  }

  static let table: [(name: String, effect: Effect)] = [
    ("async", .clear(.synchronous)),
    ("atime", .clear(.noAccessTime)),
    ("bind", .bind(.single)),
    ("defaults", .nothing),
    ("dev", .clear(.noDevices)),
    ("diratime", .clear(.noDirectoryAccessTime)),
    ("dirsync", .set(.synchronousDirectories)),
    ("exec", .clear(.noExecution)),
    ("idmap", .idMap),
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
    ("ridmap", .idMap),
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
    ("strictatime", .set(.strictAccessTime)),
    ("suid", .clear(.noSetUserID)),
    ("symfollow", .clear(.noSymbolicLinks)),
    ("sync", .set(.synchronous)),
    ("tmpcopyup", .copyUp),
    ("unbindable", .propagate(.unbindable)),
  ]
}
