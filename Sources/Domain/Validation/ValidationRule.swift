/// A rule that a document has to follow, by name: document and host facts in, violations out.
///
/// Rules look at nothing else; whether a path exists is found out by whoever opens it.
public struct ValidationRule: Sendable {
  /// A short name.
  public let name: String
  let check: @Sendable (Document, Facts) -> [Violation]

  init(_ name: String, _ check: @escaping @Sendable (Document, Facts) -> [Violation]) {
    self.name = name
    self.check = check
  }

  /// Everything that is wrong with a document, in the order of the rules.
  public static func violations(of document: Document, on facts: Facts) -> [Violation] {
    all.flatMap { $0.check(document, facts) }
  }

  /// Everything that is wrong with mounts that are added to a container of a document.
  public static func violations(
    ofMounts mounts: [Mount], of document: Document, on facts: Facts
  ) -> [Violation] {
    var changed = document
    changed.mounts = mounts
    return mountRequirements.flatMap { $0.check(changed, facts) }
  }

  /// Everything that is wrong with limits alone.
  public static func violations(of resources: Resources) -> [Violation] {
    var document = Document()
    document.linux = LinuxSettings()
    document.linux?.resources = resources
    let facts = Facts()
    return (resourceRequirements + otherResourceRequirements).flatMap { $0.check(document, facts) }
  }

  /// Every rule.
  public static let all: [ValidationRule] =
    rootRequirements + processRequirements + namespaceRequirements + identityRequirements + mountRequirements
    + deviceRequirements + resourceRequirements + labelRequirements + memoryPolicyRequirements
    + otherResourceRequirements + netDeviceRequirements + intelRdtRequirements
    + seccompRequirements + hookRequirements + restrictionRequirements + annotationRequirements
}

extension Document {
  /// The entry for a kind of namespace, if there is one.
  func namespace(_ type: NamespaceType) -> Namespace? {
    linux?.namespaces.first { $0.type == type }
  }

  /// Whether a kind of namespace is asked for, new or existing.
  func hasNamespace(_ type: NamespaceType) -> Bool {
    namespace(type) != nil
  }

  /// Whether what is set in a namespace of a kind is the container's own affair: neither is there no entry, nor
  /// does its path lead to the runtime's namespace.
  func isolates(_ type: NamespaceType, on facts: Facts) -> Bool {
    hasNamespace(type) && !facts.sharedNamespaces.contains(type)
  }

  /// Something is to be set that belongs to a namespace, which may be one that is joined by path.
  public var setsNamespaceValues: Bool {
    hostname?.isEmpty == false || domainname?.isEmpty == false || linux?.sysctl.isEmpty == false
  }
}
