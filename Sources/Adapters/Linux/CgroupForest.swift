public import Domain
public import Ports

/// All hierarchies that a container is accounted in: what the file-system drivers of both versions share.
public final class CgroupForest {
  /// The hierarchies, version 1 first.
  public let trees: [CgroupTree]

  /// Takes hierarchies over.
  public init(_ trees: [CgroupTree]) {
    self.trees = trees
  }

  /// How long dying, freezing and thawing may take, in milliseconds.
  public static let patience: Int64 = 10_000

  /// Where a container is accounted: one directory for each controller of each hierarchy.
  public func locate(_ request: CgroupRequest) throws(CgroupError) -> CgroupLocation {
    let name = try CgroupForest.name(request)
    var paths: [CgroupLocation.Path] = []
    paths.reserveCapacity(trees.count)
    for tree in trees {
      let directory = "\(tree.hierarchy.mountPoint)/\(name)"
      if tree.hierarchy.isUnified { paths.append(.init(controller: "", directory: directory)) }
      for controller in tree.hierarchy.controllers {
        paths.append(.init(controller: controller, directory: directory))
      }
    }
    return CgroupLocation(driver: .cgroupfs, paths: paths)
  }

  private static func name(_ request: CgroupRequest) throws(CgroupError) -> String {
    do throws(CgroupName.Violation) {
      return try CgroupName.name(id: request.id, path: request.path, rootDigest: request.rootDigest)
    } catch {
      switch error {
      case .outside(let path), .malformed(let path): throw .invalidPath(path)
      case .systemdForm(let path): throw .systemdPath(path)
      }
    }
  }

  /// The places of a location, one for each hierarchy; what names no hierarchy of this host is left out.
  public func places(_ location: CgroupLocation) -> [CgroupPlace] {
    trees.compactMap { tree in
      let controller = tree.hierarchy.controllers.first ?? ""
      guard let path = location.paths.first(where: { $0.controller == controller }),
        let name = tree.name(of: path.directory)
      else { return nil }
      return CgroupPlace(tree, name)
    }
  }

  /// The place whose hierarchy has a controller; `""` is the tree of version 2.
  public static func place(_ controller: String, in places: [CgroupPlace]) -> CgroupPlace? {
    places.first {
      controller.isEmpty
        ? $0.tree.hierarchy.isUnified : $0.tree.hierarchy.controllers.contains(controller)
    }
  }

  /// Makes cgroups; when one fails, those that it made are removed, innermost first.
  /// - Parameters:
  ///   - holder: who takes over what was there before.
  ///   - process: the only one that may be in it already.
  ///   - checkUnused: called for a cgroup that was there before.
  ///   - prepare: called for a parent that was made.
  /// - Returns: what was made, for `undo`.
  public func create(
    _ places: [CgroupPlace], for holder: CgroupLocation.Holder?, with process: Int32? = nil,
    checkUnused: (CgroupPlace) throws(CgroupError) -> Void,
    prepare: (CgroupPlace) throws(CgroupError) -> Void
  ) throws(CgroupError) -> [CgroupPlace] {
    var made: [CgroupPlace] = []
    do throws(CgroupError) {
      for place in places {
        guard try !make(place, &made, prepare) else { continue }
        let count = try place.processes().count { $0 != process }
        guard count == 0 else { throw .notEmpty(directory: place.directory, processes: count) }
        try checkUnused(place)
        try place.mark(holder)
      }
      return made
    } catch {
      CgroupForest.undo(made)
      throw error
    }
  }

  /// Removes cgroups that were just made, innermost first. What has come to be used in between is not ours
  /// alone any more and stays.
  public static func undo(_ made: [CgroupPlace]) {
    for place in made.reversed() { try? place.tree.remove(place.name) }
  }

  /// Makes one with its parents; false when it was there.
  private func make(
    _ place: CgroupPlace, _ made: inout [CgroupPlace], _ prepare: (CgroupPlace) throws(CgroupError) -> Void
  ) throws(CgroupError) -> Bool {
    if let done = try attempt(place, &made) { return done }
    for (index, byte) in place.name.utf8.enumerated() where byte == UInt8(ascii: "/") {
      let parent = CgroupPlace(place.tree, String(decoding: place.name.utf8.prefix(index), as: UTF8.self))
      if try attempt(parent, &made) == true { try prepare(parent) }
    }
    guard let done = try attempt(place, &made) else {
      throw place.failure("mkdirat", .noSuchFileOrDirectory)
    }
    return done
  }

  /// Makes one; false when it was there, nil when its parent is missing.
  private func attempt(_ place: CgroupPlace, _ made: inout [CgroupPlace]) throws(CgroupError) -> Bool? {
    do throws(Errno) {
      try place.tree.make(place.name)
      made.append(place)
      return true
    } catch {
      if error == .fileExists { return false }
      if error == .noSuchFileOrDirectory { return nil }
      throw place.failure("mkdirat", error)
    }
  }
}
