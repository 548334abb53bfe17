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
  /// Reads the bundle in `path`, which becomes the working directory; its document is in `file` if that is given, a
  /// path of the directory before.
  func readBundle(_ path: String?, _ file: String? = nil) throws(Failure) -> Bundle {
    let file = try Paths.anchored(file) ?? "config.json"
    let directory: String
    do throws(Errno) {
      if let path { try Host.changeDirectory(path) }
      directory = try Host.currentDirectory()
    } catch {
      throw .system(SystemFailure(call: "chdir", subject: path ?? "", errno: error))
    }
    let json: JSON
    do throws(Failure) {
      json = try parse(file)
    } catch {
      // Engines take "no such file or directory" for a missing program of the container's.
      guard case .system(let failure) = error, failure.errno == .noSuchFileOrDirectory else { throw error }
      throw .argument(.missingSpecification(file))
    }
    var document: Document
    do throws(DecodingError) {
      document = try trace.phase("decode") { () throws(DecodingError) in try Document(decoding: json) }
    } catch {
      throw .decoding(path: file, error)
    }
    document.landlock = try landlock(of: document)
    return Bundle(path: directory, document: document)
  }

  /// Checks a document: what it asks for and does not get is an error, never passed over. Returns the facts that
  /// count for it.
  @discardableResult
  func validate(_ document: Document) throws(Failure) -> Facts {
    var facts = try facts(document.questions)
    if document.setsNamespaceValues, let linux = document.linux,
      linux.namespaces.contains(where: { $0.path != nil })
    {
      facts.sharedNamespaces = composition.probe().shared(linux.namespaces)
    }
    let violations = trace.phase("validate") { ValidationRule.violations(of: document, on: facts) }
    guard violations.isEmpty else { throw .invalid(violations.map(\.description)) }
    for warning in document.warnings(on: facts) { log.note(.warning, warning.description) }
    return facts
  }
}
