import Domain

/// Holds a document against a schema: types, words, bounds and required members; forms of texts are left out.
struct SchemaCheck {
  private let folder: SchemaFolder

  init(_ folder: SchemaFolder) {
    self.folder = folder
  }

  /// The places that the schema does not allow.
  func problems(
    of json: JSON, with node: SchemaNode, at pointer: JSONPointer = .root
  ) throws -> [String] {
    var problems: [String] = []
    for part in try folder.parts(of: node) {
      if let type = part.type, !json.isOf(type) { return [pointer.text] }
      let words = part.texts("enum")
      if !words.isEmpty, !words.contains(where: { .string($0) == json }) { problems.append(pointer.text) }
      if case .integer(let least)? = part.json["minimum"], case .integer(let number) = json, number < least {
        problems.append(pointer.text)
      }
      for name in part.texts("required") where json[name] == nil {
        problems.append(pointer.appending(name).text)
      }
      problems += try members(of: json, part, pointer)
    }
    return problems
  }

  private func members(of json: JSON, _ part: SchemaNode, _ pointer: JSONPointer) throws -> [String] {
    switch json {
    case .array(let elements):
      guard let items = part.schema("items") else { return [] }
      return try elements.enumerated().flatMap {
        try problems(of: $0.element, with: items, at: pointer.appending($0.offset))
      }
    case .object(let members):
      let known = part.schemas("properties")
      let entries = part.schema("additionalProperties") ?? part.schemas("patternProperties").first?.schema
      return try members.flatMap { member in
        let schema = known.first { $0.name == member.name }?.schema ?? entries
        return try schema.map {
          try problems(of: member.value, with: $0, at: pointer.appending(member.name))
        } ?? []
      }
    default: return []
    }
  }
}

extension JSON {
  fileprivate func isOf(_ type: String) -> Bool {
    kind.rawValue == type || (kind == .integer && type == "number")
  }
}
