import Domain

/// A property that a schema describes, with all that it says of it.
struct SchemaProperty {
  /// One step of the way to it.
  enum Step: Equatable {
    case name(String)
    /// An element of a list.
    case element
    /// A value of an object whose names are free.
    case entry
  }

  let steps: [Step]
  /// `object`, `array`, `string`, `integer` or `boolean`.
  var type = ""
  /// The words of a closed list.
  var words: [String] = []
  var minimum: JSON?
  var maximum: JSON?
  /// Texts have a form.
  var hasPattern = false
  /// Members that must be there.
  var required: [String] = []

  /// `/linux/devices/[]/path`; `{}` is a free name.
  var path: String {
    steps.reduce("") { path, step in
      switch step {
      case .name(let name): path + "/" + name
      case .element: path + "/[]"
      case .entry: path + "/{}"
      }
    }
  }

  /// Every property of a schema, the whole document first, each before what is inside it; those whose path begins with one of `left` are left out.
  static func all(
    of node: SchemaNode, in folder: SchemaFolder, except left: [String] = [], at steps: [Step] = []
  ) throws -> [SchemaProperty] {
    let parts = try folder.parts(of: node)
    var own = SchemaProperty(steps: steps)
    guard !left.contains(own.path) else { return [] }
    var inner: [SchemaProperty] = []
    var seen: [Step] = []
    for part in parts {
      own.add(part)
      for (step, schema) in children(of: part) where !seen.contains(step) {
        seen.append(step)
        inner += try all(of: schema, in: folder, except: left, at: steps + [step])
      }
    }
    return [own] + inner
  }

  private mutating func add(_ part: SchemaNode) {
    if let type = part.type { self.type = type }
    words += part.texts("enum")
    required += part.texts("required")
    minimum = part.json["minimum"] ?? minimum
    maximum = part.json["maximum"] ?? maximum
    if part.json["pattern"] != nil { hasPattern = true }
  }

  private static func children(of part: SchemaNode) -> [(Step, SchemaNode)] {
    var children = part.schemas("properties").map { (Step.name($0.name), $0.schema) }
    if let items = part.schema("items") { children.append((.element, items)) }
    if let entries = part.schema("additionalProperties") { children.append((.entry, entries)) }
    for (_, entries) in part.schemas("patternProperties") { children.append((.entry, entries)) }
    return children
  }
}

extension SchemaProperty {
  /// The place of the property in a sample.
  var pointer: JSONPointer {
    steps.reduce(JSONPointer.root) { pointer, step in
      switch step {
      case .name(let name): pointer.appending(name)
      case .element: pointer.appending(0)
      case .entry: pointer.appending(SchemaSample.key)
      }
    }
  }
}

extension JSON {
  /// The value with another one at a place; nil takes it away.
  func setting(_ steps: ArraySlice<SchemaProperty.Step>, to value: JSON?) -> JSON {
    guard let step = steps.first else { return value ?? self }
    let rest = steps.dropFirst()
    switch (self, step) {
    case (.array(let elements), .element):
      guard let first = elements.first else { return self }
      return .array(rest.isEmpty && value == nil ? [] : [first.setting(rest, to: value)])
    case (.object(let members), .name), (.object(let members), .entry):
      let name = if case .name(let name) = step { name } else { SchemaSample.key }
      return .object(
        members.compactMap { member in
          guard member.name == name else { return member }
          if rest.isEmpty, value == nil { return nil }
          return Member(member.name, member.value.setting(rest, to: value))
        })
    default: return self
    }
  }

  func setting(_ property: SchemaProperty, to value: JSON?) -> JSON {
    setting(property.steps[...], to: value)
  }

  /// What stands at a place.
  func value(at steps: ArraySlice<SchemaProperty.Step>) -> JSON? {
    guard let step = steps.first else { return self }
    let rest = steps.dropFirst()
    switch (self, step) {
    case (.array(let elements), .element): return elements.first?.value(at: rest)
    case (_, .name(let name)): return self[name]?.value(at: rest)
    case (_, .entry): return self[SchemaSample.key]?.value(at: rest)
    default: return nil
    }
  }
}

/// Makes a document that has every property.
struct SchemaSample {
  /// The name of every entry of an object whose names are free: also a network device's.
  static let key = "a.b"

  let properties: [SchemaProperty]
  /// Texts by path, where an arbitrary one would not do.
  let texts: [String: String]

  /// The sample of the first property, with all that is inside.
  var json: JSON { value(at: 0) }

  private func value(at index: Int) -> JSON {
    let property = properties[index]
    switch property.type {
    case "object": return .object(children(of: index).map { .init(name(of: $0), value(at: $0)) })
    case "array": return .array(children(of: index).map { value(at: $0) })
    case "boolean": return .bool(true)
    case "integer": return .integer(5)
    default: return .string(texts[property.path] ?? property.words.first ?? "x")
    }
  }

  private func name(of index: Int) -> String {
    if case .name(let name)? = properties[index].steps.last { name } else { SchemaSample.key }
  }

  private func children(of index: Int) -> [Int] {
    let steps = properties[index].steps
    return properties.indices.filter {
      properties[$0].steps.count == steps.count + 1 && Array(properties[$0].steps.dropLast()) == steps
    }
  }
}
