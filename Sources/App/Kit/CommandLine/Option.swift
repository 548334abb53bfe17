/// The options of all commands.
enum Option: UInt8, CaseIterable {
  case debug, log, logFormat, root, criu, systemdCgroup, cgroupManager, rootless, config, help, version
  case bundle, consoleSocket, pidFile, noPivot, noNewKeyring, preserveFds, pidfdSocket
  case detach, keep, noSubreaper, trace
  case cwd, env, tty, user, additionalGids, process, processLabel, apparmor, noNewPrivs, cap, cgroup
  case ignorePaused
  case force, all, format, quiet, rootlessSpec
  case resources, blkioWeight, cpuPeriod, cpuQuota, cpuBurst, cpuShare, cpuRtPeriod, cpuRtRuntime, cpuIdle
  case cpusetCpus, cpusetMems, kernelMemory, kernelMemoryTcp, memory, memoryReservation, memorySwap, pidsLimit
  case l3CacheSchema, memBwSchema
  case interval, stats, memoryEvents, pressure, once, iterations, sort
}

extension Option {
  /// What follows an option.
  enum Kind {
    /// Nothing, or `=true` and the like.
    case flag
    /// A text; the last one counts.
    case text
    /// A number that is not negative.
    case number
    /// A text; all of them count. A comma is part of it.
    case list
  }

  /// How an option is written.
  struct Rule {
    /// The option.
    let option: Option
    /// Its long name.
    let name: String
    /// Its short name; empty when it has none.
    let short: String
    /// What follows.
    let kind: Kind
    /// Where it is allowed.
    let commands: CommandSet
    /// One line for help.
    let help: String
  }

  /// The one table of options, in the order of help.
  static let rules: [Rule] =
    globalRules + creationRules + execRules + otherRules + updateRules + statisticsRules

  private static let globalRules: [Rule] = [
    Rule(
      option: .debug, name: "debug", short: "", kind: .flag, commands: .global, help: "log debug messages too"
    ),
    Rule(
      option: .log, name: "log", short: "", kind: .text, commands: .global,
      help: "append log messages to this file (default: standard error)"),
    Rule(
      option: .logFormat, name: "log-format", short: "", kind: .text, commands: .global,
      help: "'text' or 'json' (default: \"text\")"),
    Rule(
      option: .root, name: "root", short: "", kind: .text, commands: .global,
      help: "directory of the containers' state, best on a tmpfs (default: \"/run/martlet\")"),
    Rule(
      option: .criu, name: "criu", short: "", kind: .text, commands: .global,
      help: "path of the criu program"),
    Rule(
      option: .systemdCgroup, name: "systemd-cgroup", short: "", kind: .flag, commands: .global,
      help: "let systemd manage cgroups; cgroupsPath is then slice:prefix:name"),
    Rule(
      option: .cgroupManager, name: "cgroup-manager", short: "", kind: .text, commands: .global,
      help: "'cgroupfs', 'systemd' or 'disabled' (default: as the host's configuration says)"),
    Rule(
      option: .rootless, name: "rootless", short: "", kind: .text, commands: .global,
      help: "'true', 'false' or 'auto' (default: \"auto\")"),
    Rule(
      option: .config, name: "config", short: "", kind: .text, commands: .global,
      help: "configuration of this host (default: \"/etc/martlet/martlet.json\")"),
    Rule(option: .help, name: "help", short: "h", kind: .flag, commands: .global, help: "show help"),
    Rule(
      option: .version, name: "version", short: "v", kind: .flag, commands: .global, help: "show the version"),
  ]

