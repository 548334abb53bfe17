import Domain
import Ports

extension Context {
  /// `plan`: shows the steps that a container of a bundle would go through. Nothing is made.
  func plan() throws(Failure) {
    let bundle = try readBundle(invocation.operands.first ?? invocation.filled(.bundle))
    let facts = try validate(bundle.document)
    let plan = try compile(bundle, facts)
    switch invocation.text(.format) {
    case nil, "", "table", "text": Output.write(text(plan))
    case "json": Output.write(json(plan), .spaces, end: "\n")
    case .some(let other): throw .argument(.format(other))
    }
  }

  private func compile(_ bundle: Bundle, _ facts: Facts) throws(Failure) -> Plan {
    let id: ContainerID
    do throws(ContainerID.Violation) { id = try ContainerID("plan") } catch { throw .id(error) }
    var request = PlanRequest(id: id, bundle: bundle.path)
    request.terminal = .runtime
    request.capabilities = resolve(bundle.document.process?.capabilities)
    request.seccomp = try Creation.compileFilter(bundle, self)
    restrict(&request, bundle.document, facts)
    do throws(PlanError) {
      return try PlanCompiler.compile(bundle.document, facts: facts, request: request)
    } catch {
      throw .plan(error)
    }
  }

  private func text(_ plan: Plan) -> String {
    plan.entries.enumerated().reduce("") { text, entry in
      let place = entry.element.origin == .root ? "" : "  \(entry.element.origin)"
      return text + "\(entry.offset)  \(entry.element.step)\(place)\n"
    }
  }

  private func json(_ plan: Plan) -> JSON {
    .array(
      plan.entries.enumerated().map { index, entry in
        .object([
          .init("index", .integer(Int64(index))), .init("kind", .string("\(entry.step.kind)")),
          .init("step", .string(entry.step.description)), .init("origin", .string(entry.origin.text)),
        ])
      })
  }
}
