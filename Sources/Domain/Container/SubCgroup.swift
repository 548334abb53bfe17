/// Where below its container's cgroups a further process goes: `[CONTROLLER[,CONTROLLER...]:]PATH`.
public struct SubCgroup: Equatable, Sendable {
  /// The hierarchies that are meant; empty for all.
  public var controllers: [String]
  /// The way down from the container's cgroup; one that leads up ends at that.
  public var path: String

  /// Why places make no sense together.
  public enum Problem: Error, Equatable, Sendable {
    /// One of several places does not say which hierarchy it is in.
    case missingController(path: String)
    /// Two places in one hierarchy.
    case repeated(controller: String)
    /// The container has no cgroup in such a hierarchy.
    case unknown(controller: String)
  }

  /// Reads a place.
  public init(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    path = String(Substring(parts[parts.count - 1]))
    controllers =
      parts.count == 1
      ? []
      : parts[0].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        .map { String(Substring($0)) }
  }
}

extension CgroupLocation {
  /// The same cgroups, or those below them that `places` name.
  public func below(_ places: [SubCgroup]) throws(SubCgroup.Problem) -> CgroupLocation {
    var location = self
    var named: [String] = []
    for place in places {
      guard places.count == 1 || !place.controllers.isEmpty else {
        throw .missingController(path: place.path)
      }
      for controller in place.controllers {
        guard !named.contains(controller) else { throw .repeated(controller: controller) }
        guard paths.contains(where: { $0.controller == controller }) else {
          throw .unknown(controller: controller)
        }
        named.append(controller)
      }
      for index in paths.indices
      where place.controllers.isEmpty || place.controllers.contains(paths[index].controller) {
        location.paths[index].directory += ("/" + place.path).cleanedPath
        location.paths[index].directory = location.paths[index].directory.cleanedPath
      }
    }
    return location
  }
}
