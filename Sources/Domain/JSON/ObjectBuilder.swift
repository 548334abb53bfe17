/// Collects the members of an object in the order of their format; what is absent leaves no trace.
struct ObjectBuilder {
  private var members: [JSON.Member] = []

  /// The object.
  var json: JSON { .object(members) }

  /// The object, or nil when nothing was added.
  var filled: JSON? { members.isEmpty ? nil : json }

  mutating func add(_ name: String, _ value: JSON?) {
    guard let value else { return }
    members.append(JSON.Member(name, value))
  }

  mutating func add(_ name: String, text: String?) {
    add(name, text.map { .string($0) })
  }

  mutating func add(_ name: String, flag: Bool?) {
    add(name, flag.map { .bool($0) })
  }

  mutating func add(_ name: String, number: Int64?) {
    add(name, number.map { .integer($0) })
  }

  mutating func add(_ name: String, number: UInt64?) {
    add(name, number.map { JSON(number: $0) })
  }

  mutating func add(_ name: String, number: UInt32?) {
    add(name, number.map { .integer(Int64($0)) })
  }

  mutating func add(_ name: String, texts: [String]?) {
    add(name, texts.map { .array($0.map { .string($0) }) })
  }

  /// Adds a list, unless it is empty.
  mutating func add<Element>(_ name: String, list: [Element], _ encode: (Element) -> JSON) {
    if !list.isEmpty { add(name, .array(list.map(encode))) }
  }

  /// Adds a list of texts, unless it is empty.
  mutating func add(_ name: String, filled texts: [String]) {
    if !texts.isEmpty { add(name, texts: texts) }
  }

  /// Adds an object of texts, unless it is empty.
  mutating func add(_ name: String, map entries: [Annotation]) {
    guard !entries.isEmpty else { return }
    add(name, .object(entries.map { JSON.Member($0.name, .string($0.value)) }))
  }
}

extension JSON {
  /// A number that needs no sign.
  init(number: UInt64) {
    if let small = Int64(exactly: number) {
      self = .integer(small)
    } else {
      self = .unsigned(number)
    }
  }
}
