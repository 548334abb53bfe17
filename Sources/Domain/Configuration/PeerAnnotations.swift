/// What annotations that other runtimes know ask for.
extension Document {
  /// `run.oci.keep_original_groups`: the supplementary groups stay as the caller has them.
  public var keepsGroups: Bool { text(of: .keepOriginalGroups) == "1" }

  /// `run.oci.seccomp_fail_unknown_syscall`: a profile may name no system call that is unknown here.
  public var refusesUnknownCalls: Bool { text(of: .failUnknownCalls) == "1" }

  /// `run.oci.mount_context_type`: the option that carries `mountLabel`.
  public var mountContext: MountContext? {
    guard let text = filledText(of: .mountContextType) else { return .context }
    return MountContext(bytewise: text)
  }

  /// `run.oci.pidfd_receiver`.
  public var pidfdReceiver: String? { filledText(of: .pidfdReceiver) }

  /// `run.oci.hooks.stdout` and `run.oci.hooks.stderr`.
  public var hookFiles: HookFiles {
    HookFiles(output: filledText(of: .hooksOutput), errors: filledText(of: .hooksErrors))
  }

  /// `org.criu.config`: the file that CRIU is configured by.
  public var criuConfiguration: String? { filledText(of: .criuConfiguration) }
}

/// Mount options that carry a label. The corresponding manual page is mount(8).
public enum MountContext: String, Sendable, CaseIterable {
  case context, fscontext, defcontext, rootcontext
}

/// Files that hooks' output is added to; nil for none.
public struct HookFiles: Equatable, Sendable {
  /// What they write to standard output.
  public var output: String?
  /// What they write to standard error.
  public var errors: String?

  /// Names files.
  public init(output: String? = nil, errors: String? = nil) {
    self.output = output
    self.errors = errors
  }
}
