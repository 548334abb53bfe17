/// What is wrong with annotations that other runtimes know.
let annotationRequirements: [ValidationRule] = [
  ValidationRule("annotations that say yes or no say so") { document, _ in
    [KnownAnnotation.keepOriginalGroups, .failUnknownCalls].compactMap { annotation in
      guard let text = document.text(of: annotation), text != "1", text != "0" else { return nil }
      return Violation(annotation.pointer, "\(text.quoted) is not 0 or 1")
    }
  },
  ValidationRule("annotations that name files name them in full") { document, _ in
    [KnownAnnotation.pidfdReceiver, .hooksOutput, .hooksErrors, .criuConfiguration].compactMap { annotation in
      guard let path = document.filledText(of: annotation) else { return nil }
      guard !path.utf8.contains(0) else { return Violation(annotation.pointer, "must not hold a NUL byte") }
      return path.isAbsolutePath ? nil : Violation(annotation.pointer, "must be an absolute path")
    }
  },
  ValidationRule("a label is carried by an option that exists") { document, _ in
    guard document.mountContext == nil else { return [] }
    let pointer = KnownAnnotation.mountContextType.pointer
    let words = MountContext.allCases.map(\.rawValue).joined(separator: ", ")
    return [Violation(pointer, "is none of \(words)")]
  },
]
