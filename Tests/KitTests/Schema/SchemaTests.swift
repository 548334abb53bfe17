import Domain
import Linux
import Ports
import Testing
import YajlDocument

@testable import Kit

/// martlet knows every property of the specification's schema, or says in `SchemaDifferences` why not.
@Suite struct SchemaTests {
  let folder = SchemaFolder()
  let properties: [SchemaProperty]
  let sample: JSON

  init() throws {
    properties = try SchemaProperty.all(
      of: try folder.schema("config-schema.json"), in: folder, except: SchemaDifferences.ignored.map(\.path))
    let texts = SchemaDifferences.texts.map { ($0.path, $0.valid) }
    sample = SchemaSample(properties: properties, texts: Dictionary(uniqueKeysWithValues: texts)).json
  }

  /// Why a document is refused, and where; nil when it is not.
  private func refusal(of json: JSON, at pointer: JSONPointer) -> String? {
    do throws(DecodingError) {
      let document = try Document(decoding: json)
      return ValidationRule.violations(of: document, on: SchemaTests.facts).first {
        $0.pointer == pointer
      }?.description
    } catch {
      return error.pointer == pointer ? error.description : nil
    }
  }

  /// A host that has everything.
  static var facts: Facts {
    var facts = Facts()
    facts.securityModules = [.apparmor, .selinux]
    facts.resctrl = RdtMount(path: "/sys/fs/resctrl")
    return facts
  }

  private func of(_ type: String) -> [SchemaProperty] { properties.filter { $0.type == type } }

  @Test("a document with every property is decoded, and survives as JSON")
  func everything() throws {
    #expect(properties.count > 200)
    let document = try Document(decoding: sample)
    #expect(try Document(decoding: document.json) == document)
    #expect(properties.filter { $0.type.isEmpty }.map(\.path) == [])
  }

