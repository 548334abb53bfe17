import CLinux
import Domain
import Linux
import Ports

/// Makes file systems that are not mounted anywhere yet.
enum FileSystemMaker {
  /// Makes one with its options. The corresponding system calls are `fsopen`, `fsconfig` and `fsmount`.
  static func make(_ system: DetachedFileSystem) throws(SystemFailure) -> Descriptor {
    try make(system.type, source: system.source, flags: system.flags, data: system.data)
  }

  /// Makes one of a type.
  static func make(
    _ type: String, source: String, flags: MountFlags, data: String
  ) throws(SystemFailure) -> Descriptor {
    let context = try attempt("fsopen", type) { () throws(Errno) in try open(type) }
    try set("source", source, on: context.number)
    for (flag, name) in superblockFlags where flags.contains(flag) {
      try set(name, nil, on: context.number)
    }
    for option in options(data) {
      try set(option.key, option.value, on: context.number)
    }
    let number = context.number
    return try attempt("fsmount", type) { () throws(Errno) in
      _ = try call(Int32(SYS_fsconfig), Int(number), Int(FSCONFIG_CMD_CREATE.rawValue), 0, 0, 0)
      return Descriptor(
        owning: Int32(
          try call(Int32(SYS_fsmount), Int(number), Int(FSMOUNT_CLOEXEC), attributes(flags))))
    }
  }

  /// Options that were joined by commas; in quotation marks, which are no part of it, a value may have
  /// commas of its own.
  static func options(_ data: String) -> [(key: String, value: String?)] {
    var options: [[UInt8]] = [[]]
    var isQuoted = false
    for byte in data.utf8 {
      switch byte {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: ",") where !isQuoted: options.append([])
      default: options[options.count - 1].append(byte)
      }
    }
    return options.filter { !$0.isEmpty }.map { option in
      guard let equals = option.firstIndex(of: UInt8(ascii: "=")) else {
        return (String(decoding: option, as: UTF8.self), nil)
      }
      return (
        String(decoding: option[..<equals], as: UTF8.self),
        String(decoding: option[(equals + 1)...], as: UTF8.self)
      )
    }
  }

  private static func open(_ type: UnsafePointer<CChar>) throws(Errno) -> Descriptor {
    Descriptor(owning: Int32(try call(Int32(SYS_fsopen), word(type), Int(FSOPEN_CLOEXEC))))
  }

  /// One option, with a value or as a mere word.
  private static func set(_ key: String, _ value: String?, on context: Int32) throws(SystemFailure) {
    try attempt("fsconfig", key) { () throws(Errno) in
      if let value {
        try setText(context, key, value)
      } else {
        try setFlag(context, key)
      }
    }
  }

  private static func setText(
    _ context: Int32, _ key: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>
  ) throws(Errno) {
    _ = try call(
      Int32(SYS_fsconfig), Int(context), Int(FSCONFIG_SET_STRING.rawValue), word(key), word(value), 0)
  }

  private static func setFlag(_ context: Int32, _ key: UnsafePointer<CChar>) throws(Errno) {
    _ = try call(Int32(SYS_fsconfig), Int(context), Int(FSCONFIG_SET_FLAG.rawValue), word(key), 0, 0)
  }

  /// Flags that are the file system's own.
  private static let superblockFlags: [(MountFlags, String)] = [
    (.synchronous, "sync"), (.synchronousDirectories, "dirsync"), (.lazyTime, "lazytime"),
    (.mandatoryLocks, "mand"), (.inodeVersion, "iversion"),
  ]

  /// `MOUNT_ATTR_…` of a new mount.
  static func attributes(_ flags: MountFlags) -> Int {
    let bits: [(MountFlags, Int)] = [
      (.readOnly, Int(MOUNT_ATTR_RDONLY)), (.noSetUserID, Int(MOUNT_ATTR_NOSUID)),
      (.noDevices, Int(MOUNT_ATTR_NODEV)), (.noExecution, Int(MOUNT_ATTR_NOEXEC)),
      (.noAccessTime, Int(MOUNT_ATTR_NOATIME)), (.strictAccessTime, Int(MOUNT_ATTR_STRICTATIME)),
      (.noDirectoryAccessTime, Int(MOUNT_ATTR_NODIRATIME)), (.noSymbolicLinks, noSymbolicLinks),
    ]
    return bits.reduce(0) { flags.contains($1.0) ? $0 | $1.1 : $0 }
  }

  /// `MOUNT_ATTR_NOSYMFOLLOW`, which older headers lack.
  private static let noSymbolicLinks = 0x20_0000
}
