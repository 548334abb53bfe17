extension Option {
  /// The one table of options, in the order of help.
  static let rules: [Rule] =
    globalRules + creationRules + execRules + otherRules + updateRules + statisticsRules + checkpointRules

  private static let globalRules: [Rule] = [
    Rule(.debug, "debug", .global, "log debug messages too: --log-level debug"),
    Rule(
      .log, "log", .text, "FILE", .global,
      "append log messages to this file, or tell journald:ID or syslog:ID (default: standard error)"),
    Rule(
      .logFormat, "log-format", .text, "text|json", .global, "how messages are written (default: \"text\")"),
    Rule(
      .logLevel, "log-level", .text, "error|warning|debug", .global,
      "the least grave messages that are logged (default: \"error\")"),
    Rule(
      .errorFormat, "error-format", .text, "text|json", .global,
      "how a failure is written to standard error (default: \"text\")"),
    Rule(
      .root, "root", .text, "DIR", .global,
      "directory of the containers' state, best on a tmpfs (default: \"/run/martlet\")"),
    Rule(.criu, "criu", .text, "FILE", .global, "path of the criu program"),
    Rule(
      .systemdCgroup, "systemd-cgroup", .global,
      "let systemd manage cgroups; cgroupsPath is then slice:prefix:name"),
    Rule(
      .cgroupManager, "cgroup-manager", .text, "cgroupfs|systemd|disabled", .global,
      "who makes cgroups (default: as the host's configuration says)"),
    Rule(
      .rootless, "rootless", .text, "true|false|auto", .global,
      "whether the caller lacks the rights of root (default: \"auto\")"),
    Rule(
      .config, "config", .text, "FILE", .global,
      "configuration of this host (default: \"/etc/martlet/martlet.json\")"),
    Rule(.help, "help", short: "h", .global, "show help"),
    Rule(.version, "version", short: "v", .global, "show the version"),
  ]

  private static let creationRules: [Rule] = [
    Rule(
      .bundle, "bundle", short: "b", .text, "DIR", [.check, .create, .run, .spec, .restore],
      "directory of the bundle (default: the current directory)"),
    Rule(
      .consoleSocket, "console-socket", .text, "SOCKET", [.create, .run, .exec, .restore],
      "Unix socket that receives the master of the terminal"),
    Rule(
      .pidfdSocket, "pidfd-socket", .text, "SOCKET", [.create, .run, .exec],
      "Unix socket that receives a pidfd of the process"),
    Rule(
      .pidFile, "pid-file", .text, "FILE", [.create, .run, .exec, .restore],
      "file that the process id is written to"),
    Rule(
      .noPivot, "no-pivot", [.create, .run, .restore],
      "do not use pivot_root, for a root file system on a ramdisk"),
    Rule(
      .noNewKeyring, "no-new-keyring", [.create, .run],
      "leave the container in the caller's session keyring"),
    Rule(
      .preserveFds, "preserve-fds", .number, "N", [.create, .run, .exec],
      "pass on this many descriptors after standard error"),
    Rule(
      .detach, "detach", short: "d", [.run, .exec, .restore], "do not wait for the process"),
    Rule(.keep, "keep", .run, "do not delete the container once its process ended"),
    Rule(.noSubreaper, "no-subreaper", [.run, .restore], "do not adopt the container's orphans"),
    Rule(
      .trace, "trace", .text, "FILE", [.create, .run],
      "write how long each step and call of the start took to this file (Chrome trace format)"),
  ]

  private static let execRules: [Rule] = [
    Rule(.cwd, "cwd", .text, "PATH", .exec, "working directory of the process"),
    Rule(.env, "env", short: "e", .list, "NAME=VALUE", .exec, "add a variable to its environment"),
    Rule(.tty, "tty", short: "t", .exec, "give it a terminal"),
    Rule(.user, "user", short: "u", .text, "UID[:GID]", .exec, "run as this user"),
    Rule(.additionalGids, "additional-gids", short: "g", .list, "GID", .exec, "add a supplementary group"),
    Rule(.process, "process", short: "p", .text, "FILE", .exec, "JSON file with the whole process"),
    Rule(.processLabel, "process-label", .text, "LABEL", .exec, "its SELinux label"),
    Rule(.apparmor, "apparmor", .text, "PROFILE", .exec, "its AppArmor profile"),
    Rule(.noNewPrivs, "no-new-privs", .exec, "set no_new_privs"),
    Rule(.cap, "cap", short: "c", .list, "CAPABILITY", .exec, "add a capability"),
    Rule(
      .cgroup, "cgroup", .list, "[CONTROLLER:]PATH", .exec, "run it in a sub-cgroup of the container's"),
    Rule(.ignorePaused, "ignore-paused", .exec, "allow a paused container"),
  ]

  private static let otherRules: [Rule] = [
    Rule(.force, "force", short: "f", .delete, "kill the container first if it runs"),
    Rule(
      .regex, "regex", short: "r", [.delete, .kill],
      "take the id for an extended regular expression: all containers that it matches"),
    Rule(
      .configFile, "config", short: "f", .text, "FILE", [.create, .run],
      "the configuration of the container (default: config.json of the bundle)"),
    Rule(.all, "all", short: "a", .kill, "signal all processes of the container"),
    Rule(
      .format, "format", short: "f", .text, "table|json", [.check, .list, .ps, .plan, .top],
      "how it is shown (default: \"table\")"),
    Rule(.quiet, "quiet", short: "q", .list, "show only the ids"),
    Rule(.rootlessSpec, "rootless", .spec, "write one for a user who is not root"),
  ]

  private static let statisticsRules: [Rule] = [
    Rule(
      .interval, "interval", .interval, "TIME", [.events, .top],
      "time between two looks, such as 500ms (default: 5s; top: 2s)"),
    Rule(.stats, "stats", .events, "show what the container uses once, and nothing else"),
    Rule(
      .memoryEvents, "memory-events", .events,
      "show all that limits of memory lead to, not only killed processes"),
    Rule(
      .pressure, "pressure", .text, "low|medium|critical|STALL", .events,
      "show when memory is short, or when processes wait for it, as in some:100000:2000000"),
    Rule(
      .once, "once", .top,
      "show one table, of the first half second unless --interval is given"),
    Rule(
      .iterations, "iterations", short: "n", .number, "N", .top,
      "end after this many tables (default: 0, never)"),
    Rule(.sort, "sort", .text, "cpu|memory|pids|io|id", .top, "what comes first (default: \"cpu\")"),
  ]
}