  private static let creationRules: [Rule] = [
    Rule(
      option: .bundle, name: "bundle", short: "b", kind: .text, commands: [.create, .run, .spec],
      help: "directory of the bundle (default: the current directory)"),
    Rule(
      option: .consoleSocket, name: "console-socket", short: "", kind: .text,
      commands: [.create, .run, .exec],
      help: "Unix socket that receives the master of the terminal"),
    Rule(
      option: .pidfdSocket, name: "pidfd-socket", short: "", kind: .text, commands: [.create, .run, .exec],
      help: "Unix socket that receives a pidfd of the process"),
    Rule(
      option: .pidFile, name: "pid-file", short: "", kind: .text, commands: [.create, .run, .exec],
      help: "file that the process id is written to"),
    Rule(
      option: .noPivot, name: "no-pivot", short: "", kind: .flag, commands: [.create, .run],
      help: "do not use pivot_root, for a root file system on a ramdisk"),
    Rule(
      option: .noNewKeyring, name: "no-new-keyring", short: "", kind: .flag, commands: [.create, .run],
      help: "leave the container in the caller's session keyring"),
    Rule(
      option: .preserveFds, name: "preserve-fds", short: "", kind: .number, commands: [.create, .run, .exec],
      help: "pass on this many descriptors after standard error"),
    Rule(
      option: .detach, name: "detach", short: "d", kind: .flag, commands: [.run, .exec],
      help: "do not wait for the process"),
    Rule(
      option: .keep, name: "keep", short: "", kind: .flag, commands: .run,
      help: "do not delete the container once its process ended"),
    Rule(
      option: .noSubreaper, name: "no-subreaper", short: "", kind: .flag, commands: .run,
      help: "do not adopt the container's orphans"),
    Rule(
      option: .trace, name: "trace", short: "", kind: .text, commands: [.create, .run],
      help: "write how long each step and call of the start took to this file (Chrome trace format)"),
  ]

  private static let execRules: [Rule] = [
    Rule(
      option: .cwd, name: "cwd", short: "", kind: .text, commands: .exec,
      help: "working directory of the process"),
    Rule(
      option: .env, name: "env", short: "e", kind: .list, commands: .exec,
      help: "add NAME=value to its environment"),
    Rule(option: .tty, name: "tty", short: "t", kind: .flag, commands: .exec, help: "give it a terminal"),
    Rule(option: .user, name: "user", short: "u", kind: .text, commands: .exec, help: "run as <uid>[:<gid>]"),
    Rule(
      option: .additionalGids, name: "additional-gids", short: "g", kind: .list, commands: .exec,
      help: "add a supplementary group"),
    Rule(
      option: .process, name: "process", short: "p", kind: .text, commands: .exec,
      help: "JSON file with the whole process"),
    Rule(
      option: .processLabel, name: "process-label", short: "", kind: .text, commands: .exec,
      help: "its SELinux label"),
    Rule(
      option: .apparmor, name: "apparmor", short: "", kind: .text, commands: .exec,
      help: "its AppArmor profile"),
    Rule(
      option: .noNewPrivs, name: "no-new-privs", short: "", kind: .flag, commands: .exec,
      help: "set no_new_privs"),
    Rule(option: .cap, name: "cap", short: "c", kind: .list, commands: .exec, help: "add a capability"),
    Rule(
      option: .cgroup, name: "cgroup", short: "", kind: .list, commands: .exec,
      help: "run it in a sub-cgroup of the container's"),
    Rule(
      option: .ignorePaused, name: "ignore-paused", short: "", kind: .flag, commands: .exec,
      help: "allow a paused container"),
  ]

  private static let otherRules: [Rule] = [
    Rule(
      option: .force, name: "force", short: "f", kind: .flag, commands: .delete,
      help: "kill the container first if it runs"),
    Rule(
      option: .all, name: "all", short: "a", kind: .flag, commands: .kill,
      help: "signal all processes of the container"),
    Rule(
      option: .format, name: "format", short: "f", kind: .text, commands: [.list, .ps, .plan, .top],
      help: "'table' or 'json'"),
    Rule(
      option: .quiet, name: "quiet", short: "q", kind: .flag, commands: .list, help: "show only the ids"),
    Rule(
      option: .rootlessSpec, name: "rootless", short: "", kind: .flag, commands: .spec,
      help: "write one for a user who is not root"),
  ]

