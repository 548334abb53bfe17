import Domain
import Linux
import Ports
import YajlDocument

/// The specification's schemas: the copies in `Tests/Schema`, or those in the folder that `MARTLET_SCHEMA` names.
final class SchemaFolder {
  let path: String
  private var files: [String: JSON] = [:]

  init() {
    let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    path = Host.variable("MARTLET_SCHEMA") ?? "/" + here + "/Schema"
  }

  /// A file of the folder, parsed.
  func read(_ name: String) throws -> JSON {
    if let known = files[name] { return known }
    let bytes = try Host.read(path + "/" + name, limit: 1 << 20)
    let json = try YajlDocument().parse(bytes, limits: DocumentLimits())
    files[name] = json
    return json
  }

  /// A whole file as a schema.
  func schema(_ name: String) throws -> SchemaNode {
    SchemaNode(file: name, json: try read(name))
  }

  /// The schemas that a node consists of: itself, and what it refers to. Alternatives all count.
  func parts(of node: SchemaNode) throws -> [SchemaNode] {
    var parts = [node]
    if case .string(let reference)? = node.json["$ref"] {
      parts += try self.parts(of: try resolve(reference, in: node.file))
    }
    for name in ["allOf", "anyOf", "oneOf"] {
      for member in node.list(name) { parts += try self.parts(of: member) }
    }
    return parts
  }

  private func resolve(_ reference: String, in file: String) throws -> SchemaNode {
    let halves = reference.split(separator: "#", omittingEmptySubsequences: false)
    let name = halves[0].isEmpty ? file : String(halves[0])
    var json = try read(name)
    for step in halves.dropFirst().joined().split(separator: "/") {
      guard let next = json[String(step)] else { throw SchemaProblem.unresolved(reference) }
      json = next
    }
    return SchemaNode(file: name, json: json)
  }
}

/// A schema that this reader does not understand.
enum SchemaProblem: Error {
  case unresolved(String)
}

/// One schema, and the file that its references count from.
struct SchemaNode {
  let file: String
  let json: JSON

  func list(_ name: String) -> [SchemaNode] {
    guard case .array(let members)? = json[name] else { return [] }
    return members.map { SchemaNode(file: file, json: $0) }
  }

  /// A member that is a schema itself.
  func schema(_ name: String) -> SchemaNode? {
    guard let member = json[name], case .object = member else { return nil }
    return SchemaNode(file: file, json: member)
  }

  /// The schemas of an object's members by name.
  func schemas(_ name: String) -> [(name: String, schema: SchemaNode)] {
    guard case .object(let members)? = json[name] else { return [] }
    return members.map { ($0.name, SchemaNode(file: file, json: $0.value)) }
  }

  func texts(_ name: String) -> [String] {
    guard case .array(let elements)? = json[name] else { return [] }
    return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  /// The type; nil where the schema leaves it open.
  var type: String? {
    if case .string(let type)? = json["type"] { type } else { nil }
  }
}
