import CLinux
public import Domain

/// One mounted cgroup hierarchy, by a descriptor of its root that is opened and verified at first use.
///
/// Files below are opened without leaving it: no link, no other mount, no `..`.
public final class CgroupTree {
  /// What the mount point has to be.
  public enum Kind: Sendable {
    /// `CGROUP_SUPER_MAGIC`.
    case version1
    /// `CGROUP2_SUPER_MAGIC`.
    case version2
    /// Any directory: for tests.
    case unverified
  }

  /// Which controllers, and where.
  public let hierarchy: CgroupLayout.Hierarchy
  private let kind: Kind
  private var root: Int32 = -1

  /// Names a hierarchy; nothing is opened yet.
  public init(_ hierarchy: CgroupLayout.Hierarchy, kind: Kind? = nil) {
    self.hierarchy = hierarchy
    self.kind = kind ?? (hierarchy.isUnified ? .version2 : .version1)
  }

  deinit {
    if root >= 0 { _ = Descriptor(owning: root) }
  }

  /// The hierarchies of a layout.
  public static func trees(_ layout: CgroupLayout) -> [CgroupTree] {
    layout.hierarchies.map { CgroupTree($0) }
  }

  /// The cgroup's name below the root, where a directory is one of this hierarchy: never empty, never
  /// with a component `..`.
  public func name(of directory: String) -> String? {
    let prefix = hierarchy.mountPoint
    let (all, start) = (directory.utf8, prefix.utf8.count)
    guard all.count > start + 1, directory.hasBytePrefix(prefix) else { return nil }
    let rest = all.dropFirst(start)
    guard rest.first == UInt8(ascii: "/") else { return nil }
    let name = String(Substring(rest.dropFirst()))
    return CgroupTree.climbs(name) ? nil : name
  }

  /// Whether a component is `..`.
  private static func climbs(_ name: String) -> Bool {
    var (length, dots) = (0, 0)
    for byte in name.utf8 {
      if byte == UInt8(ascii: "/") {
        if length == 2, dots == 2 { return true }
        (length, dots) = (0, 0)
      } else {
        length += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
      }
    }
    return length == 2 && dots == 2
  }

  /// The root's descriptor.
  /// - Throws: `notSupported` when the mount point is no cgroup file system.
  public func rootDescriptor() throws(Errno) -> Int32 {
    if root >= 0 { return root }
    let opened = try Files.open(hierarchy.mountPoint, O_PATH | O_DIRECTORY)
    if kind != .unverified {
      let type = try Files.fileSystemType(opened.number)
      guard type == (kind == .version1 ? CgroupTree.magic1 : CgroupTree.magic2) else {
        throw .notSupported
      }
    }
    root = opened.release()
    return root
  }

  private static let magic1 = 0x27_e0eb
  private static let magic2 = 0x6367_7270

  /// Opens a file or directory below. The corresponding system call is `openat2`.
  public func open(_ name: String, _ flags: Int32) throws(Errno) -> Descriptor {
    try KernelFiles.open(
      name, at: try rootDescriptor(), flags, links: .none, procfs: try Procfs().root)
  }

  /// Makes one cgroup. The corresponding system call is `mkdirat`.
  public func make(_ name: String) throws(Errno) {
    try Files.makeDirectory(name, at: try rootDescriptor(), mode: 0o755)
  }

  /// Removes one cgroup. The corresponding system call is `unlinkat` with `AT_REMOVEDIR`.
  public func remove(_ name: String) throws(Errno) {
    try Files.removeDirectory(name, at: try rootDescriptor())
  }

  /// Writes a control file in one write, which the kernel takes as one value.
  public func write(_ file: String, _ text: String) throws(Errno) {
    let opened = try open(file, O_WRONLY)
    try Files.writeAll(opened.number, text)
  }

  /// Writes several values to one control file, each in one write at its begin. The corresponding system call
  /// is `pwrite64`.
  public func write(_ file: String, values: [String]) throws(Errno) {
    let opened = try open(file, O_WRONLY)
    for value in values {
      var text = value
      let size = text.utf8.count
      let result = text.withUTF8 {
        clinux_call(Int(SYS_pwrite64), Int(opened.number), word($0.baseAddress), size, 0, 0, 0)
      }
      guard result == size else {
        throw result < 0 ? Errno(rawValue: Int32(truncatingIfNeeded: -result)) : .ioError
      }
    }
  }

  /// Reads a control file, at most 1 MiB.
  public func read(_ file: String) throws(Errno) -> [UInt8] {
    let opened = try open(file, O_RDONLY)
    return try Files.readAll(opened.number, limit: 1 << 20)
  }

  /// For `open`: the file itself is not opened; it is read; it is read and written.
  public static let pathOnly = O_PATH
  public static let readOnly = O_RDONLY
  public static let readWrite = O_RDWR

  /// The names of the control files of a cgroup.
  public func files(of name: String) throws(Errno) -> [String] {
    let opened = try open(name, O_RDONLY | O_DIRECTORY)
    return try Directories.names(opened.number, type: UInt8(DT_REG))
  }
}
