import Domain
import Ports

extension Context {
  /// `plan`: explains what martlet would do for a container of a bundle, place by place of its document; as JSON, in
  /// the order in which it is done. Nothing is made.
  func plan() throws(Failure) {
    let bundle = try readBundle(invocation.operands.first ?? invocation.filled(.bundle))
    let facts = try validate(bundle.document)
    let plan = try compile(bundle, facts)
    let effects = try effects(bundle, facts)
    switch invocation.text(.format) {
    case nil, "", "table", "text":
      let colours = Colours.ofOutput
      let text = PlanExplanation(plan, effects).text(
        escape: Log.oneLine, title: { colours.paint($0, .good) }, purpose: { colours.paint($0, .faint) })
      Output.write(text)
    case "json": Output.write(json(plan, effects), .spaces, end: "\n")
    case .some(let other): throw .argument(.format(other))
    }
  }

  private func compile(_ bundle: Bundle, _ facts: Facts) throws(Failure) -> Plan {
    var request = PlanRequest(id: try planID(), bundle: bundle.path)
    request.terminal = .runtime
    request.capabilities = resolve(bundle.document.process?.capabilities)
    request.seccomp = try Creation.compileFilter(bundle, self, keeps: false)
    restrict(&request, bundle.document, facts)
    do throws(PlanError) {
      return try PlanCompiler.compile(bundle.document, facts: facts, request: request)
    } catch {
      throw .plan(error)
    }
  }

  /// What is done beside the steps: in cgroups, by hooks.
  private func effects(_ bundle: Bundle, _ facts: Facts) throws(Failure) -> [PlannedEffect] {
    let place = Creation.cgroupRequest(try planID(), bundle, self)
    let location = try Creation.locate(place, try cgroups(forNew: place.path))
    return bundle.document.effects(in: location, on: facts.cgroups)
  }

  /// The name of a container that is only thought of.
  func planID() throws(Failure) -> ContainerID {
    do throws(ContainerID.Violation) { return try ContainerID("plan") } catch { throw .id(error) }
  }

  private func json(_ plan: Plan, _ effects: [PlannedEffect]) -> JSON {
    guard case .object(let members) = plan.json else { return plan.json }
    return .object(members + [.init("effects", .array(effects.map(\.json)))])
  }
}
