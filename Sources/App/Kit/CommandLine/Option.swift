/// The options of all commands.
enum Option: UInt8, CaseIterable {
  case debug, log, logFormat, logLevel, errorFormat, root, criu, systemdCgroup, cgroupManager, rootless,
    config, help,
    version
  case bundle, consoleSocket, pidFile, noPivot, noNewKeyring, preserveFds, pidfdSocket
  case detach, keep, noSubreaper, trace
  case cwd, env, tty, user, additionalGids, process, processLabel, apparmor, noNewPrivs, cap, cgroup
  case ignorePaused
  case force, all, regex, configFile, format, quiet, rootlessSpec
  case resources, blkioWeight, cpuPeriod, cpuQuota, cpuBurst, cpuShare, cpuRtPeriod, cpuRtRuntime, cpuIdle
  case cpusetCpus, cpusetMems, kernelMemory, kernelMemoryTcp, memory, memoryReservation, memorySwap, pidsLimit
  case l3CacheSchema, memBwSchema
  case interval, stats, memoryEvents, pressure, once, iterations, sort
  case imagePath, workPath, parentPath, leaveRunning, tcpEstablished, tcpSkipInFlight, tcpClose, linkRemap
  case extUnixSk, shellJob, lazyPages, statusFd, pageServer, fileLocks, preDump, manageCgroupsMode, emptyNs
  case autoDedup, lsmProfile, lsmMountContext, networkLock
}

extension Option {
  /// What follows an option.
  enum Kind {
    /// Nothing, or `=true` and the like.
    case flag
    /// A text; the last one counts.
    case text
    /// A number of things: not negative, and not larger than there can be.
    case number
    /// A number of 64 bits with a sign, also as `0x1f`, `0b11` or `0o17`.
    case integer
    /// A length of time, such as `500ms`; checked where it is used if it is negative.
    case interval
    /// A text; all of them count. A comma is part of it.
    case list
  }

  /// How an option is written: what the parser, help pages, manual pages and completions are made from.
  struct Rule {
    /// The option.
    let option: Option
    /// Its long name.
    let name: String
    /// Its short name; empty when it has none.
    let short: String
    /// What follows.
    let kind: Kind
    /// What follows, for the reader; empty for a flag. `FILE`, `DIR` and `SOCKET` are paths that a shell completes;
    /// words of small letters with bars between them, as in `text|json`, stand for themselves.
    let argument: String
    /// Where it is allowed.
    let commands: CommandSet
    /// It is accepted for the sake of old callers, and not shown.
    let isHidden: Bool
    /// One line for help.
    let help: String

    /// An option that something follows.
    init(
      _ option: Option, _ name: String, short: String = "", _ kind: Kind, _ argument: String,
      _ commands: CommandSet, isHidden: Bool = false, _ help: String
    ) {
      (self.option, self.name, self.short, self.kind) = (option, name, short, kind)
      (self.argument, self.commands, self.isHidden, self.help) = (argument, commands, isHidden, help)
    }

    /// A flag.
    init(_ option: Option, _ name: String, short: String = "", _ commands: CommandSet, _ help: String) {
      self.init(option, name, short: short, .flag, "", commands, help)
    }
  }
}

extension Option {
  /// The option's entry in the table.
  var rule: Rule? {
    Option.rules.first { $0.option == self }
  }
}
