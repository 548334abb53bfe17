extension Option {
  /// The options of `checkpoint` and `restore` that no other command has.
  static let checkpointRules: [Rule] = [
    Rule(
      .imagePath, "image-path", .text, "DIR", both, "directory of the images (default: \"./checkpoint\")"),
    Rule(.workPath, "work-path", .text, "DIR", both, "directory of criu's work files and logs"),
    Rule(
      .parentPath, "parent-path", .text, "DIR", .checkpoint,
      "earlier images of a pre-dump, relative to those that are made"),
    Rule(.leaveRunning, "leave-running", .checkpoint, "let the container run on"),
    Rule(.tcpEstablished, "tcp-established", both, "allow open TCP connections"),
    Rule(
      .tcpSkipInFlight, "tcp-skip-in-flight", .checkpoint,
      "leave out TCP connections that are being made"),
    Rule(.tcpClose, "tcp-close", .restore, "restore TCP connections as closed ones"),
    Rule(.linkRemap, "link-remap", .checkpoint, "give unlinked files a name again where possible"),
    Rule(.extUnixSk, "ext-unix-sk", both, "allow Unix sockets that lead out of the container"),
    Rule(.shellJob, "shell-job", both, "allow the job of a shell"),
    Rule(.lazyPages, "lazy-pages", both, "bring memory over when it is touched, by userfaultfd"),
    Rule(
      .statusFd, "status-fd", .integer, "FD", .checkpoint,
      "descriptor that is written to when the server of pages is ready"),
    Rule(.pageServer, "page-server", .text, "ADDRESS:PORT", .checkpoint, "where memory is sent to"),
    Rule(.fileLocks, "file-locks", both, "allow file locks"),
    Rule(.preDump, "pre-dump", .checkpoint, "write memory only, and let the container run on"),
    Rule(
      .manageCgroupsMode, "manage-cgroups-mode", .text, "soft|full|strict|ignore", both,
      "what is done about cgroups (default: \"soft\")"),
    Rule(
      .emptyNs, "empty-ns", .list, "NAMESPACE", both, "make this namespace, and leave out what is in it"),
    Rule(.autoDedup, "auto-dedup", both, "drop pages from earlier images that later ones replace"),
    Rule(.lsmProfile, "lsm-profile", .text, "TYPE:NAME", .restore, "profile of the security module"),
    Rule(
      .lsmMountContext, "lsm-mount-context", .text, "CONTEXT", .restore, "security context of the mounts"),
    Rule(
      .networkLock, "network-lock", .text, "iptables|nftables|skip", both,
      "how the network is held still meanwhile"),
  ]

  private static let both: CommandSet = [.checkpoint, .restore]
}
