import CBuild
import Domain

/// What this build is.
enum Version {
  /// The version of martlet.
  static let number = "0.1.0"

  /// The commit it was built from.
  static var commit: String {
    String(cString: martlet_commit())
  }

  /// What `--version` prints: exactly one line has the word "version" in it, and callers read it.
  static var text: String {
    "martlet version \(number)\ncommit: \(commit)\nspec: \(Specification.version)\n"
  }
}