  private static let updateRules: [Rule] = [
    Rule(
      option: .resources, name: "resources", short: "r", kind: .text, commands: .update,
      help:
        "JSON file with limits as in linux.resources, or - for standard input; other limits are then left out"
    ),
    Rule(
      option: .blkioWeight, name: "blkio-weight", short: "", kind: .text, commands: .update,
      help: "share of block I/O, 10 to 1000"),
    Rule(
      option: .cpuPeriod, name: "cpu-period", short: "", kind: .text, commands: .update,
      help: "period of the CPU quota in microseconds"),
    Rule(
      option: .cpuQuota, name: "cpu-quota", short: "", kind: .text, commands: .update,
      help: "CPU time in a period in microseconds; -1 for no limit"),
    Rule(
      option: .cpuBurst, name: "cpu-burst", short: "", kind: .text, commands: .update,
      help: "CPU time beyond the quota in microseconds"),
    Rule(
      option: .cpuShare, name: "cpu-share", short: "", kind: .text, commands: .update,
      help: "weight against other cgroups, 2 to 262144"),
    Rule(
      option: .cpuRtPeriod, name: "cpu-rt-period", short: "", kind: .text, commands: .update,
      help: "period of real-time CPU time in microseconds"),
    Rule(
      option: .cpuRtRuntime, name: "cpu-rt-runtime", short: "", kind: .text, commands: .update,
      help: "real-time CPU time in a period in microseconds"),
    Rule(
      option: .cpuIdle, name: "cpu-idle", short: "", kind: .text, commands: .update,
      help: "1 lets the container run only when nothing else does, 0 not"),
    Rule(
      option: .cpusetCpus, name: "cpuset-cpus", short: "", kind: .text, commands: .update,
      help: "CPUs to use, such as 0-2,7"),
    Rule(
      option: .cpusetMems, name: "cpuset-mems", short: "", kind: .text, commands: .update,
      help: "memory nodes to use"),
    Rule(
      option: .kernelMemory, name: "kernel-memory", short: "", kind: .text, commands: .update,
      help: "ignored: the kernel has no such limit any more"),
    Rule(
      option: .kernelMemoryTcp, name: "kernel-memory-tcp", short: "", kind: .text, commands: .update,
      help: "ignored: the kernel has no such limit any more"),
    Rule(
      option: .memory, name: "memory", short: "", kind: .text, commands: .update,
      help: "memory limit such as 64M; -1 for none"),
    Rule(
      option: .memoryReservation, name: "memory-reservation", short: "", kind: .text, commands: .update,
      help: "memory that is left to the container as long as possible"),
    Rule(
      option: .memorySwap, name: "memory-swap", short: "", kind: .text, commands: .update,
      help: "limit of memory and swap together; -1 for none"),
    Rule(
      option: .pidsLimit, name: "pids-limit", short: "", kind: .text, commands: .update,
      help: "number of processes; -1 for no limit"),
    Rule(
      option: .l3CacheSchema, name: "l3-cache-schema", short: "", kind: .text, commands: .update,
      help: "L3 cache schema of the container's resctrl group"),
    Rule(
      option: .memBwSchema, name: "mem-bw-schema", short: "", kind: .text, commands: .update,
      help: "memory bandwidth schema of the container's resctrl group"),
  ]

  private static let statisticsRules: [Rule] = [
    Rule(
      option: .interval, name: "interval", short: "", kind: .text, commands: [.events, .top],
      help: "time between two looks, such as 500ms (default: 5s; top: 2s)"),
    Rule(
      option: .stats, name: "stats", short: "", kind: .flag, commands: .events,
      help: "show what the container uses once, and nothing else"),
    Rule(
      option: .memoryEvents, name: "memory-events", short: "", kind: .flag, commands: .events,
      help: "show all that limits of memory lead to, not only killed processes"),
    Rule(
      option: .pressure, name: "pressure", short: "", kind: .text, commands: .events,
      help: "show when memory is short: 'low', 'medium', 'critical', or a stall such as 'some:100000:2000000'"
    ),
    Rule(
      option: .once, name: "once", short: "", kind: .flag, commands: .top,
      help: "show one table, of the first half second unless --interval is given"),
    Rule(
      option: .iterations, name: "iterations", short: "n", kind: .number, commands: .top,
      help: "end after this many tables (default: 0, never)"),
    Rule(
      option: .sort, name: "sort", short: "", kind: .text, commands: .top,
      help: "'cpu', 'memory', 'pids', 'io' or 'id' (default: \"cpu\")"),
  ]
}
