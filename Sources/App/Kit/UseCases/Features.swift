import Domain
import Ports

extension Context {
  /// `features`: what this runtime supports.
  func features() throws(Failure) {
    Output.write(FeaturesDocument.make(capabilities: composition.capabilities().known), .spaces, end: "\n")
  }
}

/// The document that `features` prints. Only what works is named.
enum FeaturesDocument {
  static func make(capabilities names: [String]) -> JSON {
    let systemCalls = JSON.object([
      .init("enabled", .bool(true)),
      .init("actions", .texts(SeccompAction.allCases.map(\.rawValue).sorted())),
      .init("operators", .texts(SeccompArgument.Operator.allCases.map(\.rawValue).sorted())),
      .init("archs", .texts(SeccompProfile.architectureNames)),
      .init("knownFlags", .texts(SeccompProfile.flagNames)),
      .init("supportedFlags", .texts(SeccompProfile.flagNames)),
    ])
    let linux = JSON.object([
      .init("namespaces", .texts(NamespaceType.allCases.map(\.rawValue).sorted())),
      .init("capabilities", .texts(names)),
      .init(
        "cgroup",
        .flags([("v1", true), ("v2", true), ("systemd", false), ("systemdUser", false), ("rdma", true)])),
      .init("seccomp", systemCalls),
      .init("apparmor", .flags([("enabled", true)])),
      .init("selinux", .flags([("enabled", true)])),
      .init("intelRdt", .flags([("enabled", true), ("schemata", true), ("monitoring", true)])),
      .init("mountExtensions", .object([.init("idmap", .flags([("enabled", true)]))])),
      .init("netDevices", .flags([("enabled", true)])),
      .init(
        "memoryPolicy",
        .object([
          .init("modes", .texts(MemoryPolicy.Mode.allCases.map(\.rawValue).sorted())),
          .init("flags", .texts(MemoryPolicy.Flag.allCases.map(\.rawValue).sorted())),
        ])),
    ])
    return JSON.object([
      .init("ociVersionMin", .string("1.0.0")),
      .init("ociVersionMax", .string(Specification.version)),
      .init(
        "hooks",
        .texts(["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"])),
      .init("mountOptions", .texts(MountOptions.names)),
      .init("potentiallyUnsafeConfigAnnotations", .texts(KnownAnnotation.unsafeNames)),
      .init("linux", linux),
      .init(
        "annotations",
        .object([
          .init("io.martlet.version", .string(Version.number)),
          .init("io.martlet.commit", .string(Version.commit)),
        ])),
    ])
  }
}

extension JSON {
  fileprivate static func texts(_ texts: [String]) -> JSON {
    .array(texts.map { .string($0) })
  }

  fileprivate static func flags(_ flags: [(String, Bool)]) -> JSON {
    .object(flags.map { Member($0.0, .bool($0.1)) })
  }
}
