import Domain
import Linux
import Ports

/// The freezer of cgroup v1.
enum Freezer {
  /// A container must not be born into a cgroup that would stop it at once.
  static func checkThawed(_ place: CgroupPlace) throws(CgroupError) {
    guard place.tree.hierarchy.controllers.contains("freezer"), try isFrozen(place) else { return }
    throw .unexpectedlyFrozen(directory: place.directory)
  }

  /// Whether this cgroup, and not just one above, is frozen.
  static func isFrozen(_ place: CgroupPlace) throws(CgroupError) -> Bool {
    if let own = try place.text("freezer.self_freezing") { return own == "1" }
    return try place.text("freezer.state") == "FROZEN"
  }

  /// Freezes, and returns when every process stands still; or thaws.
  static func set(_ frozen: Bool, _ place: CgroupPlace) throws(CgroupError) {
    try place.write("freezer.state", frozen ? "FROZEN" : "THAWED")
    guard frozen else { return }
    do throws(CgroupError) {
      try waitUntilFrozen(place)
    } catch {
      // Half frozen is the worst of both.
      try? place.write("freezer.state", "THAWED")
      throw error
    }
  }

  /// This version tells nobody when it is done, so its state is read again after pauses that grow; a fork
  /// in between can leave it half way until it is thawed for a moment.
  private static func waitUntilFrozen(_ place: CgroupPlace) throws(CgroupError) {
    let deadline = Waiting.now() + CgroupForest.patience
    var round = 0
    while try place.text("freezer.state") != "FROZEN" {
      guard Waiting.now() < deadline else {
        throw .timedOut(
          operation: "freeze", directory: place.directory, processes: try place.processes())
      }
      round += 1
      if round % 16 == 0 { try place.write("freezer.state", "THAWED") }
      CgroupForest.pause(round)
      if round % 16 == 0 { try place.write("freezer.state", "FROZEN") }
    }
  }
}
