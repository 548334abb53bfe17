import Domain
import Testing

/// Puts something else at every place of a full document. Whatever comes of it, nothing may trap: an
/// error names a place that is, or is below, the one that was changed.
@Suite struct HostileDocumentTests {
  static let substitutes: [JSON] = [
    .null, .bool(true), .integer(0), .integer(-1), .integer(.min), .integer(.max), .unsigned(.max),
    .real(0.5),
    .real(1e300), .string(""), .string("x"), .string("/../..//."), .string("a\0b"), .string("\u{10FFFF}\n"),
    .string(String(repeating: "a/", count: 5000)), .array([]), .array([.null]),
    .array([.integer(1), .string("x")]),
    .array([.object([])]), .object([]), .object([JSON.Member("", .object([]))]),
    .object([JSON.Member("path", .string("/x")), JSON.Member("path", .integer(1))]),
  ]

  @Test(arguments: HostileDocumentTests.substitutes)
  func everywhere(substitute: JSON) throws {
    let original = try parsed(fullDocument)
    var accepted = 0
    for place in places(in: original, .root) {
      let changed = original.replacing(place.steps[...], by: substitute)
      do throws(DecodingError) {
        exercise(try Document(decoding: changed))
        accepted += 1
      } catch {
        #expect(error.pointer.text.hasPrefix(place.pointer.text), "\(place.pointer): \(error)")
        #expect(!error.description.contains("\n"))
      }
    }
    if substitute == .null { #expect(accepted > 100) }
  }

  @Test func membersMissingOneByOne() throws {
    let original = try parsed(fullDocument)
    for place in places(in: original, .root) where !place.steps.isEmpty {
      do throws(DecodingError) {
        exercise(try Document(decoding: original.removing(place.steps[...])))
      } catch {
        #expect(error.problem == .missing, "\(place.pointer): \(error)")
      }
    }
  }

  @Test func recordsWithAnythingAnywhere() throws {
    let original = try RecordTests.state().json
    for substitute in Self.substitutes {
      for place in places(in: original, .root) {
        let changed = original.replacing(place.steps[...], by: substitute)
        _ = try? StateRecord(decoding: changed)
        _ = try? IntentRecord(decoding: changed)
      }
    }
  }

  /// Everything that later reads a document.
  private func exercise(_ document: Document) {
    _ = written(document.json)
    _ = document.warnings(on: Facts())
    let violations = ValidationRule.violations(of: document, on: Facts())
    #expect(violations.allSatisfy { !$0.message.isEmpty })
    guard let id = try? ContainerID("box") else { return }
    let request = PlanRequest(id: id, bundle: "/b")
    guard let plan = try? PlanCompiler.compile(document, facts: Facts(), request: request) else { return }
    #expect(EncodedPlan(plan).bytes.isEmpty == plan.entries.isEmpty)
  }
}

private enum Step {
  case member(Int)
  case element(Int)
}

private struct Place {
  var steps: [Step]
  var pointer: JSONPointer
}

private func places(in value: JSON, _ pointer: JSONPointer, _ steps: [Step] = []) -> [Place] {
  var found = [Place(steps: steps, pointer: pointer)]
  switch value {
  case .array(let elements):
    for (index, element) in elements.enumerated() {
      found += places(in: element, pointer.appending(index), steps + [.element(index)])
    }
  case .object(let members):
    for (index, member) in members.enumerated() {
      found += places(in: member.value, pointer.appending(member.name), steps + [.member(index)])
    }
  default: break
  }
  return found
}

extension JSON {
  fileprivate func replacing(_ steps: ArraySlice<Step>, by substitute: JSON) -> JSON {
    guard let step = steps.first else { return substitute }
    switch (self, step) {
    case (.array(var elements), .element(let index)):
      elements[index] = elements[index].replacing(steps.dropFirst(), by: substitute)
      return .array(elements)
    case (.object(var members), .member(let index)):
      members[index].value = members[index].value.replacing(steps.dropFirst(), by: substitute)
      return .object(members)
    default: return self
    }
  }

  fileprivate func removing(_ steps: ArraySlice<Step>) -> JSON {
    switch (self, steps.first) {
    case (.array(var elements), .element(let index)):
      if steps.count == 1 {
        elements.remove(at: index)
      } else {
        elements[index] = elements[index].removing(steps.dropFirst())
      }
      return .array(elements)
    case (.object(var members), .member(let index)):
      if steps.count == 1 {
        members.remove(at: index)
      } else {
        members[index].value = members[index].value.removing(steps.dropFirst())
      }
      return .object(members)
    default: return self
    }
  }
}
