import Domain
import Testing

/// What annotations that other runtimes know ask for.
@Suite struct PeerAnnotationTests {
  static func document(_ annotation: KnownAnnotation, _ text: String) -> Document {
    var document = ValidationTests.good()
    document.annotations = [Annotation(name: annotation.rawValue, value: text)]
    return document
  }

  @Test(
    "texts that mean nothing are refused at their place",
    arguments: [
      (.keepOriginalGroups, "1", nil), (.keepOriginalGroups, "yes", #""yes" is not 0 or 1"#),
      (.failUnknownCalls, "0", nil), (.failUnknownCalls, "", #""" is not 0 or 1"#),
      (.pidfdReceiver, "/run/s", nil), (.pidfdReceiver, "s", "must be an absolute path"),
      (.hooksOutput, "o", "must be an absolute path"), (.hooksErrors, "/o", nil),
      (.criuConfiguration, "/etc/criu/x.conf", nil), (.criuConfiguration, "x", "must be an absolute path"),
      (.hooksErrors, "/a\0", "must not hold a NUL byte"),
      (.mountContextType, "rootcontext", nil),
      (.mountContextType, "x", "is none of context, fscontext, defcontext, rootcontext"),
    ] as [(KnownAnnotation, String, String?)])
  func texts(annotation: KnownAnnotation, text: String, message: String?) {
    let document = PeerAnnotationTests.document(annotation, text)
    let violations = ValidationRule.violations(of: document, on: Facts())
    #expect(violations == (message.map { [Violation(annotation.pointer, $0)] } ?? []))
  }

  @Test("groups are kept by leaving out what would set them")
  func groups() throws {
    var document = GoldenPlanTests.smallDocument()
    document.linux?.namespaces.append(Namespace(.user))
    let request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    for (text, isKept) in [("0", false), ("1", true)] {
      document.annotations = [Annotation(name: KnownAnnotation.keepOriginalGroups.rawValue, value: text)]
      let plan = try PlanCompiler.compile(document, facts: Facts(), request: request)
      #expect(plan.entries.contains { $0.step.kind == .setGroups } != isKept)
      #expect(plan.entries.contains { $0.step == .becomeNamespaceRoot(keepsGroups: isKept) })
      #expect(plan.birth.keepsGroups == isKept)
      #expect(PlanRule.violations(of: plan).map(\.name) == [])
    }
  }

  @Test("a label is carried by the option that is asked for")
  func context() throws {
    var document = GoldenPlanTests.smallDocument()
    document.linux?.mountLabel = "u:r:t"
    document.annotations = [Annotation(name: KnownAnnotation.mountContextType.rawValue, value: "rootcontext")]
    let request = PlanRequest(id: try ContainerID("box"), bundle: "/b")
    let plan = try PlanCompiler.compile(document, facts: Facts(), request: request)
    let data = plan.entries.compactMap { entry in
      if case .mount(let mount) = entry.step, mount.type == "tmpfs" { mount.data } else { nil }
    }
    #expect(data == [#"mode=755,rootcontext="u:r:t""#])
  }

  @Test("files are known by their annotations")
  func files() {
    let document = PeerAnnotationTests.document(.hooksErrors, "/e")
    #expect(document.hookFiles == HookFiles(errors: "/e"))
    #expect(PeerAnnotationTests.document(.criuConfiguration, "/c").snapshot.criuConfiguration == "/c")
    #expect(PeerAnnotationTests.document(.pidfdReceiver, "").pidfdReceiver == nil)
  }
}
