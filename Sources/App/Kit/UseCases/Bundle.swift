import Domain
import Linux
import Ports

/// A bundle that was read and found right.
struct Bundle {
  /// Its absolute directory.
  let path: String
  /// Its document.
  let document: Document
}

extension Context {
  /// Reads the bundle in `path`, which becomes the working directory.
  func readBundle(_ path: String?) throws(Failure) -> Bundle {
    let directory: String
    do throws(Errno) {
      if let path { try Host.changeDirectory(path) }
      directory = try Host.currentDirectory()
    } catch {
      throw .system(SystemFailure(call: "chdir", subject: path ?? "", errno: error))
    }
    let json = try parse("config.json")
    let document: Document
    do throws(DecodingError) {
      document = try Document(decoding: json)
    } catch {
      throw .decoding(path: "config.json", error)
    }
    return Bundle(path: directory, document: document)
  }

  /// Checks a document: what it asks for and does not get is an error, never passed over.
  func validate(_ document: Document) throws(Failure) {
    if document.process == nil { throw .argument(.missingProcess) }
    let violations = ValidationRule.violations(
      of: document, on: try facts(withModules: document.namesSecurityModules))
    guard violations.isEmpty else { throw .invalid(violations.map(\.description)) }
    for warning in document.warnings { log.note(.warning, warning.description) }
  }
}
