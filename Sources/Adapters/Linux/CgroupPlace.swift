import CLinux
public import Domain
public import Ports

/// One cgroup of a container: a hierarchy and the name below its root.
public struct CgroupPlace {
  /// The hierarchy.
  public let tree: CgroupTree
  /// The name below its root.
  public let name: String

  /// Names a place.
  public init(_ tree: CgroupTree, _ name: String) {
    self.tree = tree
    self.name = name
  }

  /// The directory, for messages and records.
  public var directory: String { "\(tree.hierarchy.mountPoint)/\(name)" }

  /// Writes a control file.
  public func write(_ file: String, _ text: String) throws(CgroupError) {
    do throws(Errno) {
      try tree.write("\(name)/\(file)", text)
    } catch {
      throw failure("write", error, file)
    }
  }

  /// Writes several values to one control file.
  public func write(_ file: String, values: [String]) throws(CgroupError) {
    do throws(Errno) {
      try tree.write("\(name)/\(file)", values: values)
    } catch {
      throw failure("write", error, file)
    }
  }

  /// Reads a control file as text without the line end; nil when file or cgroup is not there.
  public func text(_ file: String) throws(CgroupError) -> String? {
    do throws(Errno) {
      var bytes = try tree.read("\(name)/\(file)")
      if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      if CgroupPlace.meansGone(error) { return nil }
      throw failure("read", error, file)
    }
  }

  /// A failure with this place in it.
  public func failure(_ call: String, _ errno: Errno, _ file: String = "") -> CgroupError {
    .system(
      SystemFailure(call: call, subject: file.isEmpty ? directory : "\(directory)/\(file)", errno: errno))
  }

  /// Both are what a cgroup answers that was removed.
  public static func meansGone(_ errno: Errno) -> Bool {
    errno == .noSuchFileOrDirectory || errno == .noSuchDevice
  }

  /// Looks at this cgroup and at all below it, each before those below it, by a descriptor of its directory; none
  /// where it is gone.
  public func visit(_ body: (Int32) throws(Errno) -> Void) throws(CgroupError) {
    do throws(Errno) {
      try CgroupWalk.go(through: name, of: tree, enter: body)
    } catch {
      guard CgroupPlace.meansGone(error) else { throw failure("getdents64", error) }
    }
  }

  /// The processes of this cgroup and of those below.
  public func processes() throws(CgroupError) -> [Int32] {
    var pids: [Int32] = []
    try visit { (directory) throws(Errno) in
      pids.append(contentsOf: CgroupPlace.numbers(try CgroupPlace.read("cgroup.procs", at: directory) ?? []))
    }
    return pids
  }

  /// Reads a control file of a cgroup by its directory; nil when file or cgroup is not there, or the file has nothing
  /// to say: the processes of a threaded cgroup stand in the domain above.
  public static func read(_ file: String, at directory: Int32) throws(Errno) -> [UInt8]? {
    do throws(Errno) {
      let opened = try Files.open(file, at: directory, O_RDONLY | O_NOFOLLOW)
      return try Files.readAll(opened.number, limit: 1 << 24)
    } catch {
      guard meansGone(error) || error == .notSupported else { throw error }
      return nil
    }
  }

  /// Whether it is there.
  public func isThere() throws(CgroupError) -> Bool {
    do throws(Errno) {
      _ = try tree.open(name, O_PATH | O_DIRECTORY)
      return true
    } catch {
      guard CgroupPlace.meansGone(error) else { throw failure("openat2", error) }
      return false
    }
  }

  /// Numbers, one a line; 0 stands for a process that is outside the reader's pid namespace.
  static func numbers(_ bytes: [UInt8]) -> [Int32] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      Int32(String(decoding: line, as: UTF8.self))
    }
  }
}
