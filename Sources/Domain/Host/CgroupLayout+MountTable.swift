extension CgroupLayout {
  /// Where the hierarchies are mounted by convention; a mount there is preferred to the same hierarchy
  /// elsewhere.
  static let conventionalRoot = "/sys/fs/cgroup"

  /// Reads the cgroup mounts from `/proc/self/mountinfo` (proc_pid_mountinfo(5)); lines that are no such
  /// mount, or are not understood, do not count.
  public init(mountTable bytes: [UInt8]) {
    var found: [Hierarchy] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let next = Hierarchy(mountLine: line) else { continue }
      // What is mounted later lies over what was there.
      found.removeAll { $0.mountPoint == next.mountPoint }
      if let index = found.firstIndex(where: { $0.isSame(as: next) }) {
        if next.rank > found[index].rank { found[index] = next }
      } else {
        found.append(next)
      }
    }
    self.init(hierarchies: found)
  }

  private init(hierarchies found: [Hierarchy]) {
    let (old, unified) = (found.filter { !$0.isUnified }, found.filter(\.isUnified))
    if let tree = unified.first, old.isEmpty || tree.mountPoint == CgroupLayout.conventionalRoot {
      self.init(mode: .unified, hierarchies: [tree])
    } else if let tree = unified.first, tree.isConventional {
      self.init(mode: .hybrid, hierarchies: old + [tree])
    } else {
      // A v2 tree in a place of its own belongs to whoever mounted it.
      self.init(mode: .legacy, hierarchies: old)
    }
  }
}

extension CgroupLayout.Hierarchy {
  fileprivate var isConventional: Bool {
    mountPoint == CgroupLayout.conventionalRoot
      || mountPoint.hasBytePrefix(CgroupLayout.conventionalRoot + "/")
  }

  /// Of several mounts of a hierarchy the highest serves: one in the usual place, one of the whole.
  fileprivate var rank: Int { (isConventional ? 2 : 0) + (root == "/" ? 1 : 0) }

  fileprivate func isSame(as other: CgroupLayout.Hierarchy) -> Bool {
    isUnified == other.isUnified && controllers == other.controllers
  }

  /// Reads one line: `id parent device root mountpoint options [optional…] - type source superoptions`.
  fileprivate init?(mountLine line: ArraySlice<UInt8>) {
    let fields = line.split(separator: UInt8(ascii: " "))
    guard fields.count >= 9,
      let separator = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }),
      fields.count > separator + 3
    else { return nil }
    let type = fields[separator + 1]
    let isUnified = type.elementsEqual("cgroup2".utf8)
    guard isUnified || type.elementsEqual("cgroup".utf8) else { return nil }
    let options = isUnified ? [] : Self.controllers(fields[separator + 3])
    guard isUnified || !options.isEmpty else { return nil }
    self.init(
      controllers: options, mountPoint: Self.unescaped(fields[4]), root: Self.unescaped(fields[3]),
      isUnified: isUnified)
  }

  /// Options of a v1 mount that are no controllers.
  private static let otherOptions: Set<String> = [
    "rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods", "nofavordynmods",
    "seclabel", "none", "all",
  ]

  private static func controllers(_ options: ArraySlice<UInt8>) -> [String] {
    options.split(separator: UInt8(ascii: ",")).compactMap { option in
      let name = String(decoding: unescapedBytes(option), as: UTF8.self)
      if name.hasBytePrefix("name=") { return name }
      return otherOptions.contains(name) || name.contains("=") ? nil : name
    }
  }

  private static func unescaped(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: unescapedBytes(field), as: UTF8.self)
  }

  /// Space, tab, line end and backslash stand there as a backslash and three octal digits.
  private static func unescapedBytes(_ field: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(field.count)
    var rest = field
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      guard byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ $0 >= 48 && $0 <= 55 }) else {
        result.append(byte)
        continue
      }
      result.append(digits.reduce(0) { $0 &<< 3 | ($1 - 48) })
      rest = rest.dropFirst(3)
    }
    return result
  }
}
