import Domain
import Linux
import Ports

extension Context {
  /// What the annotation of a document asks of Landlock; nil without it.
  func landlock(of document: Document) throws(Failure) -> LandlockSettings? {
    guard let text = document.text(of: .landlock) else { return nil }
    let place = KnownAnnotation.landlock.pointer
    let json: JSON
    do throws(DocumentError) {
      json = try documents.parse(Array(text.utf8), limits: DocumentLimits())
    } catch {
      throw .document(path: "config.json: \(place)", error)
    }
    do throws(DecodingError) {
      return try LandlockSettings(decoding: json)
    } catch {
      let inside = DecodingError(error.problem, at: JSONPointer(text: place.text + error.pointer.text))
      throw .decoding(path: "config.json", inside)
    }
  }

  /// The restrictions of a container's first process.
  func restrict(_ request: inout PlanRequest, _ document: Document, _ facts: Facts) {
    request.landlock = document.landlock?.ruleset(version: facts.landlockVersion)
    if document.coreScheduling != nil { request.coreCookie = .new }
  }

  /// Those of a further process: the same rules as the container's, and its cores where it shares them.
  func restrict(
    _ request: inout PlanRequest, _ process: ProcessSettings, _ state: StateRecord
  ) throws(Failure) {
    let document = state.document
    guard !document.annotations.isEmpty else { return }
    request.keepsGroups = document.keepsGroups
    if let settings = try landlock(of: document) {
      request.landlock = settings.ruleset(version: composition.probe().landlockVersion())
      let violations = request.landlock == nil ? [] : landlockViolations(process)
      guard violations.isEmpty else { throw .invalid(violations.map(\.description)) }
    }
    switch document.coreScheduling {
    case nil: break
    case .process: request.coreCookie = .new
    case .container:
      do throws(Errno) {
        request.coreCookie = .of(process: try Processes.innerNumber(of: state.initProcess.pid))
      } catch {
        throw .system(
          SystemFailure(call: "read", subject: "/proc/\(state.initProcess.pid)/status", errno: error))
      }
    }
  }
}