  /// What is not looked at can be of any type: a property that is passed over fails here.
  @Test("a value of another type is refused at its place")
  func types() throws {
    for property in properties {
      let other: JSON = property.type == "string" ? .integer(7) : .string("x")
      let error = #expect(throws: DecodingError.self, "\(property.path)") {
        try Document(decoding: sample.setting(property, to: other))
      }
      #expect(error?.pointer == property.pointer)
    }
  }

  @Test("another value makes another document")
  func values() throws {
    let document = try Document(decoding: sample)
    for property in properties where property.type != "object" {
      let other = try Document(decoding: sample.setting(property, to: otherValue(of: property)))
      #expect(other != document, "\(property.path)")
      #expect(try Document(decoding: other.json) == other, "\(property.path)")
    }
  }

  private func otherValue(of property: SchemaProperty) -> JSON {
    switch property.type {
    case "boolean": .bool(false)
    case "integer": .integer(6)
    case "array": .array([])
    default:
      .string(
        SchemaDifferences.texts.first { $0.path == property.path }?.other
          ?? property.words.dropFirst().first ?? "y")
    }
  }

  @Test("numbers are refused outside the schema's range, and taken inside")
  func ranges() throws {
    var unused = Set((SchemaDifferences.narrower + SchemaDifferences.wider).map(\.path))
    for property in of("integer") {
      for (bound, beyond) in [
        (property.minimum, property.minimum?.before), (property.maximum, property.maximum?.after),
      ] {
        guard let bound, let beyond else { continue }
        let isTaken = refusal(of: sample.setting(property, to: bound), at: property.pointer) == nil
        let isRefused = refusal(of: sample.setting(property, to: beyond), at: property.pointer) != nil
        let mayRefuse = SchemaDifferences.narrower.contains { $0.path == property.path }
        let mayTake = SchemaDifferences.wider.contains { $0.path == property.path }
        #expect(isTaken || mayRefuse, "\(property.path) \(bound)")
        #expect(isRefused || mayTake, "\(property.path) \(beyond)")
        if !isTaken || !isRefused { unused.remove(property.path) }
      }
    }
    #expect(unused.isEmpty, "no difference")
  }

  @Test("the words of closed lists are taken, and no others")
  func words() throws {
    for property in of("string") where !property.words.isEmpty {
      for word in property.words {
        let json = sample.setting(property, to: .string(word))
        #expect(throws: Never.self, "\(property.path) \(word)") { try Document(decoding: json) }
      }
      let unknown = sample.setting(property, to: .string("SCMP_SCHED_MPOL_OTHER"))
      #expect(refusal(of: unknown, at: property.pointer) != nil, "\(property.path)")
    }
  }

  @Test("texts have the form that the schema gives them")
  func patterns() throws {
    for property in of("string") where property.hasPattern {
      guard let row = SchemaDifferences.texts.first(where: { $0.path == property.path }),
        let malformed = row.malformed
      else {
        Issue.record("\(property.path) needs a text that is not of its form")
        continue
      }
      for text in [row.valid, row.other] {
        #expect(refusal(of: sample.setting(property, to: .string(text)), at: property.pointer) == nil)
      }
      let json = sample.setting(property, to: .string(malformed))
      #expect(refusal(of: json, at: property.pointer) != nil, "\(property.path)")
    }
  }

  @Test("what the schema requires must be there")
  func requirements() throws {
    for property in of("object") {
      for name in property.required {
        let member = SchemaProperty(steps: property.steps + [.name(name)])
        let json = sample.setting(member, to: nil)
        let isRefused = refusal(of: json, at: member.pointer) != nil
        let mayBeMissing = SchemaDifferences.optional.contains { $0.path == member.path }
        #expect(isRefused != mayBeMissing, "\(member.path)")
      }
    }
  }

  @Test("plan shows the effect of every property")
  func effects() throws {
    var document = try Document(decoding: sample)
    document.annotations = [Annotation(name: KnownAnnotation.defaultDevices.rawValue, value: "null")]
    document.linux?.namespaces.append(Namespace(.mount))
    document.linux?.resources.unified = []
    var request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    request.terminal = .runtime
    request.seccomp = CompiledFilter(program: [0, 0, 0, 0, 0, 0, 0, 0], flags: 0)
    let plan = try PlanCompiler.compile(document, facts: SchemaTests.facts, request: request)
    let location = CgroupLocation(driver: .cgroupfs, paths: [.init(controller: "", directory: "/c")])
    var places = plan.entries.map(\.origin.text) + plan.slots.map(\.origin.text) + plan.birth.places
    for mode in [CgroupLayout.Mode.legacy, .unified] {
      places += document.effects(in: location, on: CgroupLayout(mode: mode)).map(\.origin.text)
    }
    let silent = SchemaDifferences.silent.map(\.path)
    for property in properties where !silent.contains(where: { property.path.hasPrefix($0) }) {
      let place = property.pointer.text
      if property.path.hasPrefix("/annotations/") || property.path.hasPrefix("/linux/resources/unified") {
        continue
      }
      #expect(
        places.contains { $0.hasPrefix(place) || (!$0.isEmpty && place.hasPrefix($0)) }, "\(property.path)")
    }
  }

  @Test("each difference is one, and has a reason")
  func differences() throws {
    let every = try SchemaProperty.all(of: try folder.schema("config-schema.json"), in: folder).map(\.path)
    let rows =
      SchemaDifferences.ignored + SchemaDifferences.narrower + SchemaDifferences.wider
      + SchemaDifferences.optional + SchemaDifferences.required + SchemaDifferences.silent
    for row in rows {
      #expect(every.contains(row.path), "\(row.path) is not in the schema")
      #expect(!row.reason.isEmpty)
    }
    for row in SchemaDifferences.texts { #expect(every.contains(row.path), "\(row.path)") }
  }
}

extension JSON {
  /// The next smaller number, if need be as one that no integer type holds.
  fileprivate var before: JSON? {
    switch self {
    case .integer(.min): .real(-9_223_372_036_854_777_856)
    case .integer(let number): .integer(number - 1)
    default: nil
    }
  }

  fileprivate var after: JSON? {
    switch self {
    case .integer(.max): .unsigned(1 << 63)
    case .integer(let number): .integer(number + 1)
    case .unsigned(.max): .real(18_446_744_073_709_551_616)
    case .unsigned(let number): .unsigned(number + 1)
    default: nil
    }
  }
}
