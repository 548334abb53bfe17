import Domain
import Linux
import Ports
import Testing
import YajlDocument

@testable import Kit

/// The specification's good examples are taken and its bad ones refused; what differs has a reason.
@Suite struct ExampleTests {
  let folder = SchemaFolder()

  private func names(_ kind: String) throws -> [String] {
    let directory = try Files.open(folder.path + "/examples/config/" + kind, 0)
    let regular: UInt8 = 8
    return try Directories.names(directory.number, type: regular).map { String($0.dropLast(".json".count)) }
      .sorted()
  }

  /// Everything that is wrong with a document, save that it lacks what every document here needs.
  private func violations(_ json: JSON) -> [String] {
    do throws(DecodingError) {
      let document = try Document(decoding: json)
      let needed = SchemaDifferences.required.map(\.path)
      return ValidationRule.violations(of: document, on: SchemaTests.facts).map(\.pointer.text)
        .filter { !needed.contains($0) }
    } catch {
      return [error.pointer.text]
    }
  }

  @Test("good examples are taken")
  func good() throws {
    #expect(try names("good") == SchemaDifferences.goodExamples.map(\.name).sorted())
    for example in SchemaDifferences.goodExamples {
      let json = try folder.read("examples/config/good/\(example.name).json")
      #expect(throws: Never.self, "\(example.name)") { try Document(decoding: json) }
      #expect(violations(json).sorted() == example.violations, "\(example.name): \(example.reason)")
    }
  }

  @Test("bad examples are refused")
  func bad() throws {
    let names = try names("bad")
    #expect(names.count >= 5)
    for name in names {
      let isTaken = SchemaDifferences.takenExamples.contains { $0.name == name }
      guard let json = try? folder.read("examples/config/bad/\(name).json") else {
        #expect(!isTaken)
        continue
      }
      #expect(violations(json).isEmpty == isTaken, "\(name)")
    }
  }

  @Test("what features prints has the schema's form, and every property")
  func features() throws {
    let document = FeaturesDocument.make(capabilities: ["CAP_CHOWN", "CAP_SYS_ADMIN"])
    let problems = try SchemaCheck(folder).problems(
      of: document, with: try folder.schema("features-schema.json"))
    #expect(problems == [])
    let properties = try SchemaProperty.all(of: try folder.schema("features-schema.json"), in: folder)
    #expect(properties.count > 30)
    for property in properties where property.steps.last != .entry {
      #expect(document.value(at: property.steps[...]) != nil, "\(property.path)")
    }
  }

  @Test("the check itself tells good features from bad ones")
  func featureExamples() throws {
    let schema = try folder.schema("features-schema.json")
    for name in ["good/runc", "good/minimal"] {
      let json = try folder.read("examples/features/\(name).json")
      #expect(try SchemaCheck(folder).problems(of: json, with: schema) == [])
    }
    let bad = try folder.read("examples/features/bad/missing-ociVersionMax.json")
    #expect(try SchemaCheck(folder).problems(of: bad, with: schema) == ["/ociVersionMax"])
  }

  @Test("what state prints has the schema's form", arguments: Status.allCases)
  func state(status: Status) throws {
    let state = ContainerState(
      id: try ContainerID("box"), status: status, pid: status == .stopped ? nil : 7, bundle: "/b",
      annotations: [Annotation(name: "a", value: "b")])
    let schema = try folder.schema("state-schema.json")
    let created = Timestamp(seconds: 1, nanoseconds: 0)
    for json in [state.json, state.report(rootfs: "/b/r", created: created, owner: "")] {
      // A paused container is runc's invention: the specification knows running ones alone.
      let wanted = status == .paused ? ["/status"] : []
      #expect(try SchemaCheck(folder).problems(of: json, with: schema) == wanted)
    }
  }
}
