/// An annotation that changes what martlet does: the one table of them. Whatever else a document is annotated
/// with is only passed on.
///
/// Code reads an annotation by its case alone, so that none is heeded which `features` does not name. Whoever
/// lets others write annotations has to look at these.
public enum KnownAnnotation: String, Sendable, CaseIterable {
  /// Which of the default devices a container gets: names with commas between them; empty for none. Without
  /// it, it gets all of them.
  case defaultDevices = "io.martlet.default-devices"
  /// What Landlock denies to the container's processes, as JSON.
  case landlock = "io.martlet.landlock"
  /// Who may run on the same core at the same time: `container` or `process`.
  case coreScheduling = "io.martlet.core-scheduling"
  /// The socket of a seccomp agent, where the profile names none.
  case seccompReceiver = "run.oci.seccomp.receiver"
  /// `1` makes unknown system calls of a seccomp profile errors.
  case failUnknownCalls = "run.oci.seccomp_fail_unknown_syscall"
  /// `1` leaves the supplementary groups as the caller has them.
  case keepOriginalGroups = "run.oci.keep_original_groups"
  /// The mount option that carries `mountLabel`.
  case mountContextType = "run.oci.mount_context_type"
  /// The socket that gets the pidfd of the container's first process.
  case pidfdReceiver = "run.oci.pidfd_receiver"
  /// The file that gets what hooks write to standard output.
  case hooksOutput = "run.oci.hooks.stdout"
  /// The file that gets what hooks write to standard error.
  case hooksErrors = "run.oci.hooks.stderr"
  /// The configuration file of CRIU.
  case criuConfiguration = "org.criu.config"
  /// A property of the container's unit, whose name follows the dot.
  case systemdProperty = "org.systemd.property."
  /// The cgroup below the unit that the container gets for itself.
  case systemdSubgroup = "run.oci.systemd.subgroup"

  /// Names that other programs read in what martlet writes, so that a document's own would mislead them:
  /// `bundle` is a label of libcontainer's state.
  private static let misleading = ["bundle"]

  /// What `features` reports as `potentiallyUnsafeConfigAnnotations`: a name that ends with a dot stands for all
  /// that begin with it.
  public static var unsafeNames: [String] { (allCases.map(\.rawValue) + misleading).sorted() }

  /// The place of the annotation in a document.
  public var pointer: JSONPointer { JSONPointer(text: "/annotations").appending(rawValue) }
}

extension Document {
  /// The text of an annotation; nil when the document has none of that name.
  public func text(of annotation: KnownAnnotation) -> String? {
    for entry in annotations where entry.name.isBytewise(annotation.rawValue) { return entry.value }
    return nil
  }

  /// The same, where an empty text is as good as none.
  public func filledText(of annotation: KnownAnnotation) -> String? {
    text(of: annotation).flatMap { $0.isEmpty ? nil : $0 }
  }
}
