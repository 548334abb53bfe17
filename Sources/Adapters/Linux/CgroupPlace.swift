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

  /// The cgroups below and this one, each before those below it; empty when it is gone.
  public func subtree() throws(CgroupError) -> [CgroupPlace] {
    var found = [self]
    var next = 0
    while next < found.count {
      let place = found[next]
      do throws(Errno) {
        for child in try tree.children(of: place.name) {
          found.append(CgroupPlace(tree, "\(place.name)/\(child)"))
        }
        next += 1
      } catch {
        guard CgroupPlace.meansGone(error) else { throw place.failure("getdents64", error) }
        found.remove(at: next)
      }
    }
    return found
  }

  /// The processes of this cgroup and of those below.
  public func processes() throws(CgroupError) -> [Int32] {
    var pids: [Int32] = []
    for place in try subtree() {
      do throws(Errno) {
        pids.append(contentsOf: CgroupPlace.numbers(try tree.read("\(place.name)/cgroup.procs")))
      } catch {
        // A threaded cgroup has no list of its own: its processes stand in the domain above.
        guard CgroupPlace.meansGone(error) || error == .notSupported else {
          throw place.failure("read", error, "cgroup.procs")
        }
      }
    }
    return pids
  }

  /// Numbers, one a line; 0 stands for a process that is outside the reader's pid namespace.
  static func numbers(_ bytes: [UInt8]) -> [Int32] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      Int32(String(decoding: line, as: UTF8.self))
    }
  }
}
